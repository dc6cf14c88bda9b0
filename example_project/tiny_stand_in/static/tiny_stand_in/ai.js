// The stand-in for the plugin "tinymceai": the assistant echoes, as far as the token's permissions go.
"use strict";

tinymce.PluginManager.add("demo_ai", (editor) => {
  const { alert, call, notify, registerOptions } = window.tinyStandIn;

  registerOptions(editor, "tinymceai_token_provider", "tinymceai_service_url");

  // As TinyMCE AI does it: a token when the editor starts, and another one minute before it ends.
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

  const ask = async (dialog) => {
    const { action, prompt } = dialog.getData();
    const text = editor.selection.getContent({ format: "text" }) || editor.getContent({ format: "text" });
    dialog.block("The assistant is thinking…");
    try {
      const authorization = `Bearer ${await getToken()}`;
      const url = editor.options.get("tinymceai_service_url");
      const { answer } = await (await call(url, { authorization, json: { action, prompt, text } })).json();
      dialog.close();
      editor.selection.collapse();
      editor.insertContent(`<p>${editor.dom.encode(answer)}</p>`);
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
          { type: "htmlpanel", html: "<p>It works on what is selected, or on the whole article, and only echoes.</p>" },
          {
            type: "selectbox",
            name: "action",
            label: "What to do",
            items: [
              { value: "improve-writing", text: "Improve the writing" },
              { value: "summarize", text: "Summarize" },
              { value: "custom", text: "What the prompt says" },
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
