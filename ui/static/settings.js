// The settings page: what the browser keeps, signing in and out, a backup sent back.

const framed = window.self !== window.top ? "?framed=1" : "";  // a script's request does not tell it, and the cookie depends on it

// Which of several buttons is on, where only the browser knows.
function markChosen() {
  const now = { "language-is": language(), "theme-is": kept.get("theme") || "" };
  for (const button of document.querySelectorAll("#workshop .segments [data-do]")) {
    button.setAttribute("aria-pressed", String(now[button.dataset.do] === button.dataset.value));
  }
}

acts["language-is"] = (button) => { if (button.dataset.value !== language()) acts.language(); };
acts["theme-is"] = (button) => {
  const theme = button.dataset.value;
  kept.set("theme", theme || null);
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  markChosen();
};

acts["delete-mine"] = (button) => {
  forgetDrafts();
  kept.set("last", null);
  state.conversation = "";
  state.real = { conversation: "", persona: "" };
  ask(button.dataset);
};

function forgetDrafts() {
  try {
    for (const key of Object.keys(localStorage)) if (/^hearth\.(draft|speak)\b/.test(key)) localStorage.removeItem(key);
  } catch { /* private window */ }
}

async function knock(path, headers = {}) {
  const answer = await fetch(path + framed, { method: "POST", headers: { "accept-language": language(), ...headers } });
  if (answer.ok) { location.reload(); return ""; }
  return await answer.text();
}

async function signIn(form) {
  const problem = form.querySelector("[role=alert]");
  const token = form.elements.token;
  problem.hidden = true;
  try {
    problem.textContent = await knock("sign-in", { "x-hearth-token": encodeURIComponent(token.value.trim()) });
  } catch {
    problem.textContent = form.dataset.failed;
  }
  problem.hidden = !problem.textContent;
  if (problem.textContent) { token.select(); token.focus(); }
}

acts["sign-out"] = () => knock("sign-out").catch(() => look());

// A backup may be gigabytes: it goes as it is, and the page tells how far it is.
acts["restore-backup"] = (button) => {
  const chooser = button.parentElement.querySelector("input");
  chooser.value = "";
  chooser.onchange = () => chooser.files[0] && restoreFrom(chooser.files[0], button.parentElement);
  chooser.click();
};

function restoreFrom(file, row) {
  const told = row.querySelector("[role=status]");
  const button = row.querySelector("button");
  const request = new XMLHttpRequest();
  const ended = (sentence) => {
    button.disabled = false;
    told.textContent = sentence;
    told.className = "note bad";
  };
  button.disabled = true;
  told.className = "note";
  request.upload.onprogress = ({ loaded, total }) => {
    const percent = Math.floor((100 * loaded) / total);
    told.textContent = loaded < total ? row.dataset.sending.replace("{percent}", percent) : row.dataset.restoring;
  };
  request.onload = () => {
    if (request.status !== 200) { ended(request.responseText || row.dataset.failed); return; }
    const time = new Date(JSON.parse(request.responseText).made).toLocaleString(document.documentElement.lang);
    passing.put("restored", row.dataset.restored.replace("{time}", time));
    kept.set("last", null);
    location.reload();
  };
  request.onerror = () => ended(row.dataset.failed);
  request.open("POST", "restore");
  request.setRequestHeader("accept-language", language());
  request.setRequestHeader("content-type", "application/zip");
  told.textContent = row.dataset.sending.replace("{percent}", 0);
  request.send(file);
}

// In a page that was open meanwhile: what it shows may be gone.
function wasRestored() {
  kept.set("last", null);
  passing.put("restored", words.settings_restored_elsewhere);
}

function tellRestored() {
  const sentence = passing.take("restored");
  if (!sentence) return;
  note(sentence);
  const line = [...house.querySelectorAll(".note.bad")].find((line) => line.textContent === sentence);
  line?.classList.replace("bad", "good");
}
