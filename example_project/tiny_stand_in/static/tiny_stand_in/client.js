// What the stand-in's editor plugins share: requests to the services, and messages to the user.
"use strict";

window.tinyStandIn = {
  // Resolves to the answer. Rejects with an Error that has a message for the user, and the status of a refusal.
  async call(url, { method = "POST", authorization, json, form }) {
    const headers = { Authorization: authorization };
    if (json !== undefined) {
      headers["Content-Type"] = "application/json";
    }
    let response;
    try {
      response = await fetch(url, { method, headers, body: form ?? JSON.stringify(json) });
    } catch {
      throw new Error("The service could not be reached.");
    }
    if (!response.ok) {
      const { message } = await response.json().catch(() => ({}));
      const error = new Error(message ?? `The service failed (${response.status}).`);
      throw Object.assign(error, { status: response.status });
    }
    return response;
  },

  registerOptions(editor, provider, ...urls) {
    editor.options.register(provider, { processor: "function" });
    urls.forEach((url) => editor.options.register(url, { processor: "string" }));
  },

  // TinyMCE shows messages as HTML, so they are encoded.
  notify(editor, message) {
    editor.notificationManager.open({ type: "error", text: editor.dom.encode(message) });
  },

  // Show a message over a dialog. Afterwards a button of the dialog gets the keyboard's focus.
  alert(editor, message, dialog, button) {
    editor.windowManager.alert(editor.dom.encode(message), () => dialog.focus(button));
  },

  // Run a task while the editor shows its spinner. An error becomes a message to the user.
  async busily(editor, task) {
    editor.setProgressState(true);
    try {
      await task();
    } catch (error) {
      window.tinyStandIn.notify(editor, error.message);
    } finally {
      editor.setProgressState(false);
    }
  },

  // Resolves to the file that the user picks.
  pickFile(accept) {
    return new Promise((resolve) => {
      const input = Object.assign(document.createElement("input"), { type: "file", accept });
      input.addEventListener("change", () => resolve(input.files[0]));
      input.click();
    });
  },

  saveFile(blob, name) {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  },
};
