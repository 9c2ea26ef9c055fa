// Makes the page live. Without it the page works as a plain form.
// Text becomes text nodes, never markup; nothing here reads or writes a cookie or an address.
"use strict";
(() => {
  const $ = (id) => document.getElementById(id);
  const root = document.documentElement;
  const log = $("log"), form = $("f"), box = $("text"), state = $("state"), typing = $("typing");
  const words = log.dataset;
  const exitForm = document.querySelector(".leave");
  const lang = root.lang;
  const PHONE = new RegExp(words.phone, "gm");
  const SIGNS = /([\u202a-\u202e\u2066-\u2069])/;
  const GIVE_UP_MS = 15000, FIRST_MS = 10000, QUIET_MS = 40000, POLL_MS = 5000, TYPING_MS = 12000;
  root.classList.add("js");

  // What this tab keeps: the token, messages not stored yet, an unfinished text.
  // It ends with the tab; a browser that refuses storage gets memory.
  const KEY = "punte";
  let memory = null;
  const read = () => {
    try { return JSON.parse(sessionStorage.getItem(KEY)); } catch { return memory; }
  };
  let ended = false;
  const save = () => {
    if (ended) return;
    memory = mine;
    try { sessionStorage.setItem(KEY, JSON.stringify(mine, (key, value) => key === "place" ? undefined : value)); } catch { /* memory has it */ }
  };
  const forgetAll = () => {
    ended = true;
    memory = null;
    try { sessionStorage.clear(); } catch { /* nothing was kept */ }
  };
  const drawn = log.querySelector(".msg") || !$("about").open;
  const mine = { outbox: [], draft: "", active: false, live: words.live, seen: 0, ...read() };
  // A page with a conversation in it was sent by the form, before this script was there.
  if (drawn || !mine.token) mine.token = form.token.value;
  if (drawn) mine.active = true;
  document.querySelectorAll("[name=token]").forEach((field) => { field.value = mine.token; });
  let after = Math.max(words.after, mine.seen);
  if (box.value) mine.draft = box.value;
  box.value = mine.draft;
  save();

  const make = (tag, className, text) => {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  };
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)),
    (byte) => byte.toString(16).padStart(2, "0")).join("");
  const call = (path, options, ms) => {
    const stop = new AbortController();
    const timer = ms && setTimeout(() => stop.abort(), ms);
    const headers = { "X-Punte-Token": mine.token, "Accept-Language": lang };
    if (options.body) headers["Content-Type"] = "application/json";
    return { stop, answer: fetch(path, { ...options, headers, signal: stop.signal, cache: "no-store", redirect: "error" })
      .finally(() => clearTimeout(timer)) };
  };

  // Bubbles

  const isolated = (text, className) => {
    const node = make("bdi", className, text);
    node.dir = "ltr";
    return node;
  };
  const words_of = (text, byPerson) => {
    if (!byPerson) return [text];
    return text.split(SIGNS).map((part) => SIGNS.test(part)
      ? isolated("U+" + part.charCodeAt(0).toString(16).toUpperCase(), "sign") : part);
  };
  const fill = (node, text, byPerson) => {
    let done = 0;
    for (const match of text.matchAll(PHONE)) {
      const number = match[2] || match[3];
      const start = match.index + match[0].lastIndexOf(number);
      node.append(...words_of(text.slice(done, start), byPerson));
      const link = make("a", "", number);
      link.href = "tel:" + number.replace(/[^0-9+]/g, "");
      const bdi = isolated("");
      bdi.append(link);
      node.append(bdi);
      done = start + number.length;
    }
    node.append(...words_of(text.slice(done), byPerson));
  };
  const opens = (url) => /^(https?|tel|mailto):/i.test(url);
  const choice = ({ label, action, url }) => {
    if (url && url.startsWith("tel:")) {
      const call = make("a", "choice call");
      call.append(isolated(label));
      call.href = url;
      return call;
    }
    if (url) {
      const link = make("a", "choice");
      link.append(make("bdi", "", label));
      link.href = url;
      link.target = "_blank";
      link.rel = "noopener noreferrer";
      link.append(make("span", "sr", ` (${words.newTab})`));
      return link;
    }
    const button = make("button", "choice");
    button.append(make("bdi", "", label));
    button.setAttribute("form", "f");
    button.name = "action";
    button.value = action;
    return button;
  };
  // A form, so that the token stands in no address.
  const download = ({ seq, file }) => {
    const box = make("form", "choices");
    box.method = "post";
    box.action = "/chat/file";
    for (const [name, value] of [["token", mine.token], ["seq", seq]]) {
      const field = make("input");
      Object.assign(field, { type: "hidden", name, value });
      box.append(field);
    }
    box.append(make("button", "choice", file.label));
    return box;
  };
  const bubble = (shown) => {
    const byPerson = shown.author === "person";
    const node = make("div", "msg " + shown.author);
    const who = byPerson ? "you" : shown.author === "counsellor" ? "counsellor" : "bot";
    node.append(make("span", who === "counsellor" ? "who" : "sr", words[who]));
    const text = make("p");
    text.dir = shown.dir || "auto";
    if (shown.locale) text.lang = shown.locale;
    fill(text, shown.text, byPerson);
    if (shown.file && shown.file.download) node.append(download(shown));
    else { if (shown.file) text.textContent = shown.file.label; node.append(text); }
    const choices = (shown.choices || []).filter((c) => c.url ? opens(c.url) : c.action);
    if (choices.length) {
      const row = make("div", "choices");
      row.append(...choices.map(choice));
      node.append(row);
    }
    if (shown.seq) node.dataset.seq = shown.seq;
    if (shown.id) node.dataset.id = shown.id;
    return node;
  };
  const bubbleOf = (id) => log.querySelector(`[data-id="${CSS.escape(id)}"]`);
  const firstOpen = () => log.querySelector(".msg:not([data-seq])");
  const begin = () => {
    if ($("hello").hidden) return;
    $("hello").hidden = true;
    $("about").open = false;
    $("delete").hidden = false;
  };
  // At first the stored conversation comes back; that is no news to scroll to gently.
  const replays = () => performance.now() < 3000;
  const bringUp = (node, block) => {
    const smooth = !replays() && matchMedia("(prefers-reduced-motion: no-preference)").matches;
    node.scrollIntoView({ block, behavior: smooth ? "smooth" : "auto" });
  };
  // An answer is read from its start, with the question above it when that is short.
  let question = null, answer = null;
  const readFrom = (node, byPerson) => {
    // Somebody who reads further up is left there.
    if (!byPerson && !replays() && root.scrollHeight - scrollY > 3 * innerHeight) return;
    if (byPerson) { question = node; answer = null; return bringUp(node, "end"); }
    answer = answer || node;
    const short = question && question.offsetHeight < innerHeight / 4;
    bringUp(short ? question : answer, "start");
  };
  const show = (shown) => {
    if (shown.seq <= after) return;
    begin();
    let own = shown.id && bubbleOf(shown.id);
    if (own && shown.quiet) own = own.remove();
    const node = own || bubble(shown);
    // Moving a bubble would have it read out again.
    if (node !== firstOpen()) log.insertBefore(node, firstOpen());
    if (own) { unfate(own); own.dataset.seq = shown.seq; }
    after = shown.seq;
    $("attach").hidden = $("clip").hidden = !shown.files;
    if (shown.id) settle(shown.id);
    if (shown.author !== "person") waitFor(0);
    mine.active = !(mine.live = shown.quiet);
    if (shown.quiet && !shown.neutral) mine.seen = shown.seq;
    save();
    readFrom(node, shown.author === "person");
  };
  let typingEnds;
  const waitFor = (ms, who = "bot") => {
    clearTimeout(typingEnds);
    typing.lastElementChild.textContent = typing.dataset[who];
    typing.hidden = !ms;
    if (ms) typingEnds = setTimeout(() => { typing.hidden = true; }, ms);
  };

  // The outbox: kept on this device until the service says it is stored

  const settle = (id) => {
    const left = mine.outbox.filter((item) => item.id !== id);
    if (left.length !== mine.outbox.length) { mine.outbox = left; save(); }
  };
  const unfate = (node) => {
    node.classList.remove("held");
    node.querySelectorAll(".fate, .unsaved").forEach((old) => old.remove());
  };
  const fate = (id, word, held, message) => {
    const node = bubbleOf(id);
    if (!node || node.dataset.seq || node.dataset.fate === word) return;
    unfate(node);
    node.dataset.fate = word;
    node.classList.toggle("held", !!held);
    node.append(make("span", "fate", words[word]));
    if (!held) return;
    const beside = make("div", "unsaved");
    beside.append(make("p", "", message || words.dangerNow));
    beside.append($("numbers").firstElementChild.cloneNode(true));
    node.append(beside);
    bringUp(node, "end");
  };
  const queue = (item) => {
    mine.outbox.push(item);
    mine.active = true;
    save();
    draw(item);
    flush();
  };
  const draw = (item) => {
    const text = item.text || item.label;
    if (!text) return;
    begin();
    const node = bubble({ author: "person", text, id: item.id });
    log.append(node);
    fate(item.id, "sending");
    readFrom(node, true);
  };
  let flushing = false, wake = () => {};
  const flush = async () => {
    if (flushing) return wake();
    flushing = true;
    for (let tries = 0; mine.outbox.length;) {
      const item = mine.outbox[0];
      if (await deliver(item)) { tries = 0; continue; }
      const wait = Math.min(30000, 1000 * 2 ** tries++) * (0.7 + Math.random() * 0.6);
      await Promise.race([pause(wait), new Promise((done) => { wake = done; })]);
    }
    flushing = false;
  };
  // True: this one is settled, for good or ill. False: try again later with the same id.
  const deliver = async (item) => {
    const { id, text, action, country, place } = item;
    const body = JSON.stringify({ id, text: text || "", action: action || "", place: place || "", country, locale: lang });
    let answer, said = {};
    try {
      answer = await call("/chat/messages", { method: "POST", body }, GIVE_UP_MS).answer;
      said = await answer.json();
    } catch { /* lost on the way, or not from us: unknown, so it stays */ }
    if (said.stored) {
      fate(id, "received");
      settle(id);
      state.textContent = "";
      if (mine.outbox.length || !log.lastElementChild || !log.lastElementChild.matches(".bot")) waitFor(TYPING_MS);
      listen();
      return true;
    }
    if (!mine.outbox.includes(item)) return true; // the stream has shown it meanwhile
    const refused = answer && answer.status >= 400 && answer.status < 500 && ![408, 429].includes(answer.status);
    if (refused) {
      settle(id);
      fate(id, "failed", true, said.message);
      if (text && !box.value) box.value = text;
      return true;
    }
    fate(id, "kept", true, said.message);
    const node = bubbleOf(id);
    if (node && !item.warned) node.append(...(said.safety || []).map((shown) => bubble({ ...shown, seq: 0, id: "" })));
    item.warned = true;
    state.textContent = navigator.onLine ? "" : words.offline;
    return false;
  };

  // The stream of new bubbles; where streams do not get through, asking every few seconds

  let listening = false, current = null, hurry = () => {};
  let silent = 0; // streams in a row that brought nothing
  const listen = async () => {
    if (listening) return;
    listening = true;
    for (let round = 0; ; round++) {
      const polls = silent > 1 && round % 12; // now and then a stream again
      const closed = await (polls ? poll() : follow());
      if (closed) { forgetAll(); state.textContent = closed; return; }
      const wait = polls ? POLL_MS : 500;
      await Promise.race([pause(wait), new Promise((done) => { hurry = done; })]);
    }
  };
  const closedBy = async (answer) => answer.status === 403 ? (await answer.json()).message : "";
  const poll = async () => {
    try {
      const answer = await call("/chat/messages?after=" + after, {}, GIVE_UP_MS).answer;
      if (!answer.ok) return await closedBy(answer);
      const { messages } = await answer.json();
      messages.forEach(show);
    } catch { /* tried again */ }
  };
  const follow = async () => {
    const { stop, answer } = call("/chat/stream?after=" + after, {});
    current = stop;
    let quiet = setTimeout(() => stop.abort(), FIRST_MS);
    silent++;
    try {
      const response = await answer;
      if (!response.ok) return await closedBy(response);
      const reader = response.body.getReader();
      const decoder = new TextDecoder();
      for (let rest = ""; ;) {
        const { done, value } = await reader.read();
        if (done) return;
        silent = 0;
        clearTimeout(quiet);
        quiet = setTimeout(() => stop.abort(), QUIET_MS);
        const events = (rest + decoder.decode(value, { stream: true })).split("\n\n");
        rest = events.pop();
        events.forEach(take);
      }
    } catch { /* begun again from the cursor */ } finally { clearTimeout(quiet); }
  };
  const take = (event) => {
    if (event.startsWith("event: writing")) return waitFor(7000, "counsellor");
    const line = event.split("\n").find((part) => part.startsWith("data: "));
    if (line) show(JSON.parse(line.slice(6)));
  };

  // What people do on the page

  let lastPressed = form.querySelector(".send");
  document.addEventListener("click", (event) => {
    lastPressed = event.target.closest("button") || lastPressed;
    closeMenus(event.target);
  }, true);
  form.addEventListener("submit", (event) => {
    const pressed = event.submitter || lastPressed; // Safari before 15.4 does not say which
    if (pressed.hasAttribute("formaction")) return forgetAll();
    event.preventDefault();
    if (ended) return location.reload();
    const country = form.country.value;
    if (pressed.name === "switch") return changeLanguage(pressed.value);
    if (pressed.value === "P:h" || box.value === "/hide") return setTimeout(() => $("hide").click());
    if (pressed.name === "action") {
      const label = pressed.textContent;
      if (pressed.value === "N" && navigator.geolocation) return sendPlace(label, country);
      return queue({ id: newId(), action: pressed.value, label, country });
    }
    const text = box.value.trim();
    if (text) {
      box.value = mine.draft = "";
      queue({ id: newId(), text, country });
    }
    box.focus();
  });
  // Only on this press, rounded to about a kilometre, and not kept on this device either.
  const sendPlace = (label, country) => navigator.geolocation.getCurrentPosition(
    ({ coords }) => queue({ id: newId(), label, country,
      place: coords.latitude.toFixed(2) + "," + coords.longitude.toFixed(2) }),
    () => queue({ id: newId(), action: "N", label, country }),
    { enableHighAccuracy: false, timeout: 15000, maximumAge: 600000 });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    // On a touch screen Enter is a new line; the button sends.
    if (!matchMedia("(pointer: fine)").matches) return;
    event.preventDefault();
    form.querySelector(".send").click();
  });
  box.addEventListener("input", () => { mine.draft = box.value; save(); });
  // What shrinks and sends a photo is fetched only by whoever sends one.
  $("file").addEventListener("change", async () => {
    const picker = $("file"), file = picker.files[0];
    if (!file || ended) return;
    const page = { $, make, newId, bubbleOf, bringUp, fate, begin, waitFor, listen, log, lang, token: mine.token, isOver: () => ended };
    try {
      (await import(picker.form.dataset.script)).send(file, page);
      picker.value = "";
      mine.active = true;
      save();
    } catch { picker.form.submit(); }
  });
  const changeLanguage = (locale) => {
    mine.draft = box.value;
    if (mine.active) mine.outbox.push({ id: newId(), action: "language " + locale });
    save();
    const country = form.country.value;
    location.replace(`/?lang=${encodeURIComponent(locale)}` + (country && `&country=${encodeURIComponent(country)}`));
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector(".menu[open]");
    if (open) { open.open = false; open.firstElementChild.focus(); }
  });
  const closeMenus = (target) => document.querySelectorAll(".menu[open]").forEach((menu) => {
    if (!menu.contains(target)) menu.open = false;
  });

  // The exit

  let channel = null;
  try { channel = new BroadcastChannel("punte"); } catch { /* older browser: this tab only */ }
  const leave = (tellOthers) => {
    root.classList.add("cover");
    document.title = "\u200b";
    const headers = { "X-Punte-Token": mine.token };
    fetch("/leave", { method: "POST", headers, keepalive: true, redirect: "manual" }).catch(() => {});
    forgetAll();
    mine.outbox = [];
    log.replaceChildren();
    box.value = "";
    if (current) current.abort();
    if (tellOthers && channel) channel.postMessage("leave");
    const to = exitForm.dataset.to;
    try { window.top.location.replace(to); } catch { location.replace(to); }
  };
  exitForm.addEventListener("submit", (event) => { event.preventDefault(); leave(true); });
  if (channel) channel.onmessage = () => leave(false);
  // Three Shifts alone; a Shift that makes a capital letter is none.
  let alone = false, shifts = [];
  document.addEventListener("keydown", (event) => {
    alone = event.key === "Shift" && !event.repeat;
    if (event.key !== "Shift") shifts = [];
  });
  document.addEventListener("keyup", (event) => {
    if (event.key !== "Shift" || !alone) return;
    alone = false;
    const now = event.timeStamp;
    shifts = shifts.filter((at) => now - at < 5000).concat(now);
    if (shifts.length > 2) leave(true);
  });
  // A page that comes back from the browser's memory starts over, from what is kept.
  addEventListener("pageshow", (event) => { if (event.persisted) { root.classList.add("cover"); location.reload(); } });

  addEventListener("online", () => { state.textContent = ""; silent = 0; wake(); hurry(); });
  addEventListener("offline", () => { state.textContent = words.offline; if (current) current.abort(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { wake(); hurry(); } });

  mine.outbox.forEach(draw);
  if (mine.active) begin();
  if (mine.active || mine.live) listen();
  if (mine.outbox.length) flush();
})();
