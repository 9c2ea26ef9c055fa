// Sends one file to a counsellor. A photo is drawn anew and smaller on this device first: that
// saves data, and leaves behind where and when it was taken. Fetched by punte.js when it is needed.
const LONGEST = 1600, QUALITY = 0.82, MOST = 5 * 1024 * 1024, GIVE_UP_MS = 90000, LOOK_MS = 200;

// What cannot be drawn here is sent as it is; the service takes out what it says about its maker.
const shrunk = async (file) => {
  if (!/^image\/(jpeg|png|webp|hei[cf]|avif|bmp|gif)$/.test(file.type) && file.type) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const photo = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
    return photo && photo.type === "image/jpeg" ? photo : file;
  } catch { return file; }
};

const sizeOf = ({ kb, mb }, bytes) => {
  const kilobytes = Math.ceil(bytes / 1024);
  return kilobytes < 1000 ? kb.replace("%", kilobytes) : mb.replace("%", Math.round(bytes / 104857.6) / 10);
};
const kindOf = (type) => type.startsWith("image/") || type.startsWith("video/") ? "photo"
  : type.startsWith("audio/") ? "voice" : "document";

export const send = async (file, page) => {
  const { $, make, log } = page, words = $("attach").dataset, id = page.newId();
  page.begin();
  const node = make("div", "msg person");
  node.dataset.id = id;
  node.append(make("span", "sr", log.dataset.you));
  const text = make("p");
  node.append(text);
  log.append(node);
  const small = await shrunk(file);
  text.textContent = words[kindOf(small.type || file.type)].replace("%", sizeOf(words, small.size));
  page.bringUp(node, "end");
  const again = (message, retry) => {
    page.fate(id, "failed", true, message);
    if (!retry) return;
    const button = make("button", "choice", words.retry);
    button.type = "button";
    button.addEventListener("click", () => { delete node.dataset.fate; post(); });
    const beside = node.querySelector(".unsaved");
    if (beside) beside.prepend(button);
  };
  const post = async () => {
    page.fate(id, "sending");
    const bar = make("progress");
    bar.max = 1;
    bar.setAttribute("aria-label", log.dataset.sending);
    node.append(bar);
    // The same id again: what arrived the first time is not stored twice.
    const { status, said } = await upload(small, id, page, bar);
    bar.remove();
    if (page.isOver() || node.dataset.seq) return;
    if (said.stored) {
      page.fate(id, "received");
      page.waitFor(0);
      page.listen();
    } else {
      again(said.message || log.dataset.offline, !status || status >= 500 || status === 408 || status === 429);
    }
  };
  if (small.size > MOST) return again(words.big, false);
  return post();
};

const upload = (file, id, page, bar) => new Promise((done) => {
  const form = new FormData(), call = new XMLHttpRequest();
  for (const [name, value] of [["upload", id], ["lang", page.lang], ["country", page.$("f").country.value]]) form.append(name, value);
  form.append("file", file, "file");
  call.open("POST", "/chat/files");
  call.timeout = GIVE_UP_MS;
  call.setRequestHeader("X-Punte-Token", page.token);
  call.setRequestHeader("Accept-Language", page.lang);
  call.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
  call.addEventListener("loadend", () => {
    let said = {};
    try { said = JSON.parse(call.responseText); } catch { /* lost on the way */ }
    done({ status: call.status, said });
  });
  // Somebody who leaves the page leaves nothing under way.
  const watch = setInterval(() => { if (page.isOver()) call.abort(); }, LOOK_MS);
  call.addEventListener("loadend", () => clearInterval(watch));
  call.send(form);
});
