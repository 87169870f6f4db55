// The editor of a tool: its parameters as a table and as JSON, each following the other while it is typed in.
// [data-parameters] holds the table, drawn here from the JSON in [data-schema] with the row in [data-row] as its pattern.
// A row changes of its parameter what it shows, and leaves the rest of the schema as it is.

const LISTS = { texts: "string", integers: "integer", numbers: "number" };

const parsed = (words) => { try { return JSON.parse(words); } catch { return undefined; } };
const isGroup = (value) => Boolean(value) && typeof value === "object" && !Array.isArray(value);
const editorOf = (element) => element.closest("[data-schema-editor]");
const schemaOf = (editor) => parsed(editor.querySelector("[data-schema]").value);
const part = (row, name) => row.querySelector(`[data-part="${name}"]`);

function kindOf(schema) {
  if (schema.type === "array") {
    const items = isGroup(schema.items) ? schema.items : {};
    const list = Object.keys(LISTS).find((name) => LISTS[name] === items.type && Object.keys(items).length === 1);
    return list || "other";
  }
  return ["string", "integer", "number", "boolean", "object"].includes(schema.type) ? schema.type : "other";
}

// A value as a cell shows it: texts as they are, everything else as JSON.
const shownValue = (value) => value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
const readValue = (words, schema) => schema.type === "string" ? words : parsed(words) ?? words;

function drawRows(editor) {
  const place = editor.querySelector("[data-parameters]");
  const schema = schemaOf(editor);
  editor.classList.toggle("unread", !isGroup(schema));
  if (!isGroup(schema)) return;
  const properties = isGroup(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const chosen = Object.fromEntries([...place.querySelectorAll("[data-part=place]")].map((control) => [control.name, control.value]));
  const told = parsed(editor.dataset.places) || {};
  const rows = Object.entries(properties).map(([name, value]) => {
    const own = isGroup(value) ? value : {};
    const row = editor.querySelector("[data-row]").firstElementChild.cloneNode(true);
    row.dataset.was = name;
    part(row, "name").value = name;
    part(row, "type").value = kindOf(own);
    part(row, "required").checked = required.includes(name);
    part(row, "description").value = typeof own.description === "string" ? own.description : "";
    part(row, "default").value = shownValue(own.default);
    part(row, "enum").value = Array.isArray(own.enum) ? own.enum.map(shownValue).join(", ") : "";
    const where = part(row, "place");
    if (where) {
      where.name = "sent." + name;
      where.value = chosen[where.name] || told[name] || usualPlace(editor, name);
    }
    return row;
  });
  place.replaceChildren(...rows);
  editor.classList.toggle("bare", !rows.length);
}

function usualPlace(editor, name) {
  const form = editor.closest("form");
  if (form.elements.url?.value.includes(`{${name}}`)) return "path";
  return ["GET", "HEAD"].includes(form.elements.method?.value) ? "query" : "field";
}

function ofRow(row, before) {
  const schema = { ...before };
  const type = part(row, "type").value;
  if (type !== kindOf(before)) {
    for (const key of ["type", "items", "properties", "required", "enum", "default"]) delete schema[key];
    if (LISTS[type]) Object.assign(schema, { type: "array", items: { type: LISTS[type] } });
    else if (type !== "other") schema.type = type;
  }
  const set = (key, words, value) => { if (words.trim()) schema[key] = value(); else delete schema[key]; };
  const texts = { description: part(row, "description").value, default: part(row, "default").value, enum: part(row, "enum").value };
  set("description", texts.description, () => texts.description);
  if (texts.default !== shownValue(before.default)) set("default", texts.default, () => readValue(texts.default.trim(), schema));
  const values = Array.isArray(before.enum) ? before.enum.map(shownValue).join(", ") : "";
  if (texts.enum !== values) {
    set("enum", texts.enum, () => texts.enum.split(/[,，]/).map((word) => readValue(word.trim(), schema)).filter((word) => word !== ""));
  }
  return schema;
}

function writeSchema(editor) {
  const area = editor.querySelector("[data-schema]");
  const schema = schemaOf(editor);
  if (!isGroup(schema)) return;
  const before = isGroup(schema.properties) ? schema.properties : {};
  const properties = {}, required = [];
  for (const row of editor.querySelectorAll("[data-parameters] > *")) {
    const name = part(row, "name").value.trim();
    if (!name || name in properties) continue;  // until it has a name of its own
    properties[name] = ofRow(row, isGroup(before[row.dataset.was]) ? before[row.dataset.was] : {});
    row.dataset.was = name;
    if (part(row, "place")) part(row, "place").name = "sent." + name;
    if (part(row, "required").checked) required.push(name);
  }
  const written = { ...schema, properties };
  if (required.length) written.required = required;
  else delete written.required;
  area.value = JSON.stringify(written, null, 2);
  editor.classList.toggle("bare", !editor.querySelector("[data-parameters] > *"));
  typed(area);
}

acts["add-parameter"] = (button) => {
  const editor = editorOf(button);
  const row = editor.querySelector("[data-row]").firstElementChild.cloneNode(true);
  const taken = new Set([...editor.querySelectorAll("[data-parameters] [data-part=name]")].map((input) => input.value));
  let name = "value";
  for (let n = 2; taken.has(name); n += 1) name = `value_${n}`;
  part(row, "name").value = name;
  if (part(row, "place")) part(row, "place").value = usualPlace(editor, name);
  editor.querySelector("[data-parameters]").append(row);
  writeSchema(editor);
  part(row, "name").select();
};

acts["remove-parameter"] = (button) => {
  const editor = editorOf(button);
  button.closest("[data-parameters] > *").remove();
  writeSchema(editor);
};

house.addEventListener("input", (event) => {
  const editor = editorOf(event.target);
  if (!editor) return;
  if ("schema" in event.target.dataset) drawRows(editor);
  else if (event.target.closest("[data-parameters]") && event.target.dataset.part !== "place") writeSchema(editor);
});

function drawParameters() {
  for (const editor of document.querySelectorAll("#workshop [data-schema-editor]")) {
    const place = editor.querySelector("[data-parameters]");
    if (place.dataset.drawn) continue;
    place.dataset.drawn = "yes";
    drawRows(editor);
  }
}

// All of what an import found, or none of it.
acts["tick-all"] = (button) => {
  const boxes = [...button.closest("form").querySelectorAll(".picks [name=take]")];
  const all = boxes.every((box) => box.checked);
  for (const box of boxes) box.checked = !all;
};

// A list too long to be here whole is searched by the server, a moment after the last key.
let finding = 0;
house.addEventListener("input", (event) => {
  if (!("find" in event.target.dataset)) return;
  clearTimeout(finding);
  finding = setTimeout(() => { if (event.target.isConnected) ask({ action: "find", words: event.target.value }); }, 250);
});
