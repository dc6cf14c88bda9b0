"use strict";

{
  // The editor uses the same colors as the page: those of the admin's switch, or else those of the browser.
  const { theme } = document.documentElement.dataset;
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  if (theme === "dark" || (dark && theme !== "light")) {
    // Tiny's cloud has already set defaults, and this call would replace them.
    tinymce.overrideDefaults({ ...tinymce.defaultOptions, skin: "oxide-dark", content_css: "dark" });
  }
}
