"use strict";

{
  // The addresses come from this script's own tag: nothing that an author wrote into the page can change them.
  // The getter, because an element with the name "currentScript" would hide document.currentScript.
  const { get: getCurrentScript } = Object.getOwnPropertyDescriptor(Document.prototype, "currentScript");
  const { tokenUrl, verifyUrl } = getCurrentScript.call(document).dataset;

  // Read for each request: the value changes when the user logs in again in another tab.
  const csrfToken = () => document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1] ?? "";

  const decodePart = (part) => {
    const bytes = Uint8Array.from(atob(part.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  };

  const decode = (token) => {
    const [header, claims] = token.split(".", 2);
    return { header: decodePart(header), claims: decodePart(claims) };
  };

  // Return the token with one letter in the middle of its claims replaced.
  const altered = (token) => {
    const [header, claims, signature] = token.split(".");
    const middle = Math.floor(claims.length / 2);
    const letter = claims[middle] === "A" ? "B" : "A";
    return [header, claims.slice(0, middle) + letter + claims.slice(middle + 1), signature].join(".");
  };

  // Resolve to the JSON of the answer; reject with an error whose message can be shown to the user.
  const post = async (url, headers, body) => {
    let response;
    try {
      response = await fetch(url, { method: "POST", headers, body });
    } catch {
      throw new Error("The server cannot be reached.");
    }
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
      // The token endpoint adds a detail for the developer while DEBUG is on.
      throw new Error([`${response.status}:`, answer.message ?? response.statusText, answer.detail].join(" "));
    }
    return answer;
  };

  // On a phone the contents of six tokens would make a very long page, so there they start closed.
  const wide = window.matchMedia("(min-width: 45rem)");

  class TokenCard {
    constructor(element) {
      this.service = element.dataset.service;
      this.part = (name) => element.querySelector(`[data-part="${name}"]`);
      this.part("contents").open = wide.matches;
      this.busy = false;
      for (const button of element.querySelectorAll("[data-action]")) {
        button.addEventListener("click", () => this.run(button.dataset.action));
      }
    }

    async run(action) {
      // The buttons are not disabled meanwhile: a disabled button loses the keyboard's focus.
      if (this.busy) {
        return;
      }
      this.busy = true;
      try {
        await this[action]();
      } catch (error) {
        this.setVerdict("failed", error.message);
      }
      this.busy = false;
    }

    async renew() {
      this.show(null);
      this.setVerdict("waiting", "Fetching a token…");
      const { token } = await post(`${tokenUrl}${encodeURIComponent(this.service)}/`, { "Content-Type": "application/json" }, "{}");
      this.show(token);
      await this.verify(token);
    }

    async alter() {
      await this.verify(altered(this.token));
    }

    async verify(token) {
      const body = new URLSearchParams({ service: this.service, token });
      const { valid, reason } = await post(verifyUrl, { "X-CSRFToken": csrfToken() }, body);
      if (valid) {
        this.setVerdict("valid", "Signature and claims are valid.");
      } else {
        this.setVerdict("invalid", token === this.token ? reason : `The altered token is refused: ${reason}`);
      }
    }

    show(token) {
      this.token = token;
      this.part("contents").hidden = token === null;
      this.part("alter").hidden = token === null;
      this.part("countdown").textContent = "";
      if (token !== null) {
        const { header, claims } = decode(token);
        this.part("header").textContent = JSON.stringify(header, null, 2);
        this.part("claims").textContent = JSON.stringify(claims, null, 2);
        this.part("token").textContent = token;
        this.expires = claims.exp * 1000;
        this.tick();
      }
    }

    tick() {
      if (this.token === null || this.part("countdown").textContent === "Expired") {
        return;
      }
      const seconds = Math.ceil((this.expires - Date.now()) / 1000);
      if (seconds > 0) {
        const rest = String(seconds % 60).padStart(2, "0");
        this.part("countdown").textContent = `Expires in ${Math.floor(seconds / 60)}:${rest}`;
      } else {
        this.part("countdown").textContent = "Expired";
        this.setVerdict("expired", "The token has expired. Get a new one.");
      }
    }

    setVerdict(state, text) {
      this.part("verdict").dataset.state = state;
      this.part("verdict").textContent = text;
    }
  }

  const cards = Array.from(document.querySelectorAll(".token-card"), (element) => new TokenCard(element));
  cards.forEach((card) => card.run("renew"));
  setInterval(() => cards.forEach((card) => card.tick()), 1000);
}
