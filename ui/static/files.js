// Files: chosen, dropped or pasted, stored by Gradio one after another, then reported to the app with the place they are for.

let filesFor = { place: "chat" };
const adding = new Set();  // what the app has not said the end of; a page that comes back after a restart tells of it
const queued = new Map();  // names by the event that put them into a queue, where they are safe once that is answered
let interrupted = [];

function settle(html) {
  const event = Number(/<!--(\d+)\.\d+-->$/.exec(html)?.[1]);
  if (queued.has(event) && html.includes("data-queued")) {
    for (const name of queued.get(event)) adding.delete(name);
    queued.delete(event);
  }
  if (!adding.size || !html.includes('class="outcomes"')) return;
  for (const name of parse(html).querySelectorAll(".outcomes li:not(.waiting, .working) bdi")) adding.delete(name.textContent);
  for (const name of parse(html).querySelectorAll(".outcomes :is(.done, .unchanged) bdi")) chosenFiles.delete(name.textContent);
}

// Files as Gradio stores them, with how much of them has left; `upload` would not say.
function transfer(files, tell) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "gradio_api/upload");
    request.upload.onprogress = (event) => { if (event.lengthComputable) tell(event.loaded / event.total); };
    request.onload = () => {
      try {
        if (request.status !== 200) throw new Error(request.status);
        resolve(JSON.parse(request.responseText));
      } catch (error) { reject(error); }
    };
    request.onerror = request.onabort = () => reject(new Error("not sent"));
    const form = new FormData();
    for (const file of files) form.append("files", file, file.name);
    request.send(form);
  });
}

// A line a file while they are sent, or one for all where they are many; returns what tells how far one of them is.
function showSending(where, files) {
  const list = document.createElement("ul");
  list.className = "outcomes sending";
  const many = files.length > MANY;
  const lines = files.slice(0, many ? 1 : files.length).map((file) => {
    const line = document.createElement("li");
    const name = document.createElement("bdi");
    name.textContent = file.name;
    line.append(name);
    list.append(line);
    return line;
  });
  where?.replaceChildren(list);
  return (index, fraction) => {
    const line = lines[many ? 0 : index];
    if (!line.querySelector("progress")) {
      const said = document.createElement("span"), bar = document.createElement("progress");
      bar.max = 1;
      bar.setAttribute("aria-label", words.uploading);
      line.append(said, bar);
      line.scrollIntoView({ block: "nearest" });
    }
    if (many) line.querySelector("bdi").textContent = files[index].name;
    line.querySelector("progress").value = many ? index / files.length : fraction;
    const far = many ? `${index + 1} / ${files.length}` : `${Math.round(100 * fraction)} %`;
    line.querySelector("span").textContent = `${words.uploading} ${far}`;
    if (where && !list.isConnected) where.append(list);
  };
}

function retryButton(name) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.do = "retry-file";
  button.dataset.name = name;
  button.textContent = words.knowledge_retry;
  return button;
}

const chosenFiles = new Map();  // by name, until they are added: one that failed can be sent again
acts["retry-file"] = (button) => {
  const found = chosenFiles.get(button.dataset.name);
  const zone = document.querySelector("#workshop [data-drop]");
  if (found) sendFiles([found.file], found.place);
  else chooseFiles(state.page !== "chat" && zone ? { ...zone.dataset } : { place: "chat" });
};

const MANY = 30;  // files from which on they are sent and put into the queue in groups of at most as many
const TOGETHER = 4_000_000;  // bytes of such a group that one request sends

// The files in their order, small ones of many together: a request for each of thousands would take minutes. A file's size is
// asked for only when it is its turn, since each asking waits for the disk.
function* together(files) {
  let group = [], bytes = 0;
  for (const file of files) {
    if (group.length && (files.length <= MANY || group.length === MANY || bytes + file.size > TOGETHER)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(file);
    bytes += file.size;
  }
  yield group;
}

// The paths of files as they are stored, "" for one that was not; where a group does not arrive, each is tried by itself.
async function stored(files, tell) {
  try {
    if (files.length) return await transfer(files, tell);
  } catch {
    if (files.length === 1) return [""];
    await look();
  }
  const paths = [];
  for (const file of files) paths.push(...(lost ? [""] : await stored([file], tell)));
  return paths;
}

async function sendFiles(files, place) {
  const unsent = [];
  const where = state.page === "chat" ? slot("notice") : document.querySelector("#workshop .outcome-place");
  const tell = showSending(where, files);
  for (const file of files) {
    if (!/^(persona|tool|collection)-/.test(place.place) && !file.name.toLowerCase().endsWith(".hearth-collection.zip")) adding.add(file.name);  // what is taken there at once is told of no further
    chosenFiles.set(file.name, { file, place });
  }
  const inQueue = place.place === "knowledge";
  let sent = [], begun = 0, handed = false;
  for (const group of files.length ? together(files) : []) {
    tell(begun, 0);
    const right = group.filter((file) => file.size <= words.max_bytes);
    const paths = await stored(right, (fraction) => tell(begun, fraction));
    for (const file of group) {
      const path = right.includes(file) ? paths[right.indexOf(file)] : "";
      if (path || !right.includes(file)) sent.push({ name: file.name, path, bytes: file.size });
      else {
        if (unsent.length < MANY) note(words.upload_failed.replace("{name}", file.name), retryButton(file.name));
        unsent.push(file.name);
      }
    }
    begun += group.length;
    if (lost) break;  // the page that comes after this one tells what was interrupted
    if (inQueue && files.length > MANY && sent.length) { hand(sent, place, handed); sent = []; handed = true; }
  }
  document.querySelector(".outcomes.sending")?.remove();
  if (sent.length) {
    while ("withForm" in place && asking) await new Promise((done) => setTimeout(done, 50));
    hand(sent, place, handed);
  }
  if (unsent.length) await look();
  if (!lost) for (const name of unsent) adding.delete(name);
}

// What was sent, handed over for the place it is for; `further` files of the same choice do not begin a new list there.
function hand(sent, place, further = false) {
  const data = along(place);
  send("files", { files: sent, further, ...data, ...place });
  if (place.place === "knowledge") queued.set(state.nonce, sent.map((file) => file.name));
  if ("withForm" in place) holdBack(data);
}

function chooseFiles(place) {
  filesFor = place;
  const input = slot("choose-files");
  input.accept = place.accept || "";
  input.value = "";
  input.click();
}

slot("choose-files").addEventListener("change", (event) => sendFiles([...event.target.files], filesFor));

// Where files may be dropped: what is marked so, and in a conversation anywhere.
function zoneOf(target) {
  const zone = target.closest?.("[data-drop]") || document.querySelector("#workshop [data-drop]");
  if (state.page !== "chat" && !target.closest?.("#desk")) return zone && { zone, place: { ...zone.dataset } };
  return document.querySelector('#composer [data-do="attach"]') && { zone: slot("desk"), place: { place: "chat" } };
}

for (const kind of ["dragover", "dragleave", "drop"]) {
  house.addEventListener(kind, async (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const found = zoneOf(event.target);
    found?.zone.classList.toggle("dropping", kind === "dragover");
    if (kind === "drop" && found) sendFiles(await dropped(event.dataTransfer), found.place);
  });
}

// The files that were dropped, those of folders too, which are named by their place there.
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.());
  if (!entries.some((entry) => entry?.isDirectory)) return [...transfer.files];
  const files = [];
  const walk = async (entry) => {
    if (entry.isFile) {
      const file = await new Promise((done, failed) => entry.file(done, failed));
      if (!file.name.startsWith(".")) files.push(new File([file], entry.fullPath.slice(1), { type: file.type }));
    } else {
      const reader = entry.createReader();
      for (let some; (some = await new Promise((done, failed) => reader.readEntries(done, failed))).length;) {
        for (const each of some) await walk(each);
      }
    }
  };
  for (const entry of entries) if (entry) await walk(entry);
  return files;
}

house.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files || [])];
  if (!files.length || !event.target.closest?.("#composer") || !document.querySelector('#composer [data-do="attach"]')) return;
  event.preventDefault();
  sendFiles(files, { place: "chat" });
});
