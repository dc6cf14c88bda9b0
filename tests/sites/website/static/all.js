"use strict";

tinymce.init({
  selector: "textarea",
  plugins: "exportpdf importword tinydrive tinymceai",
  toolbar: "exportpdf importword insertfile",
  menubar: false,
  height: 250,
  license_key: "gpl",
});
