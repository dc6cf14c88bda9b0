// Stand-ins for the plugins "exportpdf", "exportword" and "importword".
"use strict";

{
  const { busily, call, pickFile, registerOptions, saveFile } = window.tinyStandIn;

  // Like Tiny's plugins, it gets one token for each use, sends it without "Bearer", and shows the user nothing
  // when the provider rejects. The provider must tell the user; that of django-tinymce-jwt does.
  const send = async (editor, service, request, use) => {
    const { token } = await editor.options.get(`${service}_token_provider`)().catch(() => ({}));
    if (token !== undefined) {
      const url = editor.options.get(`${service}_service_url`);
      await busily(editor, async () => use(await call(url, { ...request, authorization: token })));
    }
  };

  const exportTo = (suffix) => (editor, service) => {
    const title = editor.getElement().form?.elements.title?.value.trim() || "Untitled";
    const html = `<h1>${editor.dom.encode(title)}</h1>${editor.getContent()}`;
    return send(editor, service, { json: { title, html } }, async (answer) =>
      saveFile(await answer.blob(), `${title.replace(/[^\p{L}\p{N} ._-]/gu, "")}.${suffix}`)
    );
  };

  const importWord = async (editor, service) => {
    const form = new FormData();
    form.append("file", await pickFile(".docx"));
    return send(editor, service, { form }, async (answer) => editor.insertContent((await answer.json()).html));
  };

  const plugins = {
    exportpdf: { icon: "export-pdf", tooltip: "Export to PDF", run: exportTo("pdf") },
    exportword: { icon: "export-word", tooltip: "Export to Word", run: exportTo("docx") },
    importword: { icon: "import-word", tooltip: "Import from Word", run: importWord },
  };
  for (const [service, { icon, tooltip, run }] of Object.entries(plugins)) {
    tinymce.PluginManager.add(service, (editor) => {
      registerOptions(editor, `${service}_token_provider`, `${service}_service_url`);
      editor.ui.registry.addButton(service, { icon, tooltip, onAction: () => run(editor, service) });
      return { getMetadata: () => ({ name: `Stand-in for ${tooltip}`, url: "https://www.tiny.cloud/" }) };
    });
  }
}
