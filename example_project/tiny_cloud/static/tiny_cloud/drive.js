// The stand-in for the plugin "tinydrive": pictures that are dropped or pasted go to the drive, and a
// dialog shows the files below the user's root.
"use strict";

tinymce.PluginManager.add("demo_drive", (editor) => {
  const { alert, call, notify, pickFile, registerOptions } = window.demoCloud;
  const { windowManager } = editor;

  registerOptions(editor, "tinydrive_token_provider", "demo_drive_url");

  const fetchToken = () =>
    new Promise((resolve, reject) => {
      const provider = editor.options.get("tinydrive_token_provider");
      provider(
        ({ token }) => resolve(token),
        (message) => reject(new Error(message))
      );
    });

  // As Tiny Drive does it: one token for the editor, kept until the service refuses it, and then one more try.
  let token = null;
  const send = async (path, request) => {
    const attempt = () =>
      call(editor.options.get("demo_drive_url") + path, { ...request, authorization: `Bearer ${token}` });
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

  const list = async () => (await send("", { method: "GET" })).json();
  const remove = (file) => send(`${file.id}/`, { method: "DELETE" });
  const upload = async (blob, name) => {
    const form = new FormData();
    form.append("file", blob, name);
    return (await send("", { form })).json();
  };

  editor.options.set("images_upload_handler", async (blobInfo) => {
    try {
      return (await upload(blobInfo.blob(), blobInfo.filename())).url;
    } catch (error) {
      // Without "remove" the picture would stay in the article, as data.
      throw { message: editor.dom.encode(error.message), remove: true };
    }
  });

  const insert = (file) => {
    const [url, name] = [file.url, file.name].map(editor.dom.encode);
    editor.insertContent(
      file.type.startsWith("image/") ? `<img src="${url}" alt="">` : `<a href="${url}">${name}</a>`
    );
  };

  const describe = (file, root) => {
    const { encode } = editor.dom;
    const day = new Date(file.uploaded).toLocaleDateString(undefined, { dateStyle: "medium" });
    const size = file.size < 1e6 ? `${Math.ceil(file.size / 1e3)} kB` : `${(file.size / 1e6).toFixed(1)} MB`;
    const where = file.folder === root ? "" : `${file.folder} · `;
    const facts = `${where}${size} · uploaded by ${file.uploaded_by}, ${day}`;
    const preview = file.type.startsWith("image/")
      ? `<img src="${encode(file.url)}" alt="">`
      : `<span aria-hidden="true">${file.name.split(".").pop().slice(0, 4).toUpperCase()}</span>`;
    return `<div class="demo-file">${preview}<p><b>${encode(file.name)}</b><br>${encode(facts)}</p></div>`;
  };

  const row = (root) => (file, index) => ({
    type: "bar",
    items: [
      { type: "htmlpanel", html: describe(file, root) },
      { type: "button", name: `insert ${index}`, text: `Insert ${file.name}`, icon: "plus", buttonType: "secondary" },
      { type: "button", name: `delete ${index}`, text: `Delete ${file.name}`, icon: "remove", buttonType: "secondary" },
    ],
  });

  const dialogFor = ({ root, files }) => {
    const where = root === "/" ? "The whole drive" : `Your folder: ${root}`;
    const note = files.length ? "" : ". It is empty: drop a picture into the text, or upload a file.";
    const actions = {
      insert: (dialog, file) => {
        insert(file);
        dialog.close();
      },
      delete: (dialog, file) => {
        const question = `Delete ${file.name}? It will be missing where an article shows it.`;
        windowManager.confirm(editor.dom.encode(question), (confirmed) => {
          if (confirmed) {
            change(dialog, () => remove(file));
          } else {
            dialog.focus("upload");
          }
        });
      },
      upload: async (dialog) => {
        const file = await pickFile("image/png,image/jpeg,image/gif,image/webp,.pdf,.txt");
        change(dialog, () => upload(file, file.name));
      },
    };
    return {
      title: "Drive",
      size: "medium",
      body: {
        type: "panel",
        items: [{ type: "htmlpanel", html: `<p>${editor.dom.encode(where + note)}</p>` }, ...files.map(row(root))],
      },
      buttons: [
        { type: "custom", name: "upload", text: "Upload a file…", buttonType: "primary", align: "start" },
        { type: "cancel", name: "close", text: "Close" },
      ],
      onAction: (dialog, { name }) => {
        const [action, index] = name.split(" ");
        actions[action](dialog, files[index]);
      },
    };
  };

  // Do something to the drive, and show its files anew.
  const change = async (dialog, task) => {
    dialog.block("One moment…");
    try {
      await task();
      dialog.redial(dialogFor(await list()));
      dialog.unblock();
      dialog.focus("upload");
    } catch (error) {
      dialog.unblock();
      alert(editor, error.message, dialog, "upload");
    }
  };

  const open = async () => {
    try {
      windowManager.open(dialogFor(await list()));
    } catch (error) {
      notify(editor, error.message);
    }
  };

  editor.ui.registry.addButton("insertfile", { icon: "folder", tooltip: "Drive", onAction: open });

  return { getMetadata: () => ({ name: "Stand-in for Tiny Drive", url: "https://www.tiny.cloud/" }) };
});
