// application.js
"use strict";

tinymce.init({
  selector: "#text",
  plugins: "exportpdf tinydrive",
  toolbar: "exportpdf insertfile",
  tinydrive_token_provider: djangoTinymceJwt.provider(`${api}/drf/tinymce/jwt/`, { headers }),
});

document.getElementById("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  await signIn(form.get("username"), form.get("password"));
  event.target.remove();
});
