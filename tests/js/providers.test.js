// providers.js alone, against a real HTTP server: what it sets, what it asks, and what it tells whom.
"use strict";

const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { createServer } = require("node:http");
const { join } = require("node:path");
const { after, before, beforeEach, mock, test } = require("node:test");
const vm = require("node:vm");

const FILE = join(__dirname, "../../django_tinymce_jwt/providers.js");
const SOURCE = readFileSync(FILE, "utf-8");
const PDF = { option: "exportpdf_token_provider", url: "/jwt/exportpdf/", silent: true };
const DRIVE = { option: "tinydrive_token_provider", url: "/jwt/", silent: false };
const AI = { option: "tinymceai_token_provider", url: "/jwt/tinymceai/", silent: false };
const UNREACHABLE = "The server could not be reached. Check your connection and try again.";
const TOO_SLOW = "The server took too long to answer. Try again.";
const UNEXPECTED = "The server sent an unexpected answer. Reload the page and try again.";

const server = createServer((request, response) => {
  const seen = { method: request.method, url: request.url, headers: request.headers, body: "" };
  request.on("data", (data) => (seen.body += data));
  request.on("end", () => {
    requests.push(seen);
    answer(response, request);
  });
});
let origin, requests, answer;
const uncaught = [];
process.on("unhandledRejection", (error) => uncaught.push(`unhandled: ${error.message}`));

before(async () => {
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${server.address().port}`;
});
after(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  requests = [];
  answer = json(200, { token: "a.b.c" });
  uncaught.length = 0;
});

function json(status, value) {
  return (response) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(value));
  };
}

function fakeTinymce(defaults) {
  const tinymce = {
    calls: 0,
    notifications: [],
    translate: (text) => text,
    overrideDefaults(values) {
      tinymce.calls += 1;
      tinymce.defaultOptions = values;
    },
    ...defaults,
  };
  const notificationManager = { open: (notification) => tinymce.notifications.push({ ...notification }) };
  tinymce.activeEditor = { notificationManager };
  return tinymce;
}

// Runs the script in a page of its own, as served with these services.
function load(
  services,
  { tinymce = fakeTinymce(), script = `${origin}/jwt/providers.js`, page = `${origin}/`, texts = {} } = {}
) {
  const lines = [];
  const log = (level) => (line) => lines.push(`${level}: ${line}`);
  const fetches = [];
  // In a browser, these getters are properties of the prototypes too.
  class Node {
    get baseURI() {
      return page;
    }
  }
  class Document extends Node {
    get currentScript() {
      return script === null ? null : { src: script };
    }
  }
  const window = {
    Node,
    Document,
    document: new Document(),
    location: new URL(page),
    console: { error: log("error"), warn: log("warn") },
    fetch: (url, init) => {
      fetches.push(init);
      return fetch(url, init);
    },
    AbortController,
    URL,
    setTimeout: (...args) => setTimeout(...args),
    clearTimeout,
    queueMicrotask: (callback) => queueMicrotask(() => reported(callback)),
    tinymce,
  };
  window.window = window;
  const served = SOURCE.replace("const texts = {}", `const texts = ${JSON.stringify(texts)}`);
  vm.runInNewContext(served.replace("/* services */ null", JSON.stringify(services)), window, FILE);
  return { window, tinymce, lines, fetches, provider: window.djangoTinymceJwt.provider };
}

// What is thrown outside of a promise, a browser reports as an uncaught error.
function reported(callback) {
  try {
    callback();
  } catch (error) {
    uncaught.push(error.message);
  }
}

// Returns a function that lets time pass in the page. Node's own clock for tests is younger than Debian 12's Node.
function stopClock(window) {
  const timers = new Map();
  let now = 0;
  window.setTimeout = (callback, delay) => {
    const timer = Symbol("timer");
    timers.set(timer, { callback, end: now + delay });
    return timer;
  };
  window.clearTimeout = (timer) => timers.delete(timer);
  return (milliseconds) => {
    now += milliseconds;
    for (const [timer, { callback, end }] of timers) {
      if (end <= now) {
        timers.delete(timer);
        callback();
      }
    }
  };
}

async function messageOf(promise) {
  return promise.then(
    (value) => assert.fail(`resolved to ${JSON.stringify(value)}`),
    (error) => error.message
  );
}

// Calls the provider in the callback form, and tells which callback was called with what.
function called(provider) {
  return new Promise((resolve) => {
    const calls = [];
    const note = (name) => (value) => {
      calls.push([name, typeof value === "string" ? value : { ...value }]);
      setTimeout(() => resolve(calls), 20);
    };
    assert.equal(provider(note("success"), note("failure")), undefined);
  });
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 30));

test("every service becomes a default, and the defaults that were there stay", () => {
  const { tinymce, lines } = load([DRIVE, PDF], { tinymce: fakeTinymce({ defaultOptions: { skin: "dark" } }) });
  assert.deepEqual(Object.keys(tinymce.defaultOptions), ["skin", DRIVE.option, PDF.option]);
  assert.equal(tinymce.calls, 1);
  assert.deepEqual(lines, []);
});

test("defaults are found under the name that TinyMCE 5 has for them", () => {
  const { tinymce } = load([PDF], { tinymce: fakeTinymce({ defaultSettings: { skin: "dark" } }) });
  assert.deepEqual(Object.keys(tinymce.defaultOptions), ["skin", PDF.option]);
});

test("a script that is loaded twice keeps what it has set", () => {
  const tinymce = fakeTinymce();
  load([DRIVE, PDF], { tinymce });
  load([DRIVE, PDF], { tinymce });
  assert.deepEqual(Object.keys(tinymce.defaultOptions), [DRIVE.option, PDF.option]);
});

test("nothing but djangoTinymceJwt is added to the page", () => {
  const { window } = load([PDF]);
  const own = ["document", "location", "console", "fetch", "AbortController", "URL", "setTimeout", "clearTimeout"];
  const added = Object.keys(window).filter((name) => ![...own, "Node", "Document", "queueMicrotask", "tinymce", "window"].includes(name));
  assert.deepEqual(added, ["djangoTinymceJwt"]);
});

test("settings that cannot be read set nothing and give one line on the console", () => {
  const { tinymce, lines, provider } = load(null);
  assert.equal(tinymce.calls, 0);
  assert.deepEqual(lines, [
    "error: django-tinymce-jwt sets no provider: TINYMCE_JWT cannot be read. See manage.py check.",
  ]);
  assert.equal(typeof provider, "function");
});

test("without TinyMCE the console says so, and provider(url) works", async () => {
  const { lines, provider } = load([PDF], { tinymce: null });
  assert.equal(lines.length, 1);
  assert.match(lines[0], /^warn: django-tinymce-jwt sets no provider: TinyMCE is not loaded yet\. Load this script after/);
  assert.deepEqual({ ...(await provider("/jwt/exportpdf/")()) }, { token: "a.b.c" });
});

test("the request is what the endpoint wants", async () => {
  const { tinymce, fetches } = load([PDF]);
  await tinymce.defaultOptions[PDF.option]();
  const [{ method, url, headers, body }] = requests;
  assert.deepEqual([method, url, body], ["POST", "/jwt/exportpdf/", "{}"]);
  assert.deepEqual([headers.accept, headers["content-type"]], ["application/json", "application/json"]);
  const { cache, credentials, redirect } = fetches[0];
  assert.deepEqual({ cache, credentials, redirect }, { cache: "no-store", credentials: "same-origin", redirect: "manual" });
});

test("another origin gets the session cookie too", async () => {
  const { fetches, tinymce, provider } = load([PDF], { page: "https://www.example.com/page/" });
  await tinymce.defaultOptions[PDF.option]();
  await provider(`${origin}/jwt/`)();
  assert.deepEqual(
    fetches.map(({ credentials }) => credentials),
    ["include", "include"]
  );
});

test("endpoints are where the script is, and urls of the page where the page is", async () => {
  const { tinymce } = load([PDF], { page: "https://www.example.com/page/" });
  await tinymce.defaultOptions[PDF.option]();
  const { provider } = load([PDF], { script: "https://www.example.com/providers.js", page: `${origin}/deep/page/` });
  await provider("../jwt/")();
  assert.deepEqual(
    requests.map(({ url }) => url),
    ["/jwt/exportpdf/", "/deep/jwt/"]
  );
});

test("a module or an inline script finds the endpoints where the page is", async () => {
  for (const script of [null, ""]) {
    await load([PDF], { script }).tinymce.defaultOptions[PDF.option]();
  }
  assert.equal(requests.length, 2);
});

test("the promise form resolves to an object with the token and nothing else", async () => {
  answer = json(200, { token: "a.b.c", more: 1 });
  const result = load([PDF]).tinymce.defaultOptions[PDF.option]();
  assert.equal(typeof result.catch, "function");
  assert.deepEqual({ ...(await result) }, { token: "a.b.c" });
});

test("the callback form calls success once and returns nothing", async () => {
  const { tinymce } = load([DRIVE]);
  assert.deepEqual(await called(tinymce.defaultOptions[DRIVE.option]), [["success", { token: "a.b.c" }]]);
});

test("the callback form calls failure once with the server's message", async () => {
  answer = json(401, { error: "not_authenticated", message: "You are not logged in." });
  const { tinymce } = load([DRIVE]);
  assert.deepEqual(await called(tinymce.defaultOptions[DRIVE.option]), [["failure", "You are not logged in."]]);
  assert.deepEqual(tinymce.notifications, []);
  assert.deepEqual(uncaught, []);
});

for (const failing of ["success", "failure"]) {
  test(`what ${failing} throws is the caller's error, and calls nothing again`, async () => {
    answer = failing === "success" ? answer : json(403, { message: "No." });
    const calls = [];
    const callback = (name) => () => {
      calls.push(name);
      throw new Error(`from ${name}`);
    };
    load([DRIVE]).tinymce.defaultOptions[DRIVE.option](callback("success"), callback("failure"));
    await settled();
    await settled();
    assert.deepEqual(calls, [failing]);
    assert.deepEqual(uncaught, [`from ${failing}`]);
  });
}

const REFUSALS = [
  ["a refusal", json(403, { message: "You may not." }), "You may not."],
  ["a refusal with markup", json(403, { message: "<b>You</b> & me" }), "b You /b    me"],
  ["a refusal with a blank message", json(403, { message: " " }), UNEXPECTED],
  ["a refusal with a message that is no text", json(500, { message: { text: "No." } }), UNEXPECTED],
  ["a refusal with a token", json(403, { token: "a.b.c" }), UNEXPECTED],
  ["a token that is no text", json(200, { token: 7 }), UNEXPECTED],
  ["no token", json(200, {}), UNEXPECTED],
  ["JSON that is no object", json(200, null), UNEXPECTED],
  ["a list", json(200, ["a.b.c"]), UNEXPECTED],
  ["HTML", (response) => response.end("<!doctype html><p>Log in</p>"), UNEXPECTED],
  ["an HTML error", (response) => response.writeHead(500).end("<h1>Server Error</h1>"), UNEXPECTED],
  ["an empty answer", (response) => response.writeHead(204).end(), UNEXPECTED],
  ["a login redirect", (response) => response.writeHead(302, { Location: "/jwt/" }).end(), UNEXPECTED],
  ["a broken connection", (response) => response.destroy(), UNREACHABLE],
  ["an answer that breaks off", breakOff, UNREACHABLE],
];

function breakOff(response) {
  response.writeHead(200, { "Content-Length": "100" });
  response.write('{"token": ');
  setTimeout(() => response.destroy(), 10);
}

for (const [name, given, message] of REFUSALS) {
  test(`${name} rejects, and is shown once`, async () => {
    answer = given;
    const { tinymce, lines } = load([PDF]);
    assert.equal(await messageOf(tinymce.defaultOptions[PDF.option]()), message);
    assert.deepEqual(tinymce.notifications, [{ type: "error", text: message }]);
    assert.deepEqual([lines, uncaught], [[], []]);
    assert.equal(requests.length, 1);
  });

  test(`${name} calls failure`, async () => {
    answer = given;
    assert.deepEqual(await called(load([DRIVE]).tinymce.defaultOptions[DRIVE.option]), [["failure", message]]);
  });
}

test("a slow answer ends after 30 s, and not before", async () => {
  answer = () => {};
  const { window, tinymce } = load([PDF]);
  const pass = stopClock(window);
  let message = "under way";
  const end = messageOf(tinymce.defaultOptions[PDF.option]()).then((found) => (message = found));
  pass(29999);
  await new Promise(setImmediate);
  assert.equal(message, "under way");
  pass(1);
  await end;
  assert.equal(message, TOO_SLOW);
});

test("an answer that stops half-way ends after 30 s too", async () => {
  answer = (response) => response.writeHead(200).write('{"token": ');
  const { window, tinymce } = load([PDF]);
  const pass = stopClock(window);
  const ask = window.fetch;
  const begun = new Promise((resolve) => {
    window.fetch = async (...args) => {
      const response = await ask(...args);
      setImmediate(resolve);
      return response;
    };
  });
  const end = messageOf(tinymce.defaultOptions[PDF.option]());
  await begun;
  pass(30000);
  assert.equal(await end, TOO_SLOW);
});

test("no timer is left behind by an answer", async () => {
  const cleared = mock.fn(clearTimeout);
  const { window, tinymce } = load([PDF]);
  window.clearTimeout = cleared;
  await tinymce.defaultOptions[PDF.option]();
  assert.equal(cleared.mock.callCount(), 1);
});

test("the script's own messages are translated by TinyMCE, and are plain text", async () => {
  answer = (response) => response.end("no JSON");
  const german = fakeTinymce({ translate: (text) => (text === UNEXPECTED ? "Unerwartete <Antwort>" : text) });
  assert.equal(await messageOf(load([PDF], { tinymce: german }).provider("/x/")()), "Unerwartete  Antwort");
});

test("the script's own messages are in the server's language, with and without TinyMCE", async () => {
  answer = (response) => response.end("no JSON");
  for (const tinymce of [fakeTinymce(), null]) {
    const { provider } = load([PDF], { tinymce, texts: { [UNEXPECTED]: "Unerwartete Antwort." } });
    assert.equal(await messageOf(provider("/x/")()), "Unerwartete Antwort.");
  }
});

test("a translation of the site's own wins over the server's", async () => {
  answer = (response) => response.end("no JSON");
  const tinymce = fakeTinymce({ translate: (text) => (text === UNEXPECTED ? "Ups." : text) });
  const { provider } = load([PDF], { tinymce, texts: { [UNEXPECTED]: "Unerwartete Antwort." } });
  assert.equal(await messageOf(provider("/x/")()), "Ups.");
});

test("a message that the server has not translated is English", async () => {
  answer = (response) => response.end("no JSON");
  assert.equal(await messageOf(load([PDF], { texts: { [TOO_SLOW]: "Zu langsam." } }).provider("/x/")()), UNEXPECTED);
});

test("editors that ask at the same moment share one request, and each has an answer of its own", async () => {
  const { provider } = load([PDF]);
  const asked = [provider("/jwt/exportpdf/"), provider("/jwt/exportpdf/"), provider(`${origin}/jwt/exportpdf/`)];
  const answers = await Promise.all(asked.map((ask) => ask()));
  answers[0].token = "changed";
  assert.deepEqual(
    answers.map(({ token }) => token),
    ["changed", "a.b.c", "a.b.c"]
  );
  assert.equal(requests.length, 1);
});

test("both forms share a request", async () => {
  const { provider } = load([DRIVE]);
  const ask = provider("/jwt/");
  const [calls, result] = await Promise.all([called(ask), ask()]);
  assert.deepEqual([calls, { ...result }, requests.length], [[["success", { token: "a.b.c" }]], { token: "a.b.c" }, 1]);
});

test("other services do not share a request", async () => {
  const { tinymce } = load([DRIVE, PDF]);
  await Promise.all([tinymce.defaultOptions[DRIVE.option](), tinymce.defaultOptions[PDF.option]()]);
  assert.deepEqual(requests.map(({ url }) => url).sort(), ["/jwt/", "/jwt/exportpdf/"]);
});

test("nothing is kept: a later call asks again, after a token and after a failure", async () => {
  const { tinymce } = load([PDF]);
  const ask = tinymce.defaultOptions[PDF.option];
  await ask();
  answer = json(401, { message: "You are not logged in." });
  assert.equal(await messageOf(ask()), "You are not logged in.");
  answer = json(200, { token: "d.e.f" });
  assert.deepEqual({ ...(await ask()) }, { token: "d.e.f" });
  assert.equal(requests.length, 3);
});

test("a refusal that several editors share is shown once, and the next one again", async () => {
  answer = json(403, { message: "You may not." });
  const { tinymce } = load([PDF]);
  const ask = tinymce.defaultOptions[PDF.option];
  assert.deepEqual(await Promise.all([messageOf(ask()), messageOf(ask())]), ["You may not.", "You may not."]);
  assert.equal(tinymce.notifications.length, 1);
  await messageOf(ask());
  assert.equal(tinymce.notifications.length, 2);
});

test("a plugin that shows the message itself is left to do so", async () => {
  answer = json(403, { message: "You may not." });
  const { tinymce, provider } = load([AI]);
  await messageOf(tinymce.defaultOptions[AI.option]());
  await messageOf(provider("/jwt/tinymceai/?document=7")());
  assert.deepEqual(tinymce.notifications, []);
});

test("a provider of the page's own shows the refusal", async () => {
  answer = json(403, { message: "You may not." });
  const { tinymce, provider } = load([AI]);
  await messageOf(provider("/own/endpoint/")());
  assert.deepEqual(tinymce.notifications, [{ type: "error", text: "You may not." }]);
});

test("a rejection that nobody looks at is no unhandled rejection", async () => {
  answer = json(403, { message: "You may not." });
  const { tinymce } = load([PDF, AI]);
  tinymce.defaultOptions[PDF.option]();
  tinymce.defaultOptions[AI.option]();
  await settled();
  await settled();
  assert.deepEqual(uncaught, []);
});

test("without an editor that can show it, a refusal goes to the console", async () => {
  answer = json(403, { message: "You may not." });
  const bare = fakeTinymce();
  bare.activeEditor = null;
  for (const tinymce of [null, bare]) {
    const { lines, provider } = load([PDF], { tinymce });
    assert.equal(await messageOf(provider("/jwt/exportpdf/")()), "You may not.");
    assert.equal(lines.at(-1), "error: django-tinymce-jwt: You may not.");
  }
});

test("an address that is none is the developer's error, at once", () => {
  assert.throws(() => load([PDF]).provider("http://"), /Invalid URL/);
});

const HEADERS = {
  "an object": { Authorization: "Bearer 1" },
  "a function": () => ({ Authorization: "Bearer 1" }),
  "an async function": async () => ({ Authorization: "Bearer 1" }),
};

for (const [name, headers] of Object.entries(HEADERS)) {
  test(`headers that are ${name} are sent with those that the endpoint wants`, async () => {
    const { provider } = load([]);
    assert.deepEqual({ ...(await provider("/jwt/", { headers })()) }, { token: "a.b.c" });
    const { authorization, accept, "content-type": type } = requests[0].headers;
    assert.deepEqual([authorization, accept, type], ["Bearer 1", "application/json", "application/json"]);
  });
}

test("the headers are asked for at each request anew", async () => {
  let count = 0;
  const given = { "X-Count": "0" };
  const { provider } = load([]);
  const [called, kept] = [() => ({ "X-Count": String((count += 1)) }), given].map((headers) => provider("/jwt/", { headers }));
  await called();
  await called();
  await kept();
  given["X-Count"] = "7";
  await kept();
  assert.deepEqual(
    requests.map(({ headers }) => headers["x-count"]),
    ["1", "2", "0", "7"]
  );
});

test("providers share an answer only if their URL and their headers are the same", async () => {
  const { provider } = load([]);
  const [one, other] = [() => ({ Authorization: "Bearer 1" }), () => ({ Authorization: "Bearer 2" })];
  const providers = [
    provider("/jwt/", { headers: one }),
    provider("/jwt/", { headers: one }),
    provider("/jwt/", { headers: other }),
    provider("/jwt/"),
    provider("/jwt/", {}),
    provider("/jwt/exportpdf/", { headers: one }),
  ];
  await Promise.all(providers.map((ask) => ask()));
  assert.deepEqual(
    requests.map(({ url, headers }) => [url, headers.authorization]).sort(),
    [
      ["/jwt/", undefined],
      ["/jwt/", "Bearer 1"],
      ["/jwt/", "Bearer 2"],
      ["/jwt/exportpdf/", "Bearer 1"],
    ]
  );
  await providers[0]();
  assert.equal(requests.length, 5);
});

test("another origin gets no cookies with an Authorization header, and gets them with any other", async () => {
  const { fetches, provider } = load([], { page: "https://www.example.com/page/" });
  for (const name of ["Authorization", "authorization", "X-Tenant"]) {
    await provider(`${origin}/jwt/`, { headers: { [name]: "x" } })();
  }
  assert.deepEqual(
    fetches.map(({ credentials }) => credentials),
    ["same-origin", "same-origin", "include"]
  );
});

const UNPREPARED = "The request could not be prepared. Reload the page and try again.";
const FAILING = {
  "throws": [() => { throw new Error("no session"); }, "Error: no session"],
  "rejects": [async () => { throw new Error("no session"); }, "Error: no session"],
  "throws nothing": [() => { throw undefined; }, "undefined"],
  "returns text": [() => "Bearer 1", "TypeError: headers is not an object, nor a function that returns one"],
};

for (const [name, [headers, reason]] of Object.entries(FAILING)) {
  test(`a headers function that ${name} is told to the user, and nothing is sent`, async () => {
    const { tinymce, lines, provider } = load([]);
    assert.equal(await messageOf(provider("/jwt/", { headers })()), UNPREPARED);
    assert.deepEqual(tinymce.notifications, [{ type: "error", text: UNPREPARED }]);
    assert.deepEqual(lines, [`error: django-tinymce-jwt has no headers for the request: ${reason}`]);
    assert.deepEqual(await called(provider("/jwt/", { headers })), [["failure", UNPREPARED]]);
    assert.deepEqual([requests, uncaught], [[], []]);
  });
}

test("a headers function that returns nothing adds nothing", async () => {
  assert.deepEqual({ ...(await load([]).provider("/jwt/", { headers: async () => null })()) }, { token: "a.b.c" });
});

test("a headers function that never ends is ended after 30 s, and the next call asks again", async () => {
  let isStuck = true;
  const headers = () => (isStuck ? new Promise(() => {}) : {});
  const { window, provider } = load([]);
  const pass = stopClock(window);
  const ask = provider("/jwt/", { headers });
  const end = messageOf(ask());
  pass(30000);
  assert.equal(await end, TOO_SLOW);
  isStuck = false;
  assert.deepEqual({ ...(await ask()) }, { token: "a.b.c" });
});
