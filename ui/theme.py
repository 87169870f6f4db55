"""The page's frame and look, as strings that Gradio is given: skeleton, style, script and theme.

The style and the scripts live in `ui/static`; they are sent inside the page, so that it asks for no file that a proxy could miss.
Gradio's own components are only the channel: what they hold is painted into the skeleton's slots.
"""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import gradio as gr

PARTS = ("header", "sidebar", "title", "talk", "live", "notice", "composer", "panel", "workshop", "download")
"""The slots of the skeleton, one component each; "download" only hands over a file."""

_STATIC = Path(__file__).parent / "static"

SKELETON = """
<div id="house" data-page="chat" data-view="chat" data-tab="sources">
  <div id="lost" role="alert" hidden></div>
  <header id="header"></header>
  <main id="rooms">
    <aside id="sidebar"></aside>
    <section id="desk">
      <div id="title"></div>
      <div id="scroll"><div id="column"><div id="talk"></div><div id="live"></div></div></div>
      <div id="foot"><div id="notice" aria-live="polite"></div><div id="composer"></div></div>
      <button type="button" id="newest" class="icon i-down" data-do="newest" hidden></button>
    </section>
    <aside id="panel"></aside>
    <section id="workshop"></section>
  </main>
  <div id="shade"></div>
  <div id="download" hidden></div>
  <input type="file" id="choose-files" multiple hidden>
  <input type="file" id="choose-import" accept=".json,.md" hidden>
</div>
"""

PART_SCRIPT = """
const name = element.querySelector("[data-part]").dataset.part;
const part = (window.hearthParts ||= {})[name] = { value: props.value };
watch("value", () => {
  if (!props.value) return;
  part.value = props.value;
  props.value = "";  // Gradio compares all that its components hold at each update: a long conversation is not held there
  window.hearthPaint?.(name);
});
"""

_ICONS = {
    "list": '<path d="M4 7h16M4 12h16M4 17h10"/>',
    "theme": '<path d="M20 14.5A8 8 0 0 1 9.5 4a8 8 0 1 0 10.5 10.5z"/>',
    "chat": '<path d="M5 5h14v11H10l-5 4z"/>',
    "personas": '<circle cx="12" cy="8" r="4"/><path d="M4.5 20c1-4 4-6 7.5-6s6.5 2 7.5 6"/>',
    "knowledge": '<path d="M5 4h6l1 1.5L13 4h6v15h-6l-1 1-1-1H5zM12 6v13"/>',
    "models": '<path d="M12 3l8 4.5v9L12 21l-8-4.5v-9zM4 7.5l8 4.5 8-4.5M12 12v9"/>',
    "evaluate": '<path d="M4 20h16M7 20v-7M12 20V5M17 20v-10"/>',
    "train": '<path d="M4 4v16h16M7 8c2 7 6 8 12 9"/>',
    "settings": '<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>',
    "tools": '<path d="M14 6a4 4 0 0 0-5 5l-5 5 3 3 5-5a4 4 0 0 0 5-5l-2.5 2.5-3-3z"/>',
    "note": '<path d="M9 18V6l10-2v12"/><circle cx="6.5" cy="18" r="2.5"/><circle cx="16.5" cy="16" r="2.5"/>',
    "panel": '<path d="M4 5h16v14H4zM14.5 5v14"/>',
    "attach": '<path d="M19 11l-7.5 7.5a4.5 4.5 0 0 1-6.4-6.4L13 4.2a3 3 0 0 1 4.3 4.3L9.5 16a1.4 1.4 0 0 1-2-2L14 7.5"/>',
    "send": '<path d="M12 19V5M6 11l6-6 6 6"/>',
    "stop": '<path d="M7 7h10v10H7z" fill="#000"/>',
    "copy": '<path d="M9 9h10v11H9zM5 15V4h10"/>',
    "speak": '<path d="M5 10v4h3l5 4V6L8 10zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11"/>',
    "regenerate": '<path d="M19 8a8 8 0 1 0 1 5M19 3v5h-5"/>',
    "close": '<path d="M6 6l12 12M18 6L6 18"/>',
    "remove": '<path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13"/>',
    "edit": '<path d="M5 19h4L19 9l-4-4L5 15zM13 7l4 4"/>',
    "good": '<path d="M7 11v9H4v-9zM7 11l4-8c2 0 2.5 1.5 2 3.5L12.5 9H19l-1.5 9c-.2 1.2-1 2-2 2H7"/>',
    "bad": '<path d="M17 13V4h3v9zM17 13l-4 8c-2 0-2.5-1.5-2-3.5l.5-2.5H5l1.5-9c.2-1.2 1-2 2-2H17"/>',
    "steps": '<path d="M5 6h3M5 12h3M5 18h3M11 6h8M11 12h8M11 18h8"/>',
    "previous": '<path d="M14.5 6l-6 6 6 6"/>',
    "next": '<path d="M9.5 6l6 6-6 6"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "download": '<path d="M12 4v11M7 11l5 5 5-5M5 20h14"/>',
    "pause": '<path d="M9 6v12M15 6v12"/>',
    "play": '<path d="M8 5l11 7-11 7z"/>',
    "check": '<path d="M5 12.5l4.5 4.5L19 7.5"/>',
    "down": '<path d="M12 5v14M6 13l6 6 6-6"/>',
}


_SCRIPTS = ("player", "page", "chat", "media", "focus", "workshop", "files", "personas", "tools", "settings")
_STYLES = ("base", "chat", "media", "personas", "knowledge", "tools", "servers", "models", "evaluate", "train", "settings")


def script() -> str:
    """The page's script: its files in one scope; what runs at once is in `page.js`."""
    return "".join((_STATIC / f"{name}.js").read_text("utf-8") for name in _SCRIPTS)


def bridge_script(events: Sequence[str]) -> str:
    """The script of the bridge component. Gradio accepts a listener only for an event quoted in the script."""
    quoted = ", ".join(f'"{event}"' for event in events)
    return f"// {quoted}\n{script()}"


def style() -> str:
    written = "\n".join((_STATIC / f"{name}.css").read_text("utf-8") for name in _STYLES)
    return written.replace("ICONS", "\n".join(_icon(name) for name in _ICONS), 1)


def _icon(name: str) -> str:
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="#000" stroke-width="1.8" '
        f'stroke-linecap="round" stroke-linejoin="round">{_ICONS[name]}</svg>'
    )
    return f'#house .i-{name} {{ --i: url("data:image/svg+xml,{quote(drawing)}"); }}'


def theme() -> gr.themes.Base:
    """Gradio's own theme: no web fonts, and the page's background from the first moment."""
    fonts = ("PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "system-ui", "sans-serif")
    return gr.themes.Base(font=fonts, font_mono=("ui-monospace", "monospace")).set(
        body_background_fill="#FBF8F4",
        body_background_fill_dark="#1C1917",
        body_text_color="#2B2622",
        body_text_color_dark="#EDE6DE",
    )
