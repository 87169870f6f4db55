"""A tool document that can be called: arguments become one HTTP request, the answer becomes text, a picture or a sound.

The request is made in `tools.requests`; here it is sent with its secrets, which are asked for at that moment and for that host
alone. What it does not do: a call that reads still tells its service what was asked, and a service may answer with anything, so
what comes back is text to judge and not to obey.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from common.egress import Egress, EgressResponse
from common.errors import EgressFailed, EgressRefused, ToolError, ToolFailed
from common.redaction import Redaction
from tools.base import Media, SecretUse, Tool, ToolContext, ToolOutput, ToolSpec
from tools.calls import HttpCall, host_of, origin_text
from tools.documents import ToolDocument
from tools.grants import grant_needed
from tools.requests import HttpRequest, masked, request_of
from tools.resultpath import part_of

SecretFor = Callable[[str, str], str | None]
"""Gives the secret of a name for an origin ("https://host:port"); None where none was entered for that host."""

ANSWER_LIMIT = 2 * 1024 * 1024
"""Bytes of one answer."""

MEDIA_LIMIT = 8 * 1024 * 1024
"""Bytes of an answer that may be a picture or a sound."""

_SHOWN = 300  # characters of a failed answer that are passed on
_TEXTS = re.compile(r"text/.*|application/(json|xml|yaml|x-yaml|x-ndjson|.*\+json|.*\+xml|.*\+yaml)")
_JSON = re.compile(r"(application|text)/(json|.*\+json)")
_PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_SOUNDS = ("audio/mpeg", "audio/wav", "audio/x-wav", "audio/ogg", "audio/mp4", "audio/flac", "audio/webm")
_CHARSET = re.compile(r"""charset\s*=\s*["']?([\w.:-]+)""", re.IGNORECASE)
_CHARSETS = {
    **dict.fromkeys(("gbk", "gb2312", "gb18030", "x-gbk"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs"), "big5hkscs"),
    **dict.fromkeys(("iso-8859-1", "latin1", "windows-1252", "us-ascii"), "latin-1"),
    "utf-16": "utf-16",
    "shift_jis": "cp932",
    "euc-kr": "cp949",
}
_QUERY = re.compile(r"\?[^\s'\"]*")


def no_secret(name: str, origin: str) -> None:
    """Where there is no store of secrets."""


class HttpTool(Tool):
    """A registered tool; `granted_hosts` are "host:port" pairs that this tool may reach though they are private."""

    sends = True
    time_limit_s = 20.0

    def __init__(
        self,
        document: ToolDocument,
        egress: Egress,
        granted_hosts: frozenset[str] = frozenset(),
        secret_for: SecretFor = no_secret,
    ) -> None:
        assert document.call.kind == "http"
        # As text: of thousands of tools few are called, and their calls as objects take several times the room.
        self._call = document.call.model_dump_json(exclude_defaults=True)
        self._egress = egress
        self._granted = granted_hosts & {host_of(document.call.url)}
        self._secret_for = secret_for
        self.id = document.id
        self.spec = ToolSpec(document.name, document.description.get("en"), document.parameters)
        self.titles = {language: document.title.get(language) for language in ("en", "zh")}
        self.about = {language: document.description.get(language) for language in ("en", "zh")}
        self.risk = document.risk
        self.kind = document.kind
        self.field = document.source.api if document.source else ""
        self.origin = document.model_dump_json()

    def secrets(self) -> Sequence[SecretUse]:
        call = HttpCall.model_validate_json(self._call)
        named = {secret.name: secret for secret in call.secrets}
        return [SecretUse(secret.name, origin_text(call.url), secret.required) for secret in named.values()]

    def request(self, arguments: Mapping[str, Any], secrets: Collection[str]) -> HttpRequest:
        """What a call of these arguments sends with those of its `secrets`, as people may see it: without their values.

        Raises `ArgumentsInvalid` for a value that cannot be sent.
        """
        return masked(HttpCall.model_validate_json(self._call), arguments, secrets)

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ArgumentsInvalid` for a value that cannot be sent, `ToolFailed` for an answer that helps nobody."""
        call = HttpCall.model_validate_json(self._call)
        secrets = self._values(call)
        hide = Redaction(secrets.values())
        try:
            request = request_of(call, arguments, secrets)
            answer = self._egress.request(
                request.method,
                request.url,
                headers=request.headers,
                body=request.body,
                deadline_s=self.time_limit_s - 1,  # so that its own sentence comes before the runner's
                byte_limit=MEDIA_LIMIT if any(map(is_media, call.media_types)) else ANSWER_LIMIT,
                granted_hosts=self._granted,
            )
            return output_of(answer, call, hide, self.titles, context)
        # Without what they come from: that may name the address, and with it a secret in its query.
        except (EgressFailed, EgressRefused) as error:
            raise ToolFailed(*(hide.text(_QUERY.sub("?…", said)) for said in (error.english, error.chinese))) from None
        except ToolError as error:
            raise type(error)(hide.text(error.english), hide.text(error.chinese)) from None

    def _values(self, call: HttpCall) -> Mapping[str, str]:
        origin = origin_text(call.url)
        found: dict[str, str] = {}
        for secret in call.secrets:
            if value := self._secret_for(secret.name, origin):
                found[secret.name] = value
            elif secret.required:
                host = host_of(call.url)
                raise ToolFailed(
                    f"{host} asks for the secret {secret.name!r}, and none was entered for it. "
                    "Open this tool on the Tools page and enter it under “Keys and access”.",
                    f"{host} 需要密钥 {secret.name!r}，还没有为它填写。请在“工具”页打开这个工具，在“密钥与权限”里填写。",
                )
        if found and origin.startswith("http:") and not grant_needed(call.url):  # what needs one is refused without it
            raise ToolFailed(
                f"The secret {min(found)!r} would travel to {host_of(call.url)} in the open. Give the tool an https address.",
                f"密钥 {min(found)!r} 会以明文传送到 {host_of(call.url)}。请把工具的网址改为 https。",
            )
        return found


def output_of(
    answer: EgressResponse, call: HttpCall, hide: Redaction, titles: Mapping[str, str], context: ToolContext
) -> ToolOutput:
    """What an answer gives the model; raises `ToolFailed` where it is an error, a redirect or nothing that can be read."""
    host = urlsplit(answer.url).netloc
    content_type = answer.headers.get("content-type", "")
    kind, charset = content_type.partition(";")[0].strip().lower(), _charset(content_type)
    if answer.status >= 400:
        status = _named(answer.status)
        said = _excerpt(answer.body, charset, hide) if kind and _is_read(kind, call) and kind != "text/html" else ""
        raise ToolFailed(
            f"{host} answered {status}{': ' + repr(said) if said else ''}. Check the arguments, or do without this tool.",
            f"{host} 返回了 {status}{'：' + repr(said) if said else ''}。请检查参数，或不用这个工具。",
        )
    if 300 <= answer.status < 400:
        place = hide.text(answer.headers.get("location", ""))[:200]
        raise ToolFailed(
            f"{host} sends callers on to {place!r}, and a tool goes only to its own address. Have its address corrected.",
            f"{host} 要求转到 {place!r}，而工具只访问自己的网址。请制作者更正网址。",
        )
    if not answer.body:
        return ToolOutput(
            context.say(f"Done: {_named(answer.status)}, no content.", f"完成：{_named(answer.status)}，没有内容。")
        )
    if _is_shown(kind, call):
        size = f"{kind}, {len(answer.body):,}"
        title = titles["zh" if context.language.startswith("zh") else "en"]
        text = context.say(f"It gave {size} bytes, which the user is shown.", f"得到 {size} 字节的文件，已展示给用户。")
        return ToolOutput(text, media=(Media(answer.body, kind, title),))
    if not _is_read(kind, call):
        wanted = ", ".join(call.media_types) or "text or JSON"
        raise ToolFailed(
            f"{host} sent {kind or 'data of no named kind'!r} where {wanted} was expected. Do without it.",
            f"{host} 返回了 {kind or '未说明类型的数据'!r}，而需要的是 {wanted}。请不要依赖它。",
        )
    return _read(host, kind, charset, answer.body, call.result_path, hide)


def _read(host: str, kind: str, charset: str, body: bytes, path: str, hide: Redaction) -> ToolOutput:
    try:
        text = body.decode(charset)
    except UnicodeDecodeError as error:
        name = "UTF-8" if charset == "utf-8-sig" else charset
        raise ToolFailed(
            f"{host} sent text that is not {name}. Do without it.", f"{host} 返回的文本不是 {name} 编码。请不要依赖它。"
        ) from error
    if kind and not _JSON.fullmatch(kind) and not path:
        return ToolOutput(hide.text(text))
    try:
        data = json.loads(text, parse_constant=_no_number)
        found = part_of(data, path) if path else data
        if found is not None or not path:
            found = hide.data(found)
            written = found if path and isinstance(found, str) else json.dumps(found, ensure_ascii=False)
            return ToolOutput(hide.text(written), found)
    except (ValueError, RecursionError) as error:
        if not kind and not path:
            return ToolOutput(hide.text(text))
        raise ToolFailed(
            f"{host} sent something that it calls JSON and that is not. Do without it.",
            f"{host} 返回的内容自称 JSON，但并不是。请不要依赖它。",
        ) from error
    said = _excerpt(body, charset, hide)
    raise ToolFailed(
        f"{host} sent {said!r}, and there is nothing at {path!r} in it. Check the arguments, or do without this tool.",
        f"{host} 返回了 {said!r}，其中没有 {path!r} 这一部分。请检查参数，或不用这个工具。",
    )


def _is_read(kind: str, call: HttpCall) -> bool:
    """Whether an answer of this kind is one that was asked for, and text; one that names no kind is looked at."""
    if not kind:
        return True
    if not _TEXTS.fullmatch(kind):
        return False
    # Descriptions often name JSON by another of its names, or as plain text; it is never the page of an error.
    return bool(_JSON.fullmatch(kind)) or not call.media_types or not {kind, _family(kind), "*/*"}.isdisjoint(call.media_types)


def _is_shown(kind: str, call: HttpCall) -> bool:
    """Whether an answer is a picture or a sound, and one that was asked for by name."""
    return kind in (*_PICTURES, *_SOUNDS) and not {kind, _family(kind)}.isdisjoint(call.media_types)


def _family(kind: str) -> str:
    return kind.partition("/")[0] + "/*"


def is_media(media_type: str) -> bool:
    """Whether a media type, which may hold `*`, is that of pictures or sounds which people are shown."""
    return media_type in ("image/*", "audio/*", *_PICTURES, *_SOUNDS)


def is_readable(media_type: str) -> bool:
    """Whether results of a media type, which may hold `*`, can be text, a picture or a sound."""
    return media_type in ("*/*", "application/*") or is_media(media_type) or _TEXTS.fullmatch(media_type) is not None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _charset(content_type: str) -> str:
    """How a text is encoded by its own word; UTF-8, with its mark or without, where it names nothing that is read."""
    match = _CHARSET.search(content_type)
    return _CHARSETS.get(match[1].lower(), "utf-8-sig") if match else "utf-8-sig"


def _excerpt(body: bytes, charset: str, hide: Redaction) -> str:
    # Hidden first: a secret that is cut would not be found.
    return " ".join(hide.text(body.decode(charset, "replace")).split())[:_SHOWN]
