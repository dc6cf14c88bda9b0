import tinymce from "./tinymce-module.js";

const { provider } = window.djangoTinymceJwt;

tinymce.init({
  selector: "#text",
  plugins: "exportpdf tinydrive",
  toolbar: "exportpdf insertfile",
  license_key: "gpl",
  exportpdf_token_provider: provider("/tinymce/jwt/exportpdf/"),
  tinydrive_token_provider: provider("/tinymce/jwt/"),
});
