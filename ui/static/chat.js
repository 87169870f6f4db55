// What people write: the message box with its draft, what was sent and may come back, and past messages that are changed.

const message = () => document.querySelector("#composer textarea");
const draftKey = () => "draft." + (state.conversation || state.persona || "new");

function fit() {
  const box = message();
  if (!box) return;
  box.placeholder = box.clientWidth < 460 ? box.dataset.short : box.dataset.long;
  box.style.height = "auto";
  box.style.height = Math.min(box.scrollHeight, 220) + "px";
}

function keepDraft() {
  const box = message();
  if (box) kept.set(draftKey(), box.value && box.value.length < 100_000 ? box.value : null);
}

function restoreDraft() {
  const box = message();
  if (!box) return;
  const key = draftKey();
  if (house.dataset.draft === key) return;
  const made = state.made === state.conversation;
  house.dataset.draft = key;
  if (made && box.value) keepDraft();  // typed while the first message made the conversation
  else box.value = kept.get(key) || "";
  fit();
  if (!narrow() && document.activeElement === document.body) box.focus({ preventScroll: true });
}

function say(words_) {
  if (!words_.trim() || house.classList.contains("busy")) return;
  player.unlock();
  slot("notice").replaceChildren();
  pinned = true;
  send("say", { text: words_ });
  state.sent = { text: words_, key: draftKey(), nonce: state.nonce };
  if (words_.length < 100_000) kept.set(state.sent.key, words_);  // a draft until the app has it
  setTimeout(() => { if (state.sent) look(); }, 1000);
}

function accepted() {
  kept.set(state.sent.key, null);
  state.sent = null;
  keepDraft();
}

// The app did not take the message: back into the box, unless something else was typed there.
function takeBack() {
  const box = message();
  if (state.sent && box && !box.value) { box.value = state.sent.text; fit(); keepDraft(); }
  state.sent = null;
}

function submit() {
  const box = message();
  const typed = box.value;
  if (!typed.trim() || house.classList.contains("busy")) return;
  box.value = "";
  fit();
  say(typed);
}

// A past message becomes a box; what is sent from there answers on a branch of its own.
let editing = null;
function editMessage(button) {
  editing?.close();
  const said = button.closest(".said");
  const bubble = said.querySelector(".bubble");
  const form = document.createElement("form");
  form.className = "edit";
  const box = document.createElement("textarea");
  box.value = bubble.textContent;
  box.setAttribute("aria-label", words.message);
  const row = document.createElement("div");
  row.className = "row";
  const done = document.createElement("button");
  done.type = "submit";
  done.className = "main";
  done.textContent = words.edit_send;
  const back = document.createElement("button");
  back.type = "button";
  back.textContent = words.cancel;
  row.append(back, done);
  form.append(box, row);
  said.dataset.keep = "";
  said.classList.add("editing");
  said.append(form);
  const close = () => {
    form.remove();
    delete said.dataset.keep;
    said.classList.remove("editing");
    editing = null;
    if (document.activeElement === document.body) said.querySelector('[data-do="edit"]')?.focus();
  };
  editing = { close, nonce: Infinity };
  back.onclick = close;
  form.onsubmit = (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (!box.value.trim() || house.classList.contains("busy")) return;
    player.unlock();
    pinned = true;
    send("edit", { position: button.dataset.position, text: box.value });
    editing.nonce = state.nonce;
  };
  box.onkeydown = (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); form.requestSubmit(); }
    if (event.key === "Escape") { event.stopPropagation(); close(); }
  };
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
}

function note(sentence, ...more) {
  const line = document.createElement("p");
  line.className = "note bad";
  line.setAttribute("role", "alert");
  line.append(sentence, ...more);
  (state.page === "chat" ? slot("notice") : document.querySelector("#workshop .outcome-place") || slot("notice")).append(line);
}
