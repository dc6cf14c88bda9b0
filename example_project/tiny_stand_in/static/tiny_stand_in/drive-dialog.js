// The dialog of the drive: it lists the files below the user's root, and inserts, deletes and uploads files.
"use strict";

{
  const isImage = (file) => file.type.startsWith("image/");

  const insert = (editor, file) => {
    const [url, name] = [file.url, file.name].map(editor.dom.encode);
    editor.insertContent(isImage(file) ? `<img src="${url}" alt="">` : `<a href="${url}">${name}</a>`);
  };

  const describe = ({ encode }, file, root) => {
    const day = new Date(file.uploaded).toLocaleDateString(undefined, { dateStyle: "medium" });
    const size = file.size < 1e6 ? `${Math.ceil(file.size / 1e3)} kB` : `${(file.size / 1e6).toFixed(1)} MB`;
    const where = file.folder === root ? "" : `${file.folder} · `;
    const suffix = file.name.split(".").pop().slice(0, 4).toUpperCase();
    const preview = isImage(file)
      ? `<img src="${encode(file.url)}" alt="">`
      : `<span aria-hidden="true">${encode(suffix)}</span>`;
    const facts = encode(`${where}${size} · uploaded by ${file.uploaded_by}, ${day}`);
    return `<div class="demo-file">${preview}<p><b>${encode(file.name)}</b><br>${facts}</p></div>`;
  };

  const button = (verb, icon, file, index) => ({
    type: "button",
    name: `${verb} ${index}`,
    // Not visible: the icon's tooltip, and its name for screen readers.
    text: `${verb} ${file.name}`,
    icon,
    buttonType: "secondary",
  });

  const bodyFor = (editor, { root, files }) => {
    const where = root === "/" ? "The whole drive" : `Your folder: ${root}`;
    const note = files.length ? "" : ". It is empty: drop a picture into the text, or upload a file.";
    const rows = files.map((file, index) => ({
      type: "bar",
      items: [
        { type: "htmlpanel", html: describe(editor.dom, file, root) },
        button("Insert", "plus", file, index),
        button("Delete", "remove", file, index),
      ],
    }));
    return {
      type: "panel",
      items: [{ type: "htmlpanel", html: `<p>${editor.dom.encode(where + note)}</p>` }, ...rows],
    };
  };

  const { alert, pickFile } = window.tinyStandIn;

  // After each change of the drive, the dialog shows its files again.
  const actionsFor = (editor, drive) => {
    const change = async (dialog, task) => {
      dialog.block("One moment…");
      try {
        await task();
        dialog.redial(dialogFor(editor, drive, await drive.list()));
        dialog.unblock();
        dialog.focus("Upload");
      } catch (error) {
        dialog.unblock();
        alert(editor, error.message, dialog, "Upload");
      }
    };
    return {
      Insert: (dialog, file) => {
        insert(editor, file);
        dialog.close();
      },
      Delete: (dialog, file) => {
        const question = `Delete ${file.name}? It will be missing where an article shows it.`;
        editor.windowManager.confirm(editor.dom.encode(question), (confirmed) =>
          confirmed ? change(dialog, () => drive.remove(file)) : dialog.focus("Upload")
        );
      },
      Upload: async (dialog) => {
        const file = await pickFile("image/png,image/jpeg,image/gif,image/webp,.pdf,.txt");
        change(dialog, () => drive.upload(file, file.name));
      },
    };
  };

  const dialogFor = (editor, drive, content) => {
    const actions = actionsFor(editor, drive);
    return {
      title: "Drive",
      size: "medium",
      body: bodyFor(editor, content),
      buttons: [
        { type: "custom", name: "Upload", text: "Upload a file…", buttonType: "primary", align: "start" },
        { type: "cancel", name: "Close", text: "Close" },
      ],
      onAction: (dialog, { name }) => {
        const [verb, index] = name.split(" ");
        actions[verb](dialog, content.files[index]);
      },
    };
  };

  window.tinyStandIn.openDrive = async (editor, drive) =>
    editor.windowManager.open(dialogFor(editor, drive, await drive.list()));
}
