// A stand-in for the plugin "tinymceai": an assistant whose actions depend on the permissions in the token.
"use strict";

tinymce.PluginManager.add("tinymceai", (editor) => {
  const { alert, call, notify, registerOptions } = window.tinyStandIn;

  registerOptions(editor, "tinymceai_token_provider", "tinymceai_service_url");

  // Like TinyMCE AI, it gets a token when the editor starts, and another one 60 seconds before that one expires.
  const kept = { token: null, until: 0 };
  const getToken = async () => {
    if (Date.now() >= kept.until) {
      const { token } = await editor.options.get("tinymceai_token_provider")();
      const claims = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
      Object.assign(kept, { token, until: (JSON.parse(atob(claims)).exp - 60) * 1000 });
    }
    return kept.token;
  };
  editor.on("init", () => getToken().catch((error) => notify(editor, error.message)));

  // Improved writing replaces what was improved; other answers become the last paragraph of the article.
  const show = (action, selected, html) => {
    if (action === "improve-writing" && selected) {
      editor.insertContent(html);
    } else {
      editor.setContent(action === "improve-writing" ? html : editor.getContent() + html);
      editor.selection.setCursorLocation();
      editor.getBody().lastElementChild?.scrollIntoView({ block: "nearest" });
    }
  };

  const ask = async (dialog) => {
    const { action, prompt } = dialog.getData();
    const selected = editor.selection.getContent();
    dialog.block("The assistant is working…");
    try {
      const authorization = `Bearer ${await getToken()}`;
      const url = editor.options.get("tinymceai_service_url");
      const json = { action, prompt, html: selected || editor.getContent() };
      const { html } = await (await call(url, { authorization, json })).json();
      dialog.close();
      editor.undoManager.transact(() => show(action, selected, html));
    } catch (error) {
      dialog.unblock();
      alert(editor, error.message, dialog, "ask");
    }
  };

  const open = () =>
    editor.windowManager.open({
      title: "Assistant",
      body: {
        type: "panel",
        items: [
          {
            type: "htmlpanel",
            html:
              "<p>It works on the selected text, or on the whole article. This stand-in follows fixed rules:" +
              " it corrects spaces, dashes and doubled words, and its summary is the first sentence.</p>",
          },
          {
            type: "selectbox",
            name: "action",
            label: "Action",
            items: [
              { value: "improve-writing", text: "Improve the writing" },
              { value: "summarize", text: "Summarize" },
              { value: "custom", text: "Send my own prompt" },
            ],
          },
          { type: "input", name: "prompt", label: "Prompt", placeholder: "Say it in rhyme" },
        ],
      },
      buttons: [
        { type: "cancel", name: "close", text: "Close" },
        { type: "submit", name: "ask", text: "Ask", buttonType: "primary" },
      ],
      onSubmit: ask,
    });

  editor.ui.registry.addButton("tinymceai-chat", { icon: "ai", tooltip: "Assistant", onAction: open });

  return { getMetadata: () => ({ name: "Stand-in for TinyMCE AI", url: "https://www.tiny.cloud/" }) };
});
