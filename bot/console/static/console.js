// Keeps an open page of the console fresh, and tells when somebody waits. Every page works
// without it. Nothing people wrote passes through here: events carry case numbers and kinds.
"use strict";
(() => {
  const QUIET_MS = 15000; // the server speaks every few seconds; longer means the line is dead
  const TYPING_MS = 5000;
  const POLL_MS = 5000; // while there is no line
  const BEEP_MS = { urgent: 5000, other: 12000 };
  const link = document.getElementById("link");
  const sound = document.getElementById("sound");
  const counter = () => document.getElementById("waiting");
  const shownCase = document.body.dataset.case;
  let cursor = counter()?.dataset.after || "0";
  let source = null;
  let heardAt = 0;
  let state = "";

  // The line to the server

  function tell(word) {
    state = word;
    link.hidden = false;
    link.textContent = link.dataset[word];
    link.classList.toggle("lost", word !== "live");
  }

  function refresh(number) {
    document.body.dispatchEvent(new CustomEvent("news"));
    if (shownCase && (!number || number === shownCase)) {
      document.body.dispatchEvent(new CustomEvent("casenews"));
    }
  }

  function connect() {
    source = new EventSource(`/desk/stream?after=${encodeURIComponent(cursor)}`);
    heardAt = Date.now();
    source.addEventListener("open", () => {
      heardAt = Date.now();
      const again = state && state !== "live";
      tell("live");
      if (again) refresh();
    });
    source.addEventListener("ping", () => { heardAt = Date.now(); });
    source.addEventListener("news", (event) => {
      heardAt = Date.now();
      cursor = event.lastEventId || cursor;
      refresh(JSON.parse(event.data).number);
    });
    source.addEventListener("out", () => hangUp("out"));
    source.addEventListener("full", () => hangUp("full"));
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) ask();
      else tell("lost");
    });
  }

  function hangUp(word) {
    source?.close();
    source = null;
    // Whoever waits for the sound must not sit before a page that no longer listens.
    if (word === "out" && state !== "out") beep();
    tell(word);
  }

  // An EventSource does not say why it was refused, so a plain request finds out.
  async function ask() {
    hangUp("lost");
    try {
      const answer = await fetch("/desk/counts", { headers: { "HX-Request": "true", "X-Punte-Quiet": "1" } });
      if (answer.status === 401) hangUp("out");
      else if (answer.ok) hangUp("full");
    } catch {
      tell("lost");
    }
  }

  setInterval(() => {
    if (state === "out") return;
    if (source && Date.now() - heardAt < QUIET_MS) {
      if (source.readyState === EventSource.OPEN) return;
    } else {
      hangUp(state === "full" ? "full" : "lost");
      connect();
    }
    refresh();
  }, POLL_MS);
  addEventListener("online", () => { hangUp("lost"); connect(); });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

  // What htmx brings back

  document.body.addEventListener("htmx:before:response", (event) => {
    const { response, request } = event.detail.ctx;
    const out = response.status === 401
      || new URL(response.raw.url).pathname.startsWith("/desk/signin");
    // 409 and 422 are pages that keep the draft; anything else would wipe it.
    if (!out && (response.status < 400 || [409, 422].includes(response.status))) return;
    event.preventDefault();
    if (out) hangUp("out");
    else if (request.method !== "GET") tell("failed");
    else if (response.status === 404) tell("gone");
  });
  document.body.addEventListener("htmx:error", (event) => {
    if (event.detail.ctx?.request?.method === "POST") tell("failed");
  });
  document.body.addEventListener("htmx:after:swap", (event) => {
    const { target } = event.detail.ctx;
    const id = typeof target === "string" ? target.slice(1) : target?.id;
    if (id === "case") document.getElementById("text")?.focus();
    if (id === "found") document.getElementById("found")?.focus();
  });
  document.body.addEventListener("htmx:finally:swap", count);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const form = event.target.form;
    form?.requestSubmit(form.querySelector("button.send"));
  });

  // The person sees that somebody writes: said at most every few seconds, and without an answer

  let wroteAt = 0;
  document.addEventListener("input", (event) => {
    if (event.target.id !== "text" || Date.now() - wroteAt < TYPING_MS) return;
    wroteAt = Date.now();
    const token = event.target.form.elements._csrf_token.value;
    const headers = { "HX-Request": "true" };
    const body = new URLSearchParams({ _csrf_token: token });
    fetch(`/desk/case/${shownCase}/typing`, { method: "POST", headers, body }).catch(() => {});
  });

  // Somebody waits: the title says how many, and a sound repeats until a case is taken

  let audio = null;
  let muted = localStorage.getItem("punte-muted") === "yes";
  let before = 0;

  function count() {
    const waiting = Number(counter()?.dataset.count || 0);
    const title = document.title.replace(/^\(\d+\) /, "");
    document.title = waiting ? `(${waiting}) ${title}` : title;
    if (waiting > before) beep();
    before = waiting;
  }

  function beep() {
    // One of several windows is enough.
    const last = Number(localStorage.getItem("punte-beeped") || 0);
    if (muted || !audio || audio.state !== "running" || Date.now() - last < 1500) return;
    localStorage.setItem("punte-beeped", String(Date.now()));
    for (const [start, pitch] of [[0, 660], [0.18, 880]]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      const at = audio.currentTime + start;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, at);
      volume.gain.exponentialRampToValueAtTime(0.2, at + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.16);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.17);
    }
    document.body.dispatchEvent(new CustomEvent("beeped"));
  }

  setInterval(() => {
    const last = Number(localStorage.getItem("punte-beeped") || 0);
    const every = Number(counter()?.dataset.urgent || 0) ? BEEP_MS.urgent : BEEP_MS.other;
    if (before && Date.now() - last >= every) beep();
  }, 1000);

  function showSound() {
    sound.hidden = false;
    sound.setAttribute("aria-pressed", String(!muted));
    sound.textContent = sound.dataset[muted ? "off" : "on"];
  }

  sound.addEventListener("click", () => {
    muted = !muted;
    localStorage.setItem("punte-muted", muted ? "yes" : "no");
    showSound();
  });
  // Browsers let a page sound only after somebody has touched it.
  for (const touch of ["pointerdown", "keydown"]) {
    addEventListener(touch, () => {
      audio ||= new AudioContext();
      audio.resume();
    });
  }

  showSound();
  count();
  connect();
})();
