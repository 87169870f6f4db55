// The workshop pages: forms that save themselves, lists that are filtered, tabs, what is looked at again and again.
// What the attributes mean:
//   form[data-autosave]   sends its fields a moment after a change, one save after the other
//   [data-with-form]      on a button or a place for files: sends that form's fields along, so that the act overtakes nothing typed
//   [data-here]           says which thing the page shows now, where an act opened or closed one
//   [data-filter]         filters the items of the list it stands in
//   [data-tabs]           shows one of its [data-in] bodies; which one is remembered by the value
//   [data-asked]          holds what was searched for: a repaint that only tells how far things are ([data-passing]) leaves it
//   [data-poll]           while it is in view, the page sends the action "poll" once a second

// ---- forms ----------------------------------------------------------------------------------------------------------

const SAVE_AFTER_MS = 700;
const unsaved = new Map();  // form by its key -> timer
let asking = 0;  // the event of an act that is not answered yet
let flying = null;  // what it saves, for the page that comes after this one
const line = [];  // acts that wait for that answer

function fieldsOf(form) {
  const fields = {};
  for (const control of form.elements) {
    if (!control.name || control.type === "file") continue;
    fields[control.name] ||= [];
    if (control.type !== "checkbox" && control.type !== "radio" || control.checked) fields[control.name].push(control.value);
  }
  return fields;
}

// A form with words that were not sent yet stays through any repaint: its save will tell whether others changed the same thing.
// What it saved itself is no change of others: these words go on from there.
function keepUnsaved(content) {
  const saved = flying && state.answering === flying.nonce ? flying.data.key : null;
  for (const form of unsaved.keys()) {
    const next = form.isConnected && content.querySelector(`form[data-autosave][data-id="${CSS.escape(form.dataset.id)}"]`);
    if (!next) continue;
    if (form.dataset.key !== saved) next.dataset.revision = form.dataset.revision;
    next.dataset.key = form.dataset.key;
  }
}

function later(form, wait = SAVE_AFTER_MS) {
  clearTimeout(unsaved.get(form));
  const told = form.closest(".open-thing, .shop")?.querySelector(".saved");
  if (told) told.textContent = words.saving;
  unsaved.set(form, setTimeout(() => save(form), wait));
}

function save(form) {
  if (asking) { later(form, 200); return; }
  saveNow(form);
}

function saveNow(form) {
  clearTimeout(unsaved.get(form));
  unsaved.delete(form);
  if (!form.isConnected) return;
  const data = filled(form);
  send("workshop", data);
  holdBack(data);
}

const filled = (form) => ({ page: state.page, thing: state.thing, ...form.dataset, fields: fieldsOf(form) });

// Before the page is left: what was pressed is done, and what was typed is saved as it is.
function settleForms() {
  while (line.length) line.shift()();
  for (const form of [...unsaved.keys()]) saveNow(form);
}

function along(data) {
  const form = "withForm" in data && document.querySelector("#workshop form[data-autosave]");
  if (!form) return {};
  clearTimeout(unsaved.get(form));
  unsaved.delete(form);
  return filled(form);
}

// One act at a time: of two answers that come together the page may get only one, and a save needs the revision that the act
// before it brings.
function ask(data, sent = () => {}) {
  const act = { page: state.page, thing: state.thing, ...data };
  line.push(() => {
    const form = along(act);
    send("workshop", { ...form, ...act });
    holdBack(form);
    sent();
  });
  nextInLine();
}

function nextInLine() {
  if (!asking) line.shift()?.();
}

function answered(nonce = state.answering) {
  if (nonce >= asking) asking = 0;
  nextInLine();
}

// Until it is answered nothing else is asked.
function holdBack(data) {
  const mine = asking = state.nonce;
  flying = data.fields ? { nonce: mine, data } : null;
  setTimeout(() => { if (asking === mine) { asking = 0; nextInLine(); } }, 10_000);
}

// The page is drawn anew from what is kept: first what was typed is kept.
function onceSaved(then) {
  settleForms();
  const wait = () => { if (asking) setTimeout(wait, 50); else then(); };
  wait();
}

let submitting = 0;
function submitForm(form) {
  if ("autosave" in form.dataset) { later(form, 0); return; }
  if (state.submitted) return;
  const simple = Object.fromEntries([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  state.submitted = { nonce: Infinity, form };
  ask({ ...form.dataset, ...simple, fields: fieldsOf(form) }, () => { state.submitted = { nonce: state.nonce, form }; });
  clearTimeout(submitting);
  submitting = setTimeout(() => { state.submitted = null; }, 10_000);
}

function typed(target) {
  if (target.type === "range") target.parentElement.querySelector("output").textContent = target.value;
  if ("filter" in target.dataset) filter(target);
  const form = target.closest("form[data-autosave]");
  if (form && target.name) later(form);
}

function changed(target) {
  const form = target.closest("form[data-autosave]");
  if (form && target.name) later(form, 100);
  else if (!target.form && target.dataset.do === "workshop") {
    ask({ ...target.dataset, on: target.type === "checkbox" ? target.checked : undefined, value: target.value });
  }
}

window.addEventListener("pagehide", () => {
  const left = [...unsaved.keys()].filter((form) => form.isConnected).map(filled);
  // A save that is not answered may never have been sent. One that was changes nothing when it comes again.
  if (flying && !left.length) left.push(flying.data);
  if (left.length) passing.put("unsaved", left);
});

function sendUnsaved() {
  for (const data of passing.take("unsaved") || []) {
    send("workshop", data);
    holdBack(data);
  }
}

// ---- after every repaint --------------------------------------------------------------------------------------------

function worked() {
  if (flying && state.answering >= flying.nonce) flying = null;
  if (state.submitted && state.answering >= state.submitted.nonce) {
    if (!document.querySelector("#workshop [data-refused]") && "reset" in state.submitted.form.dataset) state.submitted.form.reset();
    state.submitted = null;
  }
  const here = document.querySelector("#workshop [data-here]");
  if (here && here.dataset.here !== state.thing && state.answering >= state.visiting) moved(here.dataset.here);
  for (const input of document.querySelectorAll("#workshop [data-filter]")) filter(input);
  for (const box of document.querySelectorAll("#workshop [data-tabs]")) showTab(box);
  drawParameters();
  markChosen();
  tellRestored();
  document.querySelector("#workshop .passages [aria-current]")?.scrollIntoView({ block: "nearest" });
  if (state.look) document.querySelector("#workshop [data-look]")?.scrollIntoView({ block: "nearest" });
  document.querySelector("#workshop [data-show] mark")?.scrollIntoView({ block: "center" });
  answered();
  poll();
}

// An act opened or closed a thing: the address and the shape of the page follow, without another visit.
function moved(thing) {
  state.thing = thing;
  remember(state.answering === state.visiting);  // the address named something that is not there any more
  house.dataset.view = state.page === "personas" && thing ? "both" : "shop";
  house.classList.remove("trying");
  document.querySelector("#workshop .outcome-place:not(:empty)")?.scrollIntoView({ block: "center" });
}

function filter(input) {
  const wanted = input.value.trim().toLowerCase();
  const list = input.closest(".pick")?.querySelector(".items");
  if (!list) return;
  let shown = 0;
  for (const item of list.querySelectorAll("a, button")) {
    item.hidden = Boolean(wanted) && !item.textContent.toLowerCase().includes(wanted);
    shown += !item.hidden;
  }
  for (const group of list.querySelectorAll("section")) group.hidden = Boolean(wanted) && !group.querySelector("a:not([hidden]), button:not([hidden])");
  let none = list.querySelector(".none");
  if (wanted && !shown && !none) {
    none = document.createElement("p");
    none.className = "none";
    none.textContent = words.nothing_fits;
    list.append(none);
  } else if (shown) none?.remove();
}

// ---- tabs -----------------------------------------------------------------------------------------------------------

const chosen = {};

function showTab(box) {
  const tabs = [...box.querySelectorAll(":scope > [role=tablist] > [role=tab]")];
  const current = tabs.find((tab) => tab.dataset.section === chosen[box.dataset.tabs]) || tabs[0];
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", String(tab === current));
    tab.tabIndex = tab === current ? 0 : -1;
  }
  for (const body of box.querySelectorAll(":scope > [data-in]")) body.hidden = body.dataset.in !== current?.dataset.section;
}

function choose(tab) {
  const box = tab.closest("[data-tabs]");
  chosen[box.dataset.tabs] = tab.dataset.section;
  showTab(box);
  tab.scrollIntoView({ block: "nearest", inline: "nearest" });
}

house.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[role=tab]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  const tabs = [...tab.parentElement.querySelectorAll("[role=tab]")];
  const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
  event.preventDefault();
  next.click();
  next.focus();
});

// ---- what moves by itself -------------------------------------------------------------------------------------------

let polling = 0;

function poll() {
  clearTimeout(polling);
  if (!document.querySelector("#workshop [data-poll]")) return;
  polling = setTimeout(() => {
    if (document.hidden || house.dataset.view === "chat" || unsaved.size || asking) poll();
    else ask({ action: "poll" });
  }, 1000);
}

