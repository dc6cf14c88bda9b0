"use strict";

// TinyMCE follows the browser's light or dark scheme, as the rest of the site does by its style sheet.
if (window.matchMedia("(prefers-color-scheme: dark)").matches) {
  // Tiny's cloud has set defaults before, and a second call replaces them.
  tinymce.overrideDefaults({ ...tinymce.defaultOptions, skin: "oxide-dark", content_css: "dark" });
}
