// What the tests of quality measure in the page; each function returns a list of findings as text. Nothing here is served.
window.survey = (() => {
  const name = (element) => {
    const words = (element.innerText || element.getAttribute("aria-label") || element.value || "").trim().replace(/\s+/g, " ").slice(0, 50);
    const classes = [...element.classList].filter((one) => one !== "icon").join(".");
    const place = element.parentElement?.closest("[id], [class]");
    return `${place ? (place.id ? "#" + place.id : "." + place.classList[0]) + " " : ""}${element.localName}${classes ? "." + classes : ""} “${words}”`;
  };
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getBoundingClientRect().width > 1;
  const all = (selector) => [...document.querySelectorAll(`#house ${selector}`)].filter(seen);
  const clips = (style) => ["auto", "scroll", "hidden", "clip"].includes(style.overflowX);

  // The nearest ancestor that scrolls or clips sideways, if there is one below the page itself.
  const scroller = (element) => {
    for (let at = element.parentElement; at && at.id !== "house"; at = at.parentElement) if (clips(getComputedStyle(at))) return at;
    return null;
  };
  const inView = (element) => {
    for (let at = element; at && at.id !== "house"; at = at.parentElement) {
      const { visibility, transform, position } = getComputedStyle(at);
      if (visibility === "hidden" || (position === "fixed" && transform !== "none" && at.getBoundingClientRect().right <= 0)) return false;
    }
    return true;
  };

  // Parts of the page that are wider than their room: the page itself scrolls sideways, or something is cut at an edge.
  const cut = () => {
    const found = [];
    for (const root of [document.documentElement, document.body]) {
      if (root.scrollWidth > innerWidth + 1) found.push(`the page is ${root.scrollWidth} px wide`);
    }
    for (const place of all(":is(#rooms, #header, #workshop, #scroll, #sidebar, #panel, #desk, .pane, .shop, .open-thing)")) {
      if (place.scrollWidth > place.clientWidth + 1 && !place.closest("nav")) found.push(`${name(place).slice(0, 40)} scrolls sideways by ${place.scrollWidth - place.clientWidth} px`);
    }
    for (const element of all("*")) {
      const box = element.getBoundingClientRect();
      if ((box.right > innerWidth + 1 || box.left < -1) && inView(element) && !scroller(element)) found.push(`${name(element)} ends at ${Math.round(box.right)} px`);
    }
    return found;
  };

  // Words that do not fit into what holds them, where nothing says that more follows.
  const squeezed = () => all(":is(button, summary, h1, h2, h3, h4, th, legend, label, nav a, .chip, .badge, .items a, small, strong, .field > span)")
    .filter((element) => !element.classList.contains("unseen") && !element.closest(".unseen"))
    .filter((element) => {
      const style = getComputedStyle(element);
      if (style.display === "inline") return false;
      const wide = element.scrollWidth > element.clientWidth + 1, high = element.scrollHeight > element.clientHeight + 2;
      const told = style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
      return (wide && !told && element.clientWidth > 0) || (high && clips(style) && !told && element.clientHeight > 0 && style.overflowY !== "auto");
    })
    .map((element) => `${name(element)}: ${element.scrollWidth} x ${element.scrollHeight} px in ${element.clientWidth} x ${element.clientHeight}`);

  // What a finger must hit; a link inside a sentence is exempt, as in WCAG.
  const small = () => all(":is(button, summary, nav a, .items a, .back, select, input:not([type=file], [type=checkbox], [type=radio], [type=range]), label:has(> :is([type=checkbox], [type=radio])))")
    .filter((element) => inView(element) && !element.matches(".cite") && !element.closest("p, .text p"))
    .filter((element) => {
      const box = element.getBoundingClientRect();
      return Math.min(box.width, box.height) < 43.5;
    })
    .map((element) => `${name(element)} is ${Math.round(element.getBoundingClientRect().width)} x ${Math.round(element.getBoundingClientRect().height)} px`);

  // Sentences that are not Chinese: three Latin words in a row, outside code, the words of people and documents, and names.
  const LATIN = /(?:\b[A-Za-z][A-Za-z'’-]*\b[ ,;:]+){2,}\b[A-Za-z][A-Za-z'’-]*/;
  const THEIRS = "code, pre, .pre, kbd, bdi, .text, .bubble, blockquote, .document, textarea, #title .bar, [translate=no], #sidebar li, script, style, math, #house [lang=en]";
  const latin = () => {
    const found = [];
    const walker = document.createTreeWalker(document.getElementById("house"), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const parent = node.parentElement;
      if (LATIN.test(node.data) && !parent.closest(THEIRS) && !parent.closest("[hidden]")) found.push(`“${node.data.trim().slice(0, 80)}” in ${name(parent)}`);
    }
    for (const element of document.querySelectorAll("#house *")) {
      if (element.closest(THEIRS)) continue;
      for (const attribute of ["aria-label", "title", "placeholder", "alt", "data-sure", "data-long", "data-short", "data-stop"]) {
        const value = element.getAttribute(attribute) || "";
        const plain = /[A-Za-z]{2}/.test(value) && !/[\u4e00-\u9fff]/.test(value) && ["aria-label", "placeholder"].includes(attribute);
        if (LATIN.test(value) || plain) found.push(`${attribute} “${value.slice(0, 80)}” of ${element.localName}`);
      }
    }
    return found;
  };

  const axe = async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"], preload: false });
    return violations.filter((one) => ["serious", "critical"].includes(one.impact))
      .flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.target.join(" ")} ${node.html.slice(0, 120)}`));
  };

  return { cut, squeezed, small, latin, axe };
})();
