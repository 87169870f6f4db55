// Files: chosen, dropped or pasted, stored by Gradio one after another, then reported to the app with the place they are for.

let filesFor = { place: "chat" };
const adding = new Set();  // what the app has not said the end of; a page that comes back after a restart tells of it
let interrupted = [];

function settle(html) {
  if (!adding.size || !html.includes('class="outcomes"')) return;
  for (const name of parse(html).querySelectorAll(".outcomes li:not(.waiting, .working) bdi")) adding.delete(name.textContent);
}

async function sendFiles(files, place) {
  const sent = [], unsent = [];
  const where = state.page === "chat" ? slot("notice") : document.querySelector("#workshop .outcome-place");
  const line = document.createElement("p");
  line.className = "note";
  line.textContent = words.uploading;
  where?.replaceChildren(line);
  for (const file of files) adding.add(file.name);
  for (const file of files) {
    if (file.size > words.max_bytes) { sent.push({ name: file.name, path: "", bytes: file.size }); continue; }
    try {
      const stored = await upload(file);
      sent.push({ name: file.name, path: stored.path });
    } catch {
      note(words.upload_failed.replace("{name}", file.name));
      unsent.push(file.name);
    }
  }
  line.remove();
  if (sent.length) {
    while ("withForm" in place && saving) await new Promise((done) => setTimeout(done, 50));
    send("files", { files: sent, ...along(place), ...place });
    if ("withForm" in place) holdBack();
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
