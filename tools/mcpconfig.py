"""MCP servers as other programs write them down, read: the JSON of every server's README, and a line of a terminal.

What comes out names commands, addresses and the keys that they want. The keys themselves, where a text holds them, are kept apart
from it, and whatever cannot be taken is named in a sentence that never repeats a value. Nothing here is stored or started.
"""

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from common.documents import UNSEEN
from common.errors import DocumentInvalid
from common.problems import Sentences
from tools.calls import is_key
from tools.descriptions import read_description

TOKEN = "token"
"""What the key of a server at an address is called; those of a command are called as its variables are."""

_MOST = 50  # servers of one text
_GROUPS = ("mcpServers", "servers", "context_servers")
_ADDRESSES = ("url", "serverUrl", "httpUrl")
_READ = {"command", "args", "env", "headers", "type", "transport", "disabled", "enabled", "name", "description", *_ADDRESSES}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_STANDS_FOR = re.compile(r"\$\{[^}]*\}")
_NO_VALUE = re.compile(r"\s*|.*\$\{[^}]*\}.*|<.*>|\W*(your|my)[-_ ].*|x{3,}|\*{3,}|\.{3}", re.IGNORECASE | re.DOTALL)
_KEY = re.compile(r"(?<![\w-])(sk-|gh[pousr]_|github_pat_|glpat-|xox[abeprs]-|hf_|ntn_|AKIA|AIza|eyJ)[\w.-]{12,}")
_FLAG = re.compile(r"--?([\w-]+)(?:=(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Written:
    """A server of a text: a command with its arguments, or an address. `wanted` are the keys it needs, `values` those that
    stood in the text; `notes` say what was left out.
    """

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    url: str = ""
    wanted: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    notes: Sequence[Sentences] = ()

    @property
    def wish(self) -> str:
        """The id that suits it."""
        name = self.name or (urlsplit(self.url).hostname if self.url else self.command.rsplit("/", 1)[-1]) or ""
        return re.sub(r"[^a-z0-9]+", "-", name.lower())[:30].strip("-") or "server"

    def fields(self, id: str) -> dict[str, Any]:
        """The document of it under an id."""
        name = " ".join(UNSEEN.sub(" ", self.name).split())[:200]
        names = {key: f"{id}.{key}" for key in self.wanted}
        transport: dict[str, Any] = {"kind": "http", "url": self.url, "secret": names.get(TOKEN, "")}
        if not self.url:
            transport = {"kind": "stdio", "command": self.command, "args": self.args, "env": names}
        return {"id": id, "title": {"en": name, "zh": name}, "transport": transport}


@dataclass(frozen=True, slots=True)
class Refused:
    """A server of a text that cannot be taken, and why."""

    name: str
    why: Sentences


def read_config(text: str) -> Sequence[Written | Refused]:
    """The servers of a text in JSON, with or without the group around them. Raises `DocumentInvalid`."""
    # Halves of letters, which JSON can escape, could neither be stored nor shown.
    data = json.loads(json.dumps(read_description(text), ensure_ascii=False, default=str).encode("utf-8", "replace"))
    while isinstance(inner := data.get("mcp"), Mapping) and not isinstance(inner.get("command"), str):
        data = inner
    servers: Any = next((data[name] for name in _GROUPS if isinstance(data.get(name), Mapping)), None)
    if servers is None:
        single = isinstance(data.get("command"), str) or any(isinstance(data.get(name), str) for name in _ADDRESSES)
        servers = {str(data.get("name", "")): data} if single else data
    if not servers or not any(isinstance(each, Mapping) for each in servers.values()):
        raise DocumentInvalid(
            'There is no server in this. It should look like {"mcpServers": {"name": {"command": …}}}.',
            '里面没有 MCP 服务。格式应为 {"mcpServers": {"名称": {"command": …}}}。',
        )
    if len(servers) > _MOST:
        raise DocumentInvalid(
            f"There are {len(servers)} servers in this, and {_MOST} can be taken at once. Split it.",
            f"里面有 {len(servers)} 个服务，一次最多添加 {_MOST} 个。请分几次添加。",
        )
    return [_server(str(name), settings) for name, settings in servers.items()]


def read_line(title: str, line: str) -> Written | Refused:
    """A server from what people type: an address, or a command as in a terminal. Raises `DocumentInvalid`."""
    if re.match(r"https?://", line, re.IGNORECASE):
        return _server(title, {"url": line})
    try:
        words = shlex.split(line)
    except ValueError:
        raise DocumentInvalid(
            "A quotation mark is opened and not closed. Close it, or write a backslash before it.",
            "引号没有成对。请补上另一个引号，或在它前面加反斜杠。",
        ) from None
    given: dict[str, str] = {}
    while words and (before := words[0].partition("="))[1] and _VARIABLE.fullmatch(before[0]):
        given[before[0]] = before[2]
        words.pop(0)
    return _server(title, {"command": words[0] if words else "", "args": words[1:], "env": given})


def _server(name: str, settings: Any) -> Written | Refused:
    if not isinstance(settings, Mapping):
        return Refused(name, ("It is no group of settings.", "它不是一组设置。"))
    kind = str(settings.get("type") or settings.get("transport") or "").lower()
    if kind == "sse":
        return Refused(
            name,
            (
                "It speaks the older way over http (sse), which is not supported. Ask its makers for a streamable HTTP address.",
                "它使用旧的 http 方式（sse），这里不支持。请向提供者索取 streamable HTTP 网址。",
            ),
        )
    url = next((settings[each].strip() for each in _ADDRESSES if isinstance(settings.get(each), str)), "")
    found = _address(name, url, settings) if url else _command(name, settings)
    left = [str(key)[:40] for key in settings if key not in _READ]
    if isinstance(found, Refused) or not left:
        return found
    names = ", ".join(left[:8])
    told = (f"Left out: {names}. Hearth has no such settings.", f"没有采用：{names}。Hearth 没有这些设置。")
    return _with(found, told)


def _address(name: str, url: str, settings: Mapping[str, Any]) -> Written | Refused:
    try:
        parts = urlsplit(url)
        more = parts.query or parts.fragment or "@" in parts.netloc
    except ValueError:
        return Refused(name, ("Its address cannot be read. Check it.", "无法识别它的网址，请检查。"))
    if more:
        return Refused(
            name,
            (
                "Its address has a ?, # or @ in it, where keys are put. Enter it without, and its key as a key.",
                "它的网址里有 ?、# 或 @，这些位置常放密钥。请去掉后再填，密钥另行填写。",
            ),
        )
    found = Written(name, url=url)
    headers = settings.get("headers")
    for header, value in headers.items() if isinstance(headers, Mapping) else ():
        scheme, _, token = str(value).strip().partition(" ")
        if str(header).lower() == "authorization" and scheme.lower() == "bearer":
            found = _wanting(found, TOKEN, token.strip())
        else:
            told = (
                f"Left out: the header {str(header)[:60]!r}. Only Authorization: Bearer can be sent.",
                f"没有采用：请求头 {str(header)[:60]!r}。只能发送 Authorization: Bearer。",
            )
            found = _with(found, told)
    return found


def _command(name: str, settings: Mapping[str, Any]) -> Written | Refused:
    command, args = settings.get("command"), settings.get("args") or []
    words = [*(command if isinstance(command, list) else [command]), *(args if isinstance(args, list) else [args])]
    if not all(isinstance(word, str | int | float) for word in words) or not str(words[0]).strip():
        return Refused(name, ("It names neither a command nor an address.", "它既没有写命令，也没有写网址。"))
    written = [str(word) for word in words]
    if (place := _key_among(written)) is not None:
        return Refused(
            name,
            (
                f"Argument {place} of its command looks like a key, which would be kept and shown openly. "
                "If it takes the key from a variable, put it into env.",
                f"命令的第 {place} 个参数像是密钥，这样会被公开保存和显示。如果它支持环境变量，请放进 env。",
            ),
        )
    found = Written(name, command=written[0], args=tuple(word for word in written[1:] if word))
    env = settings.get("env")
    for variable, value in env.items() if isinstance(env, Mapping) else ():
        if _VARIABLE.fullmatch(str(variable)):
            found = _wanting(found, str(variable), "" if value is None else str(value))
        else:
            told = (
                f"Left out: {str(variable)[:60]!r}, which cannot name a variable.",
                f"没有采用：{str(variable)[:60]!r} 不能作为变量名。",
            )
            found = _with(found, told)
    if any(_STANDS_FOR.search(word) for word in written):
        told = (
            "Its command has a ${…} in it, which Hearth does not fill in. Write what it stands for.",
            "它的命令里有 ${…}，Hearth 不会替换。请改成实际的内容。",
        )
        found = _with(found, told)
    return found


def _key_among(words: Sequence[str]) -> int | None:
    """Which of the words of a command is a key by all appearances, counted from the command, which is 0."""
    named = False
    for place, word in enumerate(words):
        flag = _FLAG.fullmatch(word)
        name, value = (flag[1], flag[2]) if flag else ("", None)
        for_key = bool(name) and is_key(name.replace("_", "-"), "header")
        given = value if for_key else word if named and not flag else None
        if _KEY.search(word) or (given and not _NO_VALUE.fullmatch(given)):
            return place
        named = for_key and value is None
    return None


def _wanting(written: Written, key: str, value: str) -> Written:
    values = written.values if _NO_VALUE.fullmatch(value) else {**written.values, key: value}
    return replace(written, wanted=(*written.wanted, key), values=values)


def _with(written: Written, told: Sentences) -> Written:
    return replace(written, notes=(*written.notes, told))
