// Where the keyboard is. Focus is never left on nothing: when what had it is repainted away, hidden or closed, it goes to what
// comes next for whoever works without a mouse. What lies over the page (the drawer, the sheet from below) keeps focus within
// itself, and gives it back to what opened it.

const CAN_FOCUS = "a[href], button, input:not([type=file]), select, textarea, summary, [tabindex='0']";
const coarse = () => window.matchMedia("(pointer: coarse)").matches;  // where focus in a text brings a keyboard up
const inSight = (element) => Boolean(element?.isConnected && element.checkVisibility({ visibilityProperty: true }) && !element.closest("[inert]"));
const within = (place) => [...place.querySelectorAll(CAN_FOCUS)].filter((element) => !element.disabled && inSight(element));

let last = null;  // {element, place} of what had focus
let opener = null;  // what the panel, the sheet or the drawer was opened with

function focusOn(element) {
  if (!inSight(element)) return false;
  if (!element.matches(CAN_FOCUS)) element.tabIndex = -1;
  element.focus({ preventScroll: element.matches("section, aside, div") });
  return true;
}

// What comes next where the thing that had focus is gone.
function nextTo(place) {
  const undo = document.querySelector("#notice button, #workshop .outcome-place button");
  const box = coarse() ? slot("desk") : message();
  const choices = {
    sidebar: [undo, document.querySelector("#sidebar li.here a"), document.querySelector('#sidebar [data-do="new"]')],
    panel: [opener, box],
    workshop: [undo, document.querySelector("#workshop .items [aria-current]"), slot("workshop")],
  }[place] || [box];
  return [...choices, slot("desk"), slot("workshop")].some(focusOn);
}

house.addEventListener("focusin", (event) => {
  last = { element: event.target, place: event.target.closest("#header, #sidebar, #panel, #workshop, #notice, #composer, #talk")?.id };
});

house.addEventListener("focusout", () => setTimeout(keepFocus));  // what is hidden loses focus only when it is drawn

// Focus that was given up on purpose (a press beside everything) is not looked for.
house.addEventListener("pointerdown", (event) => { if (!event.target.closest(CAN_FOCUS)) last = null; });

function keepFocus() {
  if (!last || document.activeElement !== document.body || inSight(last.element)) return;
  const { place } = last;
  last = null;
  nextTo(place);
}

// ---- what lies over the page ----------------------------------------------------------------------------------------

let sheet = null;

function over() {
  if (!narrow()) return null;
  if (house.classList.contains("drawer")) return slot("sidebar");
  return house.classList.contains("panel-open") && inSight(slot("panel")) ? slot("panel") : null;
}

function keepSheet() {
  const now = over();
  if (now === sheet) return;
  const from = sheet;
  sheet = now;
  for (const place of ["header", "sidebar", "desk", "panel", "workshop"]) slot(place).inert = Boolean(now) && slot(place) !== now;
  const name = document.querySelector(now === slot("panel") ? '[data-do="panel"]' : '[data-do="drawer"]')?.title;
  for (const [attribute, value] of [["role", "dialog"], ["aria-modal", "true"], ["aria-label", name || "Hearth"]]) {
    now?.setAttribute(attribute, value);
    from?.removeAttribute(attribute);
  }
  if (now) focusOn(within(now)[0] || now);
  else if (!last || !inSight(last.element) || from.contains(last.element)) [opener, slot("desk")].some(focusOn);
}

house.addEventListener("click", (event) => {
  const button = event.target.closest('[data-do="cite"], [data-do="panel"], [data-do="drawer"]');
  if (button && !slot("panel").contains(button)) opener = button;
}, true);

house.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === "Escape") {
    const menu = event.target.closest("details.menu[open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); event.stopPropagation(); return; }
    if (!narrow() && slot("panel").contains(event.target)) { acts["panel-close"](); focusOn(opener) || nextTo("panel"); }
  }
  if (event.key === "Tab" && sheet) {
    const stops = within(sheet), at = stops.indexOf(document.activeElement);
    const leaves = event.shiftKey ? at <= 0 : at === stops.length - 1;
    if (!stops.length || !leaves) return;
    event.preventDefault();
    stops.at(event.shiftKey ? -1 : 0).focus();
  }
}, true);

new MutationObserver(() => { keepSheet(); keepFocus(); }).observe(house, {
  subtree: true, childList: true, attributes: true, attributeFilter: ["class", "hidden", "open", "data-view"],
});
window.addEventListener("resize", keepSheet);
