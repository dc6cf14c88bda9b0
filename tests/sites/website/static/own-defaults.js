"use strict";

tinymce.overrideDefaults({ ...tinymce.defaultOptions, skin: "oxide-dark", content_css: "dark" });
