// Files: chosen, dropped or pasted, stored by Gradio one after another, then reported to the app with the place they are for.

let filesFor = { place: "chat" };
const adding = new Set();  // what the app has not said the end of; a page that comes back after a restart tells of it
let interrupted = [];

function settle(html) {
  if (!adding.size || !html.includes('class="outcomes"')) return;
  for (const name of parse(html).querySelectorAll(".outcomes li:not(.waiting, .working) bdi")) adding.delete(name.textContent);
  for (const name of parse(html).querySelectorAll(".outcomes :is(.done, .unchanged) bdi")) chosenFiles.delete(name.textContent);
}

// A file as Gradio stores it, with how much of it has left; `upload` would not say.
function transfer(file, tell) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "gradio_api/upload");
    request.upload.onprogress = (event) => { if (event.lengthComputable) tell(event.loaded / event.total); };
    request.onload = () => {
      try {
        if (request.status !== 200) throw new Error(request.status);
        resolve(JSON.parse(request.responseText)[0]);
      } catch (error) { reject(error); }
    };
    request.onerror = request.onabort = () => reject(new Error("not sent"));
    const form = new FormData();
    form.append("files", file, file.name);
    request.send(form);
  });
}

// A line a file while they are sent; returns what tells how far one of them is.
function showSending(where, files) {
  const list = document.createElement("ul");
  list.className = "outcomes sending";
  const lines = files.map((file) => {
    const line = document.createElement("li");
    const name = document.createElement("bdi");
    name.textContent = file.name;
    line.append(name);
    list.append(line);
    return line;
  });
  where?.replaceChildren(list);
  return (index, fraction) => {
    const line = lines[index];
    if (!line.querySelector("progress")) {
      const said = document.createElement("span"), bar = document.createElement("progress");
      bar.max = 1;
      bar.setAttribute("aria-label", words.uploading);
      line.append(said, bar);
      line.scrollIntoView({ block: "nearest" });
    }
    line.querySelector("progress").value = fraction;
    line.querySelector("span").textContent = `${words.uploading} ${Math.round(100 * fraction)} %`;
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

async function sendFiles(files, place) {
  const sent = [], unsent = [];
  const where = state.page === "chat" ? slot("notice") : document.querySelector("#workshop .outcome-place");
  const tell = showSending(where, files);
  for (const file of files) {
    if (!/^(persona|tool)-/.test(place.place)) adding.add(file.name);  // what is taken there at once is told of no further
    chosenFiles.set(file.name, { file, place });
  }
  for (const [index, file] of files.entries()) {
    if (file.size > words.max_bytes) { sent.push({ name: file.name, path: "", bytes: file.size }); continue; }
    try {
      tell(index, 0);
      sent.push({ name: file.name, path: await transfer(file, (fraction) => tell(index, fraction)) });
    } catch {
      note(words.upload_failed.replace("{name}", file.name), retryButton(file.name));
      unsent.push(file.name);
    }
  }
  where?.querySelector(".sending")?.remove();
  if (sent.length) {
    while ("withForm" in place && asking) await new Promise((done) => setTimeout(done, 50));
    const data = along(place);
    send("files", { files: sent, ...data, ...place });
    if ("withForm" in place) holdBack(data);
  }
  if (unsent.length) await look();
  if (!lost) for (const name of unsent) adding.delete(name);
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
  house.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const found = zoneOf(event.target);
    found?.zone.classList.toggle("dropping", kind === "dragover");
    if (kind === "drop" && found) sendFiles([...event.dataTransfer.files], found.place);
  });
}

house.addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files || [])];
  if (!files.length || !event.target.closest?.("#composer") || !document.querySelector('#composer [data-do="attach"]')) return;
  event.preventDefault();
  sendFiles(files, { place: "chat" });
});
