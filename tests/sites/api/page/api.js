// api.js
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
