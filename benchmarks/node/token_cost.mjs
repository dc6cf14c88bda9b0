// For each line of standard input, signs that many tokens with jsonwebtoken and prints the seconds of processor time.
import { createPrivateKey } from "node:crypto";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(process.argv[2] + "/");
const jwt = require("jsonwebtoken");
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

const pem = JSON.parse((await lines.next()).value);
const keys = { pem, object: createPrivateKey(pem) };

for await (const line of lines) {
  const [key, count] = JSON.parse(line);
  const started = process.cpuUsage();
  for (let number = 0; number < count; number++) {
    const claims = { sub: "1", name: "Ada Lovelace", exp: Math.floor(Date.now() / 1000) + 600 };
    jwt.sign(claims, keys[key], { algorithm: "RS256" });
  }
  const used = process.cpuUsage(started);
  console.log((used.user + used.system) / 1e6);
}
