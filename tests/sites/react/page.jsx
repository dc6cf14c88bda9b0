import { Editor } from "@tinymce/tinymce-react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

const { provider } = window.djangoTinymceJwt;
const options = {
  plugins: "exportpdf tinydrive",
  toolbar: "exportpdf insertfile",
  exportpdf_token_provider: provider("/tinymce/jwt/exportpdf/"),
  tinydrive_token_provider: provider("/tinymce/jwt/"),
};

function Page() {
  return <Editor tinymceScriptSrc="/static/tinymce/tinymce.min.js" licenseKey="gpl" init={options} />;
}

createRoot(document.getElementById("page")).render(
  <StrictMode>
    <Page />
  </StrictMode>
);
