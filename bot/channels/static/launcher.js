// A button for other sites that opens Punte:
//   <script src="https://punte.example/launcher.js" data-lang="uk" data-country="ro" defer></script>
// data-label names the button; data-mode="frame" opens it on the page itself, on sites
// that PUNTE_WIDGET_ORIGINS names. It stores nothing and reads nothing of the page.
"use strict";
(() => {
  const script = document.currentScript;
  const { lang = "", country = "", entry = "", label = "Punte", mode = "tab" } = script.dataset;
  const page = new URL("/", script.src);
  Object.entries({ lang, country, entry }).forEach(([name, value]) => {
    if (value) page.searchParams.set(name, value);
  });
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { all: initial; position: fixed; inset-block-end: 1rem; inset-inline-end: 1rem; z-index: 2147483000; }
    button { min-block-size: 48px; padding: 0 20px; border: 2px solid #fff; border-radius: 24px; background: #0b5860; color: #fff; font: 600 17px/1.2 system-ui, sans-serif; cursor: pointer; box-shadow: 0 4px 16px #0004; }
    button:focus-visible { outline: 3px solid #c98a1b; outline-offset: 2px; }
    iframe { display: block; inline-size: min(400px, calc(100vw - 2rem)); block-size: min(640px, calc(100dvh - 7rem)); margin-block-end: 12px; border: 1px solid #d8d2c3; border-radius: 16px; background: #f5f1e8; box-shadow: 0 8px 32px #0005; }
  `);
  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "closed" });
  shadow.adoptedStyleSheets = [style];
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  if (lang) button.lang = lang;
  shadow.append(button);
  let frame = null;
  const toggle = () => {
    if (frame) {
      frame.remove();
      frame = null;
    } else {
      frame = document.createElement("iframe");
      frame.title = label;
      frame.referrerPolicy = "no-referrer";
      frame.src = page;
      shadow.prepend(frame);
    }
    button.setAttribute("aria-expanded", String(!!frame));
  };
  button.addEventListener("click", () => {
    if (mode === "frame") toggle();
    else window.open(page, "_blank", "noopener,noreferrer");
  });
  document.body.append(host);
})();
