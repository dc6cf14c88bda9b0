"use strict";

{
  // TinyMCE follows the browser's light or dark scheme, as the site does by its style sheet, or the admin's own switch.
  const { theme } = document.documentElement.dataset;
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  if (theme === "dark" || (dark && theme !== "light")) {
    // Tiny's cloud has set defaults before, and a second call replaces them.
    tinymce.overrideDefaults({ ...tinymce.defaultOptions, skin: "oxide-dark", content_css: "dark" });
  }
}
