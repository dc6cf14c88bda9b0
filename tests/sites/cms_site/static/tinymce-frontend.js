// static/tinymce-frontend.js
"use strict";

// What djangocms-text calls to start, read and remove its editors.
window.cms_editor_plugin = {
  create(element, inModal, content, settings, save) {
    tinymce.init({
      target: element,
      plugins: "tinydrive",
      toolbar: "bold italic | insertfile",
      inline: element.tagName !== "TEXTAREA",
      setup: (editor) => {
        editor.on("Dirty", () => (element.dataset.changed = "true"));
        editor.on("blur", save);
      },
    });
  },
  getHTML: (element) => tinymce.get(element.id).getContent(),
  getJSON: () => undefined,
  destroyEditor: (id) => tinymce.get(id)?.remove(),
};
