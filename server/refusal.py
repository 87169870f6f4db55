"""A plain, short answer to a request that is turned away, in the language the browser asks for.

It says nothing about what lies behind it, and is the same for a page that is there and one that is not.
"""

import math
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import Scope, Send


@dataclass(frozen=True, slots=True)
class Refusal:
    """A status and its sentence in both languages."""

    status: int
    english: str
    chinese: str
    retry_after_s: int = 0  # seconds after which to try again, where the answer says so


WRONG_HOST = Refusal(
    403,
    "This address is not one Hearth answers to. Open it by the address it printed when it started.",
    "Hearth 不应答这个地址。请使用启动时显示的地址打开。",
)
FOREIGN_PAGE = Refusal(403, "A request from another web page is not accepted.", "不接受来自其他网页的请求。")
NO_TOKEN = Refusal(
    401,
    "A token is needed. Open the address with ?token=… that was printed when Hearth started.",
    "需要令牌。请使用 Hearth 启动时显示的、带 ?token=… 的地址打开。",
)
PROGRAM_TOKEN = Refusal(
    401,
    "A token is needed. Send the one that was printed when Hearth started as Authorization: Bearer …",
    "需要令牌。请把 Hearth 启动时显示的令牌放进请求头：Authorization: Bearer …",
)
POST_ONLY = Refusal(405, "Only POST is answered here.", "这里只接受 POST 请求。")
NOT_YOURS = Refusal(403, "This is not yours, or it is not there.", "这不属于你，或者不存在。")
MAKERS_ONLY = Refusal(403, "Only those who look after this page may add files.", "只有维护者可以添加文件。")
TOO_LARGE = Refusal(413, "The request is too large.", "请求过大。")
NO_ROOM = Refusal(
    507, "The file could not be stored. Free some disk space, then try again.", "文件无法保存。请腾出磁盘空间，然后再试一次。"
)
UNREADABLE = Refusal(400, "The request could not be read.", "无法读取这个请求。")


def too_many(wait_s: float) -> Refusal:
    """What is said to an address that sent too many wrong tokens, for another `wait_s` seconds."""
    seconds = math.ceil(wait_s)
    return Refusal(
        429,
        f"Too many wrong tokens came from this address. Wait {seconds} seconds, then try again.",
        f"这个地址连续送来了太多错误的令牌。请等 {seconds} 秒再试。",
        seconds,
    )


def wants_chinese(headers: Headers) -> bool:
    """Whether Chinese comes before English in Accept-Language."""
    languages = headers.get("accept-language", "").lower()
    chinese, english = languages.find("zh"), languages.find("en")
    return chinese >= 0 and (english < 0 or chinese < english)


def reply(headers: Headers, english: str, chinese: str) -> str:
    """The sentence in the language the browser asks for."""
    return chinese if wants_chinese(headers) else english


async def refuse(refusal: Refusal, scope: Scope, send: Send) -> None:
    """Answer a request, or the opening of a websocket, with a refusal."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    headers = Headers(scope=scope)
    chinese = wants_chinese(headers)
    sentence = refusal.chinese if chinese else refusal.english
    form = refusal.status == 401 and "text/html" in headers.get("accept", "")
    body = (_sign_in(sentence, chinese) if form else sentence).encode()
    sent = [
        (b"content-type", b"text/html; charset=utf-8" if form else b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"vary", b"Accept-Language"),
    ]
    if refusal.status == 401:
        sent.append((b"www-authenticate", b"Bearer"))
    if refusal.retry_after_s:
        sent.append((b"retry-after", str(refusal.retry_after_s).encode()))
    await send({"type": "http.response.start", "status": refusal.status, "headers": sent})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _sign_in(sentence: str, chinese: bool) -> str:
    """The sentence with a field for the token, for a person who opened the page."""
    language, field, button = ("zh-CN", "令牌", "进入") if chinese else ("en", "Token", "Enter")
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Hearth</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<body style="font: 1rem/1.6 system-ui, sans-serif; max-width: 28rem; margin: 15vh auto; padding: 0 1rem">'
        f"<p>{sentence}</p>"
        f'<form action="/"><label>{field} <input type="password" name="token" required autofocus></label> '
        f"<button>{button}</button></form></body></html>"
    )
