// A stand-in for the plugin "tinydrive": it uploads pictures that are dropped or pasted, and opens the drive.
"use strict";

tinymce.PluginManager.add("tinydrive", (editor) => {
  const { call, notify, openDrive, registerOptions } = window.tinyStandIn;

  registerOptions(editor, "tinydrive_token_provider", "tinydrive_service_url");

  const fetchToken = () =>
    new Promise((resolve, reject) => {
      const provider = editor.options.get("tinydrive_token_provider");
      provider(
        ({ token }) => resolve(token),
        (message) => reject(new Error(message))
      );
    });

  // Like Tiny Drive, it keeps one token per editor until the service refuses it, and then tries once more with a new one.
  let token = null;
  const send = async (path, request) => {
    const url = editor.options.get("tinydrive_service_url") + path;
    const attempt = () => call(url, { ...request, authorization: `Bearer ${token}` });
    token ??= await fetchToken();
    try {
      return await attempt();
    } catch (error) {
      if (error.status !== 401) {
        throw error;
      }
      token = await fetchToken();
      return attempt();
    }
  };

  const drive = {
    // Resolves to an object with the root and the files below it.
    list: async () => (await send("", { method: "GET" })).json(),
    remove: (file) => send(`${file.id}/`, { method: "DELETE" }),
    upload: async (blob, name) => {
      const form = new FormData();
      form.append("file", blob, name);
      return (await send("", { form })).json();
    },
  };

  editor.options.set("images_upload_handler", async (blobInfo) => {
    try {
      return (await drive.upload(blobInfo.blob(), blobInfo.filename())).url;
    } catch (error) {
      // Without "remove", the picture would stay in the article as data.
      throw { message: editor.dom.encode(error.message), remove: true };
    }
  });

  editor.ui.registry.addButton("insertfile", {
    icon: "folder",
    tooltip: "Drive",
    onAction: () => openDrive(editor, drive).catch((error) => notify(editor, error.message)),
  });

  return { getMetadata: () => ({ name: "Stand-in for Tiny Drive", url: "https://www.tiny.cloud/" }) };
});
