// The stand-in for the plugins "exportpdf", "exportword" and "importword".
"use strict";

tinymce.PluginManager.add("demo_converters", (editor) => {
  const { busily, call, pickFile, registerOptions, saveFile } = window.tinyStandIn;

  // As these plugins do it: one token for each use, in a header without "Bearer", and not a word when the
  // provider rejects. Whoever writes the provider tells the user; django-tinymce-jwt's does.
  const send = async (service, request, use) => {
    const { token } = await editor.options.get(`${service}_token_provider`)().catch(() => ({}));
    if (token !== undefined) {
      const url = editor.options.get(`${service}_service_url`);
      await busily(editor, async () => use(await call(url, { ...request, authorization: token })));
    }
  };

  const exportTo = (service, suffix) => () => {
    const title = editor.getElement().form?.elements.title?.value.trim() || "Untitled";
    const html = `<h1>${editor.dom.encode(title)}</h1>${editor.getContent()}`;
    return send(service, { json: { title, html } }, async (answer) =>
      saveFile(await answer.blob(), `${title.replace(/[^\p{L}\p{N} ._-]/gu, "")}.${suffix}`)
    );
  };

  const importWord = async () => {
    const form = new FormData();
    form.append("file", await pickFile(".docx"));
    return send("importword", { form }, async (answer) => editor.insertContent((await answer.json()).html));
  };

  const buttons = {
    exportpdf: { icon: "export-pdf", tooltip: "Export to PDF", onAction: exportTo("exportpdf", "pdf") },
    exportword: { icon: "export-word", tooltip: "Export to Word", onAction: exportTo("exportword", "docx") },
    importword: { icon: "import-word", tooltip: "Import from Word", onAction: importWord },
  };
  for (const [service, button] of Object.entries(buttons)) {
    registerOptions(editor, `${service}_token_provider`, `${service}_service_url`);
    editor.ui.registry.addButton(service, button);
  }

  return { getMetadata: () => ({ name: "Stand-in for Tiny's converters", url: "https://www.tiny.cloud/" }) };
});
