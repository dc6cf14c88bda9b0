"use strict";

// TinyMCE follows the browser's light or dark scheme, as the rest of the site does by its style sheet.
if (window.matchMedia("(prefers-color-scheme: dark)").matches) {
  tinymce.overrideDefaults({ skin: "oxide-dark", content_css: "dark" });
}
