// Stands for what a bundler makes of `import tinymce from "tinymce"`: TinyMCE comes long after providers.js.
const script = document.createElement("script");
script.src = new URL("tinymce/tinymce.min.js", import.meta.url).href;
await new Promise((resolve, reject) => {
  script.onload = resolve;
  script.onerror = reject;
  document.head.append(script);
});

export default window.tinymce;
