"""A page of the web, or a file that stands there, fetched into a file to be read like any other.

It goes out through `common.egress` alone, once, with what anybody gets who is not signed in; scripts do not run. The owner names
the page, so that no robots.txt is asked, as a browser asks none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urldefrag, urlsplit

from common.database import unwritable
from common.egress import Egress, EgressResponse, place_of
from common.errors import EgressFailed, EgressRefused, UnreadableFile
from knowledge.loading import refusals
from knowledge.loading.document import cleaned
from knowledge.loading.encoding import decoded

_DEADLINE_S = 60.0
_BYTES = 50_000_000
_REDIRECTS = 5
_ACCEPT = "text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8"
_HTML = ("text/html", "application/xhtml+xml")
_DOCTYPE = "<!DOCTYPE html>\n"
_PASSWORD = re.compile(r"<input[^>]{0,300}type\s*=\s*[\"']?password", re.IGNORECASE)
_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_SIGN_IN = re.compile(r"log-?in|sign-?in|passport|sso|auth|account", re.IGNORECASE)
_FEW_WORDS = 1500  # characters that a page which only asks for a password has
_LONGEST_NAME = 180
_LONGEST_ADDRESS = 2_000
_PLACE = re.compile(r"[^/]+://[^/?]*")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True)
class Fetched:
    """What to call a file that was fetched, and the address it came from in the end."""

    name: str
    url: str


def is_address(words: str) -> bool:
    """Whether words are the address of a page and no path: they say so themselves."""
    return words.lower().startswith(("http://", "https://"))


def address_of(typed: str) -> str:
    """The address that somebody typed, with its scheme and without a place on the page; by it a page is known again.

    Raises `EgressRefused` for what is no address of the web.
    """
    url, _ = urldefrag(typed.strip())
    url = url if "://" in url else f"https://{url}"
    place_of(url)
    if len(url) > _LONGEST_ADDRESS or any(sign.isspace() for sign in url):
        raise EgressRefused(
            f"{url[:80]!r}… is no address of one page: it has spaces in it or is longer than {_LONGEST_ADDRESS:,} characters.",
            f"{url[:80]!r}…… 不是一个网页的网址：里面有空格，或超过 {_LONGEST_ADDRESS} 个字符。",
        )
    # Only these are the same in either case.
    return _PLACE.sub(lambda place: place[0].lower(), url, count=1)


def fetch(url: str, to: Path, egress: Egress | None, *, granted_hosts: frozenset[str] = frozenset()) -> Fetched:
    """Fetch `url` into the file `to`; `egress` is None where Hearth is offline.

    `granted_hosts` are places, "host:port", that may be reached though they are private. Raises `UnreadableFile` with the reason,
    and `StorageFailed`.
    """
    url = url.strip()
    url = url if "://" in url else f"https://{url}"
    if egress is None:
        raise UnreadableFile(
            f"{url[:200]!r} was not fetched: Hearth was started with --offline. Start it without that, or add a file.",
            f"没有获取 {url[:200]!r}：Hearth 是以 --offline 方式启动的。请去掉它重新启动，或添加文件。",
        )
    try:
        answer = egress.get(
            url,
            deadline_s=_DEADLINE_S,
            byte_limit=_BYTES,
            granted_hosts=granted_hosts,
            headers={"accept": _ACCEPT},
            redirects=_REDIRECTS,
        )
    except (EgressRefused, EgressFailed) as error:
        raise UnreadableFile(error.english, error.chinese) from error
    _check(answer.url, answer.status)
    kind, charset = _content_type(answer.headers)
    name, body = _name(answer, kind in _HTML), answer.body
    if not body.strip():
        raise refusals.empty(name)
    if kind in _HTML:
        from knowledge.loading.html import declared_encoding  # whose parser takes a while to load

        text = decoded(body, charset or declared_encoding(body))
        if text is None:
            raise refusals.undecodable(name)
        if _asks_for_password(url, answer.url, text):
            raise _sign_in(answer.url)
        # In one encoding and with its first line, whatever told of them outside of the page.
        body = (_DOCTYPE + text).encode("utf-8", "replace")
    elif kind.startswith("text/") and charset and (text := decoded(body, charset)) is not None:
        body = text.encode("utf-8", "replace")
    try:
        to.write_bytes(body)
    except OSError as error:
        raise unwritable(str(to), error) from error
    return Fetched(name, answer.url)


def _content_type(headers: Mapping[str, str]) -> tuple[str, str | None]:
    """The kind that an answer says it is, "" where it does not say, and its encoding."""
    message = Message()
    message["content-type"] = headers.get("content-type", "")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind, message.get_content_charset()


def _name(answer: EgressResponse, page: bool) -> str:
    """What to call it: a page by its address, a file by its own name."""
    address = urlsplit(answer.url)
    path = unquote(address.path, errors="replace")
    name = f"{address.hostname}{path.rstrip('/')}" + (f"?{unquote(address.query, errors='replace')}" if address.query else "")
    if not page:
        message = Message()
        message["content-disposition"] = answer.headers.get("content-disposition", "")
        own = PurePosixPath((message.get_filename() or "").replace("\\", "/")).name or PurePosixPath(path).name
        name = own or name
    return " ".join(_UNSEEN.sub("", cleaned(name)).split())[:_LONGEST_NAME] or "page"


def _check(url: str, status: int) -> None:
    """Raises `UnreadableFile` for an answer that is not the page."""
    host = urlsplit(url).netloc
    said = " ".join([str(status), *(each.phrase for each in HTTPStatus if each == status)])
    if status in (404, 410):
        raise UnreadableFile(
            f"There is no page at {url!r} ({said}). Check the address.", f"{url!r} 没有网页（{said}）。请检查网址。"
        )
    if status in (401, 403, 407):
        raise _sign_in(url)
    if status == 429:
        raise UnreadableFile(
            f"{host} has had too many requests ({said}). Try again later.", f"对 {host} 的请求太多了（{said}）。请稍后再试。"
        )
    if status >= 500:
        raise UnreadableFile(
            f"{host} has trouble of its own ({said}). Try again later.", f"{host} 自身出了问题（{said}）。请稍后再试。"
        )
    if status != 200:
        raise UnreadableFile(
            f"{host} did not send the page {url!r} ({said}). Check the address.",
            f"{host} 没有返回网页 {url!r}（{said}）。请检查网址。",
        )


def _asks_for_password(asked: str, url: str, text: str) -> bool:
    """Whether it is a page to sign in at: it asks for a password, and says little else or is not where it was asked for."""
    if not _PASSWORD.search(text):
        return False
    moved = urlsplit(asked).path != urlsplit(url).path and _SIGN_IN.search(url) is not None
    return moved or len(" ".join(_MARKUP.sub(" ", text).split())) < _FEW_WORDS


def _sign_in(url: str) -> UnreadableFile:
    return UnreadableFile(
        f"{url!r} can be read only after a sign-in, or not by programs. Open it in a browser, save it as a file and add that.",
        f"{url!r} 要登录才能看，或不让程序读取。请在浏览器中打开，存成文件后再添加。",
    )
