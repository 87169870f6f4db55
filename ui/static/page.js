// The page's own script: it paints what the server renders and reports what people do. It makes no HTML from text of its own.
// Runs once, as the `js_on_load` of the bridge component: `trigger(event, data)` reaches Python, `upload(file)` stores a file.

const house = document.getElementById("house");
const slot = (name) => document.getElementById(name);
const kept = {
  get: (key) => { try { return localStorage.getItem("hearth." + key); } catch { return null; } },
  set: (key, value) => {
    try { value === null ? localStorage.removeItem("hearth." + key) : localStorage.setItem("hearth." + key, value); } catch { /* private window */ }
  },
};
const passing = {  // for this page alone, from one load to the next
  put: (key, value) => { try { sessionStorage.setItem("hearth." + key, JSON.stringify(value)); } catch { /* private window */ } },
  take: (key) => {
    try {
      const value = sessionStorage.getItem("hearth." + key);
      sessionStorage.removeItem("hearth." + key);
      return JSON.parse(value);
    } catch { return null; }
  },
};
const narrow = () => window.matchMedia("(max-width: 900px)").matches;
const state = { page: "chat", conversation: "", persona: "", thing: "", real: {}, nonce: 0, visiting: 0, answering: 0, made: "", sent: null, answered: false };
let words = {};

function language() {
  return kept.get("language") || ((navigator.language || "en").toLowerCase().startsWith("zh") ? "zh" : "en");
}

function send(event, data = {}) {
  state.nonce += 1;
  trigger(event, {
    page: state.page, thing: state.thing, conversation: state.conversation, persona: state.persona, language: language(), nonce: state.nonce,
    query: searched(), day: new Date().toLocaleDateString("en-CA"), zone: new Date().getTimezoneOffset(), ...data,
  });
}

// ---- painting -------------------------------------------------------------------------------------------------------

function morph(from, to) {
  const keyed = new Map();
  for (const child of from.children) if (child.dataset.key) keyed.set(child.dataset.key, child);
  let at = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const key = wanted.nodeType === 1 && wanted.dataset.key;
    const same = key ? keyed.get(key) : at;
    if (same && alike(same, wanted) && (key || !(same.nodeType === 1 && same.dataset.key))) {
      if (same !== at) from.insertBefore(same, at);
      else at = at.nextSibling;
      change(same, wanted);
    } else {
      from.insertBefore(wanted, at);
    }
  }
  while (at) { const next = at.nextSibling; at.remove(); at = next; }
}

// A field that bears another name now is another field: what was typed in it is not the other's.
function alike(old, wanted) {
  if (old.nodeType !== wanted.nodeType || old.nodeName !== wanted.nodeName) return false;
  return old.nodeType !== 1 || old.getAttribute("name") === wanted.getAttribute("name");
}

function change(old, wanted) {
  if (old.nodeType !== 1) {
    if (old.data !== wanted.data) old.data = wanted.data;
    return;
  }
  if ("keep" in old.dataset || ("passing" in wanted.dataset && "asked" in old.dataset)) return;
  for (const { name } of [...old.attributes]) {
    if (!wanted.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS") && name !== "style") old.removeAttribute(name);
  }
  for (const { name, value } of wanted.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  if (old.type === "checkbox" && !old.form) old.checked = wanted.hasAttribute("checked");
  if (old.nodeName !== "TEXTAREA") morph(old, wanted);
}

function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

let lastSources = "";
const painters = {
  workshop(content) {
    state.look = Boolean(content.querySelector("[data-look]"));
    keepUnsaved(content);
  },
  header(content) {
    const sheet = content.querySelector("[data-words]");
    if (sheet) words = JSON.parse(sheet.dataset.words);
    state.answered = true;
    document.documentElement.lang = language() === "zh" ? "zh-CN" : "en";
  },
  title(content) {
    const place = content.querySelector("[data-place]");
    if (!place) return;
    const { conversation, persona, run } = place.dataset;
    if (conversation !== state.conversation) {
      state.conversation = conversation;
      state.made = state.answering > state.visiting ? conversation : "";
      remember();
    }
    state.persona = persona;
    if (conversation && state.page === "chat") kept.set("last", conversation);
    if (run) channel?.postMessage({ conversation, run });
    if (run && kept.get("speak." + conversation) === "1") player.play(run, true);
  },
  talk() {
    if (editing && state.answering >= editing.nonce) editing.close();
  },
  panel(content, html) {
    const shown = content.querySelector("[data-show]");
    if (!shown) lastSources = html;
    if (content.querySelector("[data-auto]") && !narrow() && kept.get("panel") !== "closed") open("panel", true);
  },
  download(content) {
    const file = content.querySelector("[data-name]");
    if (!file) return;
    const link = document.createElement("a");
    link.href = file.getAttribute("href") || URL.createObjectURL(new Blob([file.textContent], { type: "text/plain;charset=utf-8" }));
    link.download = file.dataset.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  },
};

// Every update says which event it answers and its place in the server's order. What answers an event from before the last
// change of place is late, and so is what was rendered before something that is shown already.
const shown = {};
function late(name, html) {
  const [, nonce, order] = html.match(/<!--(\d+)\.(\d+)-->$/) || [0, 0, 0];
  // The last of an event's updates comes twice: Gradio tells the end of the event with it.
  if (Number(nonce) < state.visiting || (Number(order) && Number(order) <= (shown[name] || 0))) {
    if (name === "workshop") answered(Number(nonce));
    return true;
  }
  shown[name] = Number(order);
  state.answering = Number(nonce);
  return false;
}

function paint(name, html) {
  const target = slot(name);
  if (!target || !html) return;
  const content = parse(html);
  painters[name]?.(content, html);
  const held = target.contains(document.activeElement) ? marks(document.activeElement) : null;
  morph(target, content);
  after(name);
  if (held && document.activeElement === document.body) again(target, held);
}

// Whoever works with the keyboard stays where they were: on what took the place of what was pressed, else on the part itself.
const marks = (element) => ["do", "action", "id", "thing", "key", "section"].map((name) => element.dataset[name] || "").join("|") + (element.name || "");
function again(target, held) {
  const same = [...target.querySelectorAll("a, button, input, select, textarea, summary")].find((element) => marks(element) === held);
  if (same) same.focus({ preventScroll: true });
  else nextTo(target.id);
}

// The conversation stays at its newest words, whatever changes its height, until somebody scrolls up.
let pinned = true;
const below = () => slot("scroll").scrollHeight - slot("scroll").scrollTop - slot("scroll").clientHeight;
function hold() {
  const scroll = slot("scroll");
  if (house.classList.contains("empty")) scroll.scrollTop = 0;
  else if (pinned) scroll.scrollTop = scroll.scrollHeight;
  away();
}
new ResizeObserver(hold).observe(slot("column"));
new ResizeObserver(hold).observe(slot("scroll"));

function after(name) {
  if (name === "talk" && state.sent && state.answering >= state.sent.nonce) accepted();
  if (name === "talk") tellRestored();
  if (name === "talk" || name === "live") {
    house.classList.toggle("busy", Boolean(document.querySelector("#live [data-live]")));
    if (name === "talk") house.classList.toggle("empty", Boolean(document.querySelector("#talk .gallery, #talk .opening")));
    hold();
  }
  if (name === "title") { markSpeaking(); restoreDraft(); }
  if (name === "panel") {
    showPane(house.dataset.tab);
    document.querySelector("#panel [data-show] mark")?.scrollIntoView({ block: "center" });
  }
  if (name === "workshop") worked();
  if (name === "composer") { restoreDraft(); fit(); }
  if (name === "notice") {
    const refused = document.querySelector("#notice [data-refused]");
    if (refused) takeBack();
    else if (state.sent && document.querySelector("#notice > *")) accepted();
    answered();  // an act that failed tells nothing but that
  }
  if (name === "header") house.classList.add("ready");
}

const parts = (window.hearthParts ||= {});
window.hearthPaint = (name) => {
  settle(parts[name].value || "");
  if (!late(name, parts[name].value)) paint(name, parts[name].value);
};

// ---- where we are ---------------------------------------------------------------------------------------------------

function remember(replace = false) {
  const query = new URLSearchParams();
  if (state.page !== "chat") {
    query.set("at", state.page);  // "page" is Gradio's own
    if (state.thing) query.set("id", state.thing);
  }
  else if (state.conversation) query.set("c", state.conversation);
  else if (state.persona) query.set("p", state.persona);
  const address = location.pathname + (query.size ? "?" + query : "");
  if (address !== location.pathname + location.search) history[replace ? "replaceState" : "pushState"](null, "", address);
}

function arrive(first = false) {
  const query = new URLSearchParams(location.search);
  settleForms();
  state.page = query.get("at") || "chat";
  state.thing = query.get("id") || "";
  state.conversation = query.get("c") || "";
  state.persona = query.get("p") || "";
  if (first) interrupted = passing.take("interrupted") || [];
  if (first) state.real = { conversation: kept.get("last") || "", persona: "" };
  if (first && state.page === "chat" && !state.persona) state.conversation ||= state.real.conversation;
  visit();
  if (first) sendUnsaved();
}

function visit(data = {}) {
  Object.assign(state, data);
  house.dataset.page = state.page;
  house.dataset.view = state.page === "chat" ? "chat" : state.page === "personas" && state.thing ? "both" : "shop";
  house.classList.remove("drawer", "trying");
  pinned = true;
  player.stop();
  send("visit", state.answered ? {} : { interrupted });
  state.visiting = state.nonce;
}

function go(data) {
  settleForms();
  if (house.dataset.view === "chat") state.real = { conversation: state.conversation, persona: state.persona };
  Object.assign(state, state.real, { thing: "" }, data);  // beside an editor stands a test conversation, which is left there
  remember();
  visit();
}

function showPane(name) {
  house.dataset.tab = name;
  for (const tab of slot("panel").querySelectorAll("[data-tab]")) tab.setAttribute("aria-pressed", String(tab.dataset.tab === name));
}

function open(what, yes) {
  house.classList.toggle(what + "-open", yes);
}

// ---- what can be pressed --------------------------------------------------------------------------------------------

async function copy(button, source) {
  const copied = source.innerText.trim();
  try {
    await navigator.clipboard.writeText(copied);
  } catch {  // no clipboard for a page that came over plain http from another machine
    const box = document.createElement("textarea");
    box.value = copied;
    house.append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
  button.classList.add("done");
  button.dataset.told = words.copied;
  setTimeout(() => { button.classList.remove("done"); delete button.dataset.told; }, 1600);
}

function passageOf(button) {
  if (button.dataset.passage) return button.dataset.passage;
  return button.closest("[data-passages]")?.dataset.passages.split(",")[Number(button.dataset.n) - 1];
}

function rename(button) {
  const item = button.closest("li");
  const input = document.createElement("input");
  input.value = button.dataset.title;
  input.setAttribute("aria-label", button.textContent);
  item.dataset.keep = "";
  const link = item.querySelector("a");
  item.querySelector("details").open = false;
  link.hidden = true;
  item.prepend(input);
  input.select();
  let ended = false;
  const done = (save) => {
    if (ended) return;
    ended = true;
    input.remove();
    link.hidden = false;
    delete item.dataset.keep;
    if (save && input.value.trim() && input.value !== button.dataset.title) {
      send("chats", { action: "rename", id: button.dataset.id, title: input.value });
    }
  };
  input.onkeydown = (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.stopPropagation();
    done(event.key === "Enter");
    link.focus();
  };
  input.onblur = () => done(true);
}

// What stands in the open fields of the card is what is allowed. The answer paints the card anew; until then it is pressed once.
function decide(button, decision) {
  const card = button.closest("[data-call]");
  const form = card.querySelector("details.change[open] form");
  for (const each of card.querySelectorAll("button")) each.disabled = true;
  pinned = true;
  const asked = { call: card.dataset.call, tool: card.dataset.tool };
  send("decide", { ...decision, ...asked, ...(form && decision.allowed ? { fields: fieldsOf(form) } : {}) });
}

const searched = () => document.querySelector("#sidebar input[type=search]")?.value || "";

function chats(action) {
  return (button) => {
    if (action === "delete" && button.dataset.id === state.conversation) {
      kept.set("last", null);
      go({ page: "chat", conversation: "" });
    }
    send("chats", { action, id: button.dataset.id });
  };
}

const acts = {
  page: (button) => go({ page: button.dataset.page }),
  thing: (button) => go({ page: button.dataset.page || state.page, thing: button.dataset.thing }),
  try: () => house.classList.toggle("trying"),
  section: (button) => choose(button),
  language: () => {
    kept.set("language", language() === "zh" ? "en" : "zh");
    house.classList.add("relabel");
    onceSaved(() => visit());
  },
  theme: () => {
    const dark = getComputedStyle(house).getPropertyValue("--is-dark").trim() === "1";
    kept.set("theme", dark ? "light" : "dark");
    document.documentElement.dataset.theme = dark ? "light" : "dark";
  },
  drawer: () => house.classList.toggle("drawer"),
  new: () => go({ page: "chat", conversation: "", persona: "" }),
  open: (button) => go({ page: "chat", conversation: button.dataset.id, persona: "" }),
  persona: (button) => { go({ page: "chat", conversation: "", persona: button.dataset.persona }); },
  starter: (button) => say(button.textContent),
  stop: () => send("stop"),
  regenerate: (button) => { player.unlock(); pinned = true; send("again", { position: button.dataset.position || "" }); },
  edit: editMessage,
  version: (button) => send("version", { position: button.dataset.position }),
  feedback: (button) => send("feedback", { run: button.dataset.run, verdict: button.getAttribute("aria-pressed") === "true" ? "" : button.dataset.verdict }),
  steps: (button) => {
    showPane("steps");
    open("panel", true);
    send("steps", { run: button.dataset.run, step: button.dataset.step || "" });
  },
  clear: () => send("clear"),
  allow: (button) => decide(button, { allowed: true }),
  always: (button) => decide(button, { allowed: true, always: true }),
  deny: (button) => decide(button, { allowed: false }),
  attach: () => chooseFiles({ place: "chat" }),
  detach: (button) => send("attached", { action: "remove", document: button.dataset.document, name: button.dataset.name }),
  "restore-attached": (button) => send("attached", { action: "restore", document: button.dataset.id }),
  "choose-files": (button) => chooseFiles({ ...button.dataset }),
  copy: (button) => copy(button, button.closest(".body").querySelector(".text:last-of-type") || button.closest(".body")),
  "copy-code": (button) => copy(button, button.closest("figure").querySelector("code")),
  cite: (button) => {
    const passage = passageOf(button);
    if (!passage) return;
    showPane("sources");
    open("panel", true);
    send("source", { passage });
  },
  panel: () => {
    const yes = !house.classList.contains("panel-open");
    open("panel", yes);
    if (!narrow()) kept.set("panel", yes ? "open" : "closed");
  },
  "panel-close": () => { open("panel", false); if (!narrow()) kept.set("panel", "closed"); },
  "panel-back": () => paint("panel", lastSources),
  tab: (button) => showPane(button.dataset.tab),
  newest: () => { pinned = true; hold(); },
  rename,
  delete: chats("delete"),
  "delete-all": (button) => {
    if (!button.dataset.asked) { button.dataset.asked = "1"; button.textContent = button.dataset.sure; return; }
    kept.set("last", null);
    go({ page: "chat", conversation: "", persona: "" });
    send("chats", { action: "delete-all" });
  },
  restore: chats("restore"),
  "export-json": chats("export-json"),
  "export-markdown": chats("export-markdown"),
  import: () => { slot("choose-import").value = ""; slot("choose-import").click(); },
  speak: (button) => player.toggle(button.dataset.run),
  "always-speak": () => {
    const key = "speak." + state.conversation;
    const yes = kept.get(key) !== "1";
    kept.set(key, yes ? "1" : null);
    if (yes) player.unlock(); else player.stop();
    markSpeaking();
  },
  workshop: (button) => ask(button.dataset),
};

function markSpeaking() {
  const toggle = document.querySelector('[data-do="always-speak"]');
  toggle?.setAttribute("aria-pressed", String(kept.get("speak." + state.conversation) === "1"));
}

function away() {
  slot("newest").hidden = below() < 160 || house.classList.contains("empty");
}

house.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  for (const menu of house.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (!button) {
    if (event.target === slot("shade")) { house.classList.remove("drawer"); open("panel", false); }
    return;
  }
  const act = acts[button.dataset.do];
  if (!act || button.nodeName === "INPUT" || button.nodeName === "FORM") return;
  if (button.nodeName === "A" && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
  event.preventDefault();
  const menu = button.closest("details.menu[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus({ preventScroll: true }); }
  act(button);
});

house.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.closest("#composer")) submit();
  else if (form.dataset.do === "why") send("feedback", { ...form.dataset, reason: form.elements.reason.value, consent: form.elements.consent?.checked ? "yes" : "" });
  else if (form.dataset.do === "workshop") submitForm(form);
  else if (form.dataset.do === "sign-in") signIn(form);
});

house.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.target === message() && event.key === "Enter" && !event.shiftKey) { event.preventDefault(); submit(); }
  if (event.key === "Escape") { house.classList.remove("drawer"); if (narrow()) open("panel", false); }
});

house.addEventListener("change", (event) => changed(event.target));

let searching = 0;
house.addEventListener("input", (event) => {
  if (event.target === message()) { fit(); keepDraft(); }
  typed(event.target);
  if (event.target.dataset.do === "search-chats") {
    clearTimeout(searching);
    searching = setTimeout(() => send("chats", { action: "search" }), 250);
  }
});

slot("scroll").addEventListener("scroll", () => { pinned = below() < 60; away(); }, { passive: true });
slot("choose-import").addEventListener("change", async (event) => {
  const file = event.target.files[0];
  if (file) send("chats", { action: "import", text: await file.text(), query: "" });
});

window.addEventListener("popstate", () => arrive());
window.addEventListener("resize", fit);

// ---- other tabs, and a server that went away ------------------------------------------------------------------------

const channel = "BroadcastChannel" in window ? new BroadcastChannel("hearth") : null;
channel?.addEventListener("message", ({ data }) => {
  const idle = !house.classList.contains("busy");
  if (idle && state.page === "chat" && data.conversation && data.conversation === state.conversation) visit();
});

let lost = false;
let looking = 0;
let known = ""; // which start of the app this page belongs to
async function look() {
  try {
    const answer = await fetch("healthz", { cache: "no-store" });
    const start = answer.headers.get("x-hearth-start") || known;
    // A restart may be over before it was noticed; what was followed then is not followed any more.
    if (lost || (known && start !== known)) {
      passing.put("interrupted", [...adding]);
      if (!lost && start.split("-")[0] === known.split("-")[0]) wasRestored();
      location.reload();
      return;
    }
    known = start;
  } catch {
    lost = true;
    house.classList.add("lost");
    takeBack();
    slot("lost").textContent = words.lost;
    slot("lost").hidden = false;
  }
  clearTimeout(looking);
  looking = setTimeout(look, lost ? 1000 : 5000);
}
look();

setInterval(() => {
  if (document.querySelector("#header .model.loading") && !document.hidden && !asking) send("status");
}, 1000);

// ---- start ----------------------------------------------------------------------------------------------------------

if (kept.get("theme")) document.documentElement.dataset.theme = kept.get("theme");
setTimeout(() => arrive(true), 0);
setTimeout(() => { if (!state.answered) visit(); }, 4000);
