"use strict";

tinymce.init({
  selector: "#text",
  plugins: "exportpdf tinydrive",
  toolbar: "exportpdf insertfile",
  license_key: "gpl",
});
