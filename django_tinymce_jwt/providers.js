// The token providers of this site's TinyMCE editors (django-tinymce-jwt).
//
// Load this script after tinymce.min.js and before the page calls tinymce.init(). It gives every
// editor that starts later the provider of each service that the site has configured; an option
// that the page itself passes to tinymce.init() wins. A page that loads TinyMCE in another way
// passes djangoTinymceJwt.provider(url) to tinymce.init(), where url is a token endpoint.
"use strict";

{
  // What the server adds: [{option, url, silent}, ...], or null where it cannot read its settings.
  // Silent is a plugin that shows its user nothing of use when the provider fails.
  const services = /* services */ null;

  const TIMEOUT = 30000; // milliseconds
  // The site can translate these by tinymce.addI18n(), like TinyMCE's own texts.
  const UNREACHABLE = "The server could not be reached. Check your connection and try again.";
  const TOO_SLOW = "The server took too long to answer. Try again.";
  const UNPREPARED = "The request could not be prepared. Reload the page and try again.";
  const UNEXPECTED = "The server sent an unexpected answer. Reload the page and try again.";
  // What the server adds: these texts in the language of the request. A translation by tinymce.addI18n() wins.
  const texts = {};

  const underWay = []; // the requests: {url, headers, token}, where token is a promise
  const shown = new WeakSet(); // errors that the user has seen: those who share a request share its error
  const speaking = new Set(); // the URLs of plugins that show their user the message themselves

  // An element with the name or the id of a property hides that property of document, and makes one of
  // window that is not set. The getter of the prototype, and what window itself has, cannot be hidden.
  const read = (prototype, name) => Object.getOwnPropertyDescriptor(prototype, name).get.call(document);
  const loadedTinymce = () => Object.prototype.hasOwnProperty.call(window, "tinymce") && window.tinymce;

  // TinyMCE shows messages as HTML.
  const plain = (message) => message.replace(/[<>&]/g, " ").trim();

  function translated(message) {
    const tinymce = loadedTinymce();
    const own = tinymce ? String(tinymce.translate(message)) : message;
    return plain(own === message ? texts[message] || message : own);
  }

  function parsed(text) {
    try {
      return JSON.parse(text) || {};
    } catch (error) {
      return {};
    }
  }

  // Resolves to the page's own headers for one request: its object, or what its function returns.
  async function ownHeaders(headers) {
    const own = (typeof headers === "function" ? await headers() : headers) || {};
    if (typeof own !== "object") {
      throw new TypeError("headers is not an object, nor a function that returns one");
    }
    return own;
  }

  // With an Authorization header, the user is not taken from the cookies, and CORS need not allow them.
  function credentialsFor(url, own) {
    const authorizes = Object.keys(own).some((name) => name.toLowerCase() === "authorization");
    return authorizes || new URL(url).origin === location.origin ? "same-origin" : "include";
  }

  // Resolves to {ok, answer}. A redirect is not followed, as it leads to a login page: its answer is {}.
  async function post(url, headers) {
    const controller = new AbortController();
    const aborted = new Promise((resolve, reject) => controller.signal.addEventListener("abort", reject));
    const timer = setTimeout(() => controller.abort(), TIMEOUT);
    let own;
    try {
      own = await Promise.race([ownHeaders(headers), aborted]);
      const response = await fetch(url, {
        method: "POST",
        headers: { Accept: "application/json", "Content-Type": "application/json", ...own },
        body: "{}",
        cache: "no-store",
        credentials: credentialsFor(url, own),
        redirect: "manual",
        signal: controller.signal,
      });
      return { ok: response.ok, answer: parsed(await response.text()) };
    } catch (error) {
      if (controller.signal.aborted) {
        throw new Error(translated(TOO_SLOW));
      }
      if (own) {
        throw new Error(translated(UNREACHABLE));
      }
      console.error(`django-tinymce-jwt has no headers for the request: ${error}`);
      throw new Error(translated(UNPREPARED));
    } finally {
      clearTimeout(timer);
    }
  }

  // Resolves to the token, or rejects with an Error whose message is fit for the editor's user.
  async function fetchToken(url, headers) {
    const { ok, answer } = await post(url, headers);
    if (ok && typeof answer.token === "string") {
      return answer.token;
    }
    throw new Error((typeof answer.message === "string" && plain(answer.message)) || translated(UNEXPECTED));
  }

  function sharedToken(url, headers) {
    let request = underWay.find((other) => other.url === url && other.headers === headers);
    if (!request) {
      const forget = () => underWay.splice(underWay.indexOf(request), 1);
      request = { url, headers, token: fetchToken(url, headers).finally(forget) };
      underWay.push(request);
    }
    return request.token;
  }

  function show(error) {
    if (shown.has(error)) {
      return;
    }
    shown.add(error);
    try {
      loadedTinymce().activeEditor.notificationManager.open({ type: "error", text: error.message });
    } catch (noEditor) {
      console.error(`django-tinymce-jwt: ${error.message}`);
    }
  }

  // One function for both forms: called with (success, failure), it calls one of them; called without,
  // it returns a Promise of {token}. The headers of each request are an object, or a function that returns
  // one or a Promise of one.
  function provider(url, { headers } = {}) {
    const { href } = new URL(url, read(Node.prototype, "baseURI"));
    return (success, failure) => {
      const answer = sharedToken(href, headers).then((token) => ({ token }));
      if (typeof success === "function") {
        // Out of the promise's reach: what a callback throws is its own uncaught error, and calls no other.
        answer.then(
          (result) => queueMicrotask(() => success(result)),
          (error) => queueMicrotask(() => failure(error.message))
        );
        return undefined;
      }
      // Handled here, a rejection that the caller ignores is not reported as unhandled.
      answer.catch((error) => {
        if (!speaking.has(href.split("?")[0])) {
          show(error);
        }
      });
      return answer;
    };
  }

  // The providers of the configured services, by editor option.
  function configured() {
    // The script may come from another origin than the page, and its endpoints are where it is.
    const { src } = read(Document.prototype, "currentScript") || {};
    const base = src || read(Node.prototype, "baseURI");
    const providers = {};
    for (const { option, url, silent } of services || []) {
      const { href } = new URL(url, base);
      providers[option] = provider(href);
      if (!silent) {
        speaking.add(href);
      }
    }
    return providers;
  }

  window.djangoTinymceJwt = { provider };
  const providers = configured();
  const tinymce = loadedTinymce();
  if (services === null) {
    console.error("django-tinymce-jwt sets no provider: TINYMCE_JWT cannot be read. See manage.py check.");
  } else if (!tinymce) {
    console.warn(
      "django-tinymce-jwt sets no provider: TinyMCE is not loaded yet. " +
        "Load this script after tinymce.min.js, or pass djangoTinymceJwt.provider(url) to tinymce.init()."
    );
  } else {
    // overrideDefaults() replaces what was set before. TinyMCE 4 and 5 call the options settings.
    const defaults = tinymce.defaultOptions || tinymce.defaultSettings;
    tinymce.overrideDefaults(Object.assign({}, defaults, providers));
  }
}
