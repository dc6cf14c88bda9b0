// application.js
"use strict";

const api = "https://api.example.com";
let tokens;

async function post(path, data) {
  const response = await fetch(`${api}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(data),
  });
  if (!response.ok) {
    throw new Error(`${path} answers ${response.status}.`);
  }
  return response.json();
}

async function signIn(username, password) {
  tokens = await post("/api/token/", { username, password });
}

function endsSoon(token) {
  const { exp } = JSON.parse(atob(token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/")));
  return exp * 1000 < Date.now() + 10000;
}

async function headers() {
  if (endsSoon(tokens.access)) {
    Object.assign(tokens, await post("/api/token/refresh/", { refresh: tokens.refresh }));
  }
  return { Authorization: `Bearer ${tokens.access}` };
}

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
