"""The page: Gradio's blocks around the skeleton, and which event calls which act.

Gradio carries events up and parts down and draws nothing itself. This is the one boundary where an unexpected exception is
caught: it is logged and the reader gets one neutral line.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI
from gradio.routes import App
from gradio.utils import get_upload_folder

from assistant.studio import Studio
from knowledge.loading.loader import MAX_MEGABYTES
from ui import notify, panels, theme
from ui.ask import Ask, Screen, whole_letters
from ui.chat import Desk
from ui.session import Viewers, identity_of
from ui.texts import LANGUAGES
from ui.workshop import Workshop

_FOLLOWERS = 32  # pages that follow an answer at one time


def mount_page(app: FastAPI, studio: Studio) -> FastAPI:
    """Put the page at the root of `app`, after every route that `app` has already.

    Calling `app.state.end_streams`, in the server's loop, ends the connections by which Gradio knows that pages are open.
    """
    blocked = [str(studio.folder.path)]
    mounted: FastAPI = gr.mount_gradio_app(app, build_page(studio), path="/", blocked_paths=blocked, **_page_arguments())
    (page,) = (route.app for route in mounted.routes if isinstance(getattr(route, "app", None), App))  # type: ignore[attr-defined]
    app.state.end_streams = page.stop_event.set  # Gradio does that itself only where it is the server
    return mounted


def uploads_folder() -> Path:
    """Where Gradio keeps uploaded files until they are read."""
    return Path(get_upload_folder())


def _page_arguments() -> dict[str, Any]:
    return {
        "theme": theme.theme(),
        "head": f"<style>{theme.style()}</style>",
        "footer_links": [],
        "ssr_mode": False,
        "mcp_server": False,
        "run_history": False,
        "show_error": False,
        "pwa": False,
        "max_file_size": f"{MAX_MEGABYTES}mb",
    }


def build_page(studio: Studio) -> gr.Blocks:
    """The blocks, which `mount_page` mounts."""
    viewers, order = Viewers(), itertools.count(1)
    desk = Desk(studio, viewers)
    workshop = Workshop(studio, desk, uploads_folder())

    def visit(ask: Ask) -> Iterator[Screen]:
        yield from (desk.visit(ask) if ask.page == "chat" else workshop.visit(ask))

    acts: dict[str, Callable[[Ask], Iterator[Screen]]] = {
        "visit": visit,
        "say": desk.say,
        "again": desk.again,
        "edit": desk.edit,
        "version": desk.version,
        "feedback": desk.feedback,
        "attached": desk.attached,
        "clear": desk.clear,
        "steps": desk.steps,
        "decide": desk.decide,
        "stop": desk.stop,
        "chats": desk.chats,
        "source": desk.source,
        "status": desk.status,
        "files": workshop.files,
        "workshop": workshop.act,
    }
    with gr.Blocks(title="Hearth", analytics_enabled=False, delete_cache=(3600, 86_400)) as blocks:
        gr.HTML(html_template=theme.SKELETON, js_on_load=None, apply_default_css=False)
        parts = {name: _part(name) for name in theme.PARTS}
        bridge = gr.HTML(html_template="<i></i>", js_on_load=theme.bridge_script(tuple(acts)), apply_default_css=False)
        for name, act in acts.items():
            getattr(bridge, name)(
                _handler(act, parts, order),
                None,
                list(parts.values()),
                show_progress="hidden",
                trigger_mode="multiple",
                concurrency_limit=_FOLLOWERS,
                api_visibility="private",
            )
        blocks.unload(_leaver(viewers, workshop))
    blocks.queue()
    # Whoever follows an answer holds a thread. From the 40 that everything shares, as many would leave none to press Stop with.
    blocks.max_threads = _FOLLOWERS * len(acts)
    blocks.create_limiter()
    return blocks


def _part(name: str) -> gr.HTML:
    return gr.HTML(
        "",
        html_template=f'<i data-part="{name}"></i>',
        js_on_load=theme.PART_SCRIPT,
        apply_default_css=False,
        elem_id=f"part-{name}",
    )


def _handler(
    act: Callable[[Ask], Iterator[Screen]], parts: dict[str, gr.HTML], order: Iterator[int]
) -> Callable[..., Iterator[dict[gr.HTML, Any]]]:
    def handle(event: gr.EventData, request: gr.Request) -> Iterator[dict[gr.HTML, Any]]:
        ask = read_ask(event._data, request)
        try:
            for screen in act(ask):
                yield _sent(screen, ask, parts, order) or {parts["notice"]: gr.skip()}
        except Exception as error:  # noqa: BLE001  the page's boundary: logged, and one neutral line instead of silence
            told = {"notice": panels.refusal_html(notify.told(error, ask)), "live": panels.nothing()}
            yield _sent(told, ask, parts, order)

    return handle


def _sent(screen: Screen, ask: Ask, parts: Mapping[str, Any], order: Iterator[int]) -> dict[Any, str]:
    """The parts, each stamped with the event it answers and its place in the order, by which the page drops what comes late."""
    place = next(order)
    return {parts[name]: f"{html() if callable(html) else html}<!--{ask.nonce}.{place}-->" for name, html in screen.items()}


def read_ask(data: Any, request: gr.Request) -> Ask:
    """An event's data, which any page could have made up, as an `Ask` with fields of the right kind."""
    fields = data if isinstance(data, dict) else {}

    def word(name: str) -> str:
        value = fields.get(name)
        return whole_letters(value[:200]) if isinstance(value, str) else ""

    nonce = fields.get("nonce")
    return Ask(
        identity=identity_of(request),
        session=request.session_hash or "",
        page=word("page") or "chat",
        conversation=word("conversation"),
        persona=word("persona"),
        language=word("language") if word("language") in LANGUAGES else "en",
        nonce=nonce if isinstance(nonce, int) else 0,
        day=_day(word("day")),
        data=fields,
        thing=word("thing"),
    )


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return date.today()


def _leaver(viewers: Viewers, workshop: Workshop) -> Callable[[gr.Request], None]:
    def leave(request: gr.Request) -> None:
        viewers.leave(request.session_hash or "")
        workshop.leave(request.session_hash or "")

    return leave
