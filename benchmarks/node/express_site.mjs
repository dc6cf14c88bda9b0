// A token endpoint of the kind of Tiny's Node starter: Express, a session in memory, and the key read at each request.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [modules, keyFile, port] = process.argv.slice(2);
const require = createRequire(modules + "/");
const express = require("express");
const session = require("express-session");
const jwt = require("jsonwebtoken");

const app = express();
app.use(session({ secret: "benchmark", resave: false, saveUninitialized: true }));
app.use(express.urlencoded({ extended: false }));

app.post("/login/:user", (request, response) => {
  request.session.user = request.params.user;
  response.json({});
});

app.post("/jwt", (request, response) => {
  const user = request.session.user;
  if (!user) {
    response.status(401).json({});
    return;
  }
  const claims = { sub: user, name: "Ada Lovelace", exp: Math.floor(Date.now() / 1000) + 600 };
  response.json({ token: jwt.sign(claims, readFileSync(keyFile, "utf8"), { algorithm: "RS256" }) });
});

app.listen(Number(port), "127.0.0.1");
