"""Model names and what they stand for: names in, files or addresses out.

Nothing is loaded here and, unless a download is allowed, nothing outside this machine is asked. What a model is good for is read
from a small table of families; a model that is in none of them is taken for an English one without tools, because a wrong "no"
costs a quotation and a wrong "yes" costs nonsense.
"""

import json
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from assistant.models import builtin, devices, merging
from assistant.models.base import ModelInfo
from assistant.models.local import Progress
from common.errors import ModelMissing

Kind = Literal["auto", "builtin", "hf", "ms", "path", "gguf", "openai"]

PATTERNS = ["*.safetensors", "*.safetensors.index.json", "*.json", "tokenizer*", "*.jinja", "merges.txt", "vocab.*"]
"""The files a download takes: weights as safetensors, settings, tokenizer. Never Python, never pickles."""

DOWNLOADED = "hf:Qwen/Qwen3-0.6B"
"""What `auto` downloads where nothing is on disk and the built-in model is not installed."""

# Both name folders: no part of them may be one that leads elsewhere.
_REPOSITORY = re.compile(r"\w[\w.-]*/\w[\w.-]*")
_REVISION = re.compile(r"\w[\w.+-]*(/\w[\w.+-]*)*")  # a branch, a tag or a commit


@dataclass(frozen=True, slots=True)
class ModelName:
    """A name taken apart: `value` is the repository, path or base address; `detail` the revision, or the remote model's name."""

    kind: Kind
    value: str = ""
    detail: str = ""
    bits: int = 16  # 8 or 4: the weights are squeezed while they load

    def __str__(self) -> str:
        mark = "#" if self.kind == "openai" else "@"
        tail = f"{mark}{self.detail}" if self.detail else ""
        tail += f"?bits={self.bits}" if self.bits != 16 else ""
        return f"{self.kind}:{self.value}{tail}" if self.value else self.kind


@dataclass(frozen=True, slots=True)
class ModelSource:
    """Where a model is: `path` a folder or a GGUF file, None for the built-in one and for a remote one."""

    name: ModelName
    info: ModelInfo
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """What a family is good for."""

    pattern: str  # searched in the model's name, in lower case
    languages: str
    tools: bool
    grounding: bool
    context_tokens: int = 32_768


FAMILIES = (
    # Made to compare texts, not to write them, whatever their family.
    Marks(r"embedding|reranker", "en zh", tools=False, grounding=False),
    # Small ones first: under 1B parameters a model may call tools when its family was trained to, but it invents beside passages.
    Marks(r"smollm2-(135|360)m", "en", tools=False, grounding=False, context_tokens=8192),
    Marks(r"smollm2", "en", tools=False, grounding=True, context_tokens=8192),
    Marks(r"smollm3", "en", tools=True, grounding=True),
    Marks(r"qwen(2\.5|3)?[-_]?0\.[56]b|qwen3\.5-0\.8b", "en zh", tools=True, grounding=False),
    Marks(r"qwen[-_]?3", "en zh", tools=True, grounding=True),
    Marks(r"qwen[-_]?2\.5|qwen2\b", "en zh", tools=True, grounding=True),
    Marks(r"msagent|modelscope-agent", "en zh", tools=True, grounding=True, context_tokens=8192),
    Marks(r"qwen|qwq", "en zh", tools=False, grounding=True, context_tokens=8192),
    Marks(r"llama-?3\.2-1b", "en", tools=False, grounding=False),
    Marks(r"llama-?3(\.[123])?", "en", tools=True, grounding=True, context_tokens=8192),
    Marks(r"llama-?2|vicuna", "en", tools=False, grounding=True, context_tokens=4096),
    Marks(r"glm-?4|chatglm", "en zh", tools=True, grounding=True),
    Marks(r"internlm|minicpm|deepseek|hunyuan|ernie", "en zh", tools=True, grounding=True),
    Marks(r"yi-|baichuan", "en zh", tools=False, grounding=True, context_tokens=4096),
    Marks(r"mistral|mixtral|ministral|hermes", "en", tools=True, grounding=True),
    Marks(r"gemma-?3-(270m|1b)", "en", tools=False, grounding=False),
    Marks(r"gemma|phi-?[34]|granite|olmo", "en", tools=False, grounding=True, context_tokens=8192),
)

_UNKNOWN = Marks("", "en", tools=False, grounding=False, context_tokens=4096)
_UNKNOWN_REMOTE = Marks("", "en zh", tools=True, grounding=True, context_tokens=16_384)  # a served model is seldom a tiny one


def parse(name: str) -> ModelName:
    """Take a name apart; raises `ModelMissing` with the forms there are."""
    kind, _, value = name.strip().partition(":")
    if kind in ("auto", "builtin") and not value:
        return ModelName("auto" if kind == "auto" else "builtin")
    bits = 16
    if kind in ("hf", "ms", "path") and (squeezed := re.search(r"\?bits=(4|8|16)$", value)):
        value, bits = value[: squeezed.start()], int(squeezed[1])
    if kind in ("hf", "ms"):
        repository, _, revision = value.partition("@")
        if _REPOSITORY.fullmatch(repository) and (not revision or _REVISION.fullmatch(revision)) and ".." not in value:
            return ModelName("hf" if kind == "hf" else "ms", repository, revision, bits)
    if kind == "path" and value:
        return ModelName("path", value, bits=bits)
    if kind == "gguf" and value.endswith(".gguf"):
        return ModelName("gguf", value)
    if kind == "openai":
        address, _, model = value.partition("#")
        if model and re.fullmatch(r"https?://[^\s/#]+(/[^\s#]*)?", address):
            return ModelName("openai", address.rstrip("/"), model)
    raise ModelMissing(
        f"The model name {name!r} is not understood. The forms are: auto, builtin, hf:ORG/NAME, ms:ORG/NAME (both may end in "
        "@REVISION), path:FOLDER, gguf:FILE.gguf, openai:http://HOST:PORT/v1#NAME. "
        "hf:, ms: and path: may end in ?bits=8 or ?bits=4.",
        f"看不懂模型名 {name!r}。可用的写法：auto、builtin、hf:组织/名称、ms:组织/名称（都可以加 @版本）、"
        "path:文件夹、gguf:文件.gguf、openai:http://主机:端口/v1#名称；hf:、ms:、path: 可以以 ?bits=8 或 ?bits=4 结尾。",
    )


def describe(name: ModelName, path: Path | None = None) -> ModelInfo:
    """What a model is good for, by its family; `path` adds what its own settings say."""
    if name.kind in ("auto", "builtin"):
        return builtin.INFO
    if path is not None and merging.is_adapter(path):
        tuned = merging.read_tuned(path)
        below = parse(tuned.base)
        base = builtin.BARE if below.kind == "builtin" else describe(below)
        # What it was tuned for is to call tools; a run's folder says more about it than the one inside.
        title = f"{base.title} · {path.parent.name if path.name == 'adapter' else path.name}"
        return replace(base, name=str(name), title=title, tools=True, grounding=base.grounding or tuned.grounding)
    title = (name.detail or name.value) if name.kind == "openai" else Path(name.value).name
    known = settings(path)
    searched = f"{title} {known.get('_name_or_path', '')} {known.get('model_type', '')}".lower()
    fallback = _UNKNOWN_REMOTE if name.kind == "openai" else _UNKNOWN
    marks = next((family for family in FAMILIES if re.search(family.pattern, searched)), fallback)
    longest = known.get("max_position_embeddings")
    context = min(marks.context_tokens, longest) if isinstance(longest, int) and longest > 0 else marks.context_tokens
    return ModelInfo(str(name), title, frozenset(marks.languages.split()), marks.tools, marks.grounding, context)


def resolve(
    name: str, *, offline: bool = False, allow_download: bool = False, progress: Progress = lambda *_: None
) -> ModelSource:
    """Find the files of a model, downloading them only with `allow_download` and not `offline`.

    Raises `ModelMissing`.
    """
    return _resolve(parse(name), offline, allow_download, progress)


def _resolve(name: ModelName, offline: bool, allow_download: bool, progress: Progress) -> ModelSource:
    match name.kind:
        case "auto":
            return _best(offline, allow_download, progress)
        case "builtin" | "openai":
            return ModelSource(name, describe(name))
        case "path" | "gguf":
            path = Path(name.value).expanduser()
            if not (path.is_dir() if name.kind == "path" else path.is_file()):
                raise ModelMissing(
                    f"There is nothing at {str(path)!r}. Check the path of the model.",
                    f"{str(path)!r} 不存在。请检查模型的路径。",
                )
            return ModelSource(name, describe(name, path), path)
        case "hf" | "ms":
            found = _cached(name)
            if found is None and allow_download and not offline:
                progress(0.02, "download")
                found = _download(name)
            if found is None:
                raise _not_here(name, offline)
            return ModelSource(name, describe(name, found), found)


def _not_here(name: ModelName, offline: bool) -> ModelMissing:
    english = (
        "It cannot be downloaded, because the app runs offline."
        if offline
        else f"Download it first, or start with --model {name}."
    )
    chinese = "应用处于离线模式，无法下载。" if offline else f"请先下载，或用 --model {name} 启动。"
    return ModelMissing(f"The model {str(name)!r} is not on this machine. {english}", f"本机没有模型 {str(name)!r}。{chinese}")


def _cached(name: ModelName) -> Path | None:
    """The folder of a hub's model on this disk; asks nobody."""
    return next(filter(is_complete, cache_folders(name)), None)


def cache_folders(name: ModelName) -> list[Path]:
    """Where the hubs' libraries keep a model, the newest layout first; none of the folders need be there."""
    if name.kind == "hf":
        root = hf_cache() / f"models--{name.value.replace('/', '--')}"
        revision = name.detail or "main"
        try:
            commit = (root / "refs" / revision).read_text("utf-8").strip()
        except OSError:
            commit = revision
        return [root / "snapshots" / commit]
    owner, _, repository = name.value.partition("/")
    # The old layout writes a dot in a name as three underscores, and lies under "hub" where no folder was named.
    old = [root / "models" / owner for root in (ms_cache(), ms_cache() / "hub")]
    return [
        ms_cache() / "models" / f"{owner}--{repository}" / "snapshots" / (name.detail or "master"),
        *(folder / written for folder in old for written in (repository, repository.replace(".", "___"))),
    ]


def called(folder: Path) -> str:
    """What people call the model in a folder: its repository, where the folder is a hub's."""
    if folder.parent.name != "snapshots":
        return folder.name
    return folder.parents[1].name.removeprefix("models--").replace("--", "/", 1)


def is_complete(folder: Path) -> bool:
    """Whether a folder has settings and every file of weights: an interrupted download is not a model."""
    if not (folder / "config.json").is_file():
        return False
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return any(folder.glob("*.safetensors"))
    try:
        shards = set(json.loads(index.read_text("utf-8"))["weight_map"].values())
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        return False
    return all((folder / str(shard)).is_file() for shard in shards)


def _download(name: ModelName) -> Path:
    """Fetch a model from its hub; raises `ModelMissing` with the hub's reason."""
    try:
        if name.kind == "hf":
            from huggingface_hub import snapshot_download

            return Path(snapshot_download(name.value, revision=name.detail or None, allow_patterns=PATTERNS))
        from modelscope import snapshot_download as ms_download

        return Path(ms_download(name.value, revision=name.detail or None, allow_patterns=PATTERNS))
    except (OSError, ValueError, RuntimeError) as error:  # the hubs' own errors are OSError or ValueError
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise ModelMissing(
            f"The model {str(name)!r} could not be downloaded ({reason}). Check the name and the network, then try again.",
            f"模型 {str(name)!r} 下载失败（{reason}）。请检查名称和网络后重试。",
        ) from error


def _best(offline: bool, allow_download: bool, progress: Progress) -> ModelSource:
    """The largest model of a known family on this disk that fits the device, else the built-in one, else a download."""
    room = _room_bytes()
    fitting = [(size, str(name), name, folder) for name, folder in _on_disk() if (size := weight_bytes(folder)) * 1.3 < room]
    for _, _, name, folder in sorted(fitting, key=lambda found: found[:2], reverse=True):
        info = describe(name, folder)
        if info.grounding and is_chat(folder) and _writes(folder):
            return ModelSource(name, info, folder)
    if builtin.find_gguf() is not None:
        return ModelSource(ModelName("builtin"), builtin.INFO)
    return _resolve(parse(DOWNLOADED), offline, allow_download, progress)


def _on_disk() -> list[tuple[ModelName, Path]]:
    return [(name, folder) for name in on_disk() if (folder := _cached(name)) is not None]


def on_disk() -> list[ModelName]:
    """Every whole model in the hubs' caches."""
    names = [ModelName("hf", found.name[8:].replace("--", "/", 1)) for found in hf_cache().glob("models--*--*")]
    new = [found.name.replace("--", "/", 1) for found in (ms_cache() / "models").glob("*--*")]
    old = [f"{found.parent.name}/{found.name}" for root in ("models", "hub/models") for found in (ms_cache() / root).glob("*/*")]
    names += [ModelName("ms", known) for known in dict.fromkeys([*new, *old]) if _REPOSITORY.fullmatch(known)]
    return [name for name in names if _REPOSITORY.fullmatch(name.value) and _cached(name) is not None]


def is_chat(folder: Path) -> bool:
    """Whether a folder's tokenizer has a chat template."""
    if (folder / "chat_template.jinja").is_file():
        return True
    try:
        return "chat_template" in json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False


def _writes(folder: Path) -> bool:
    """Whether a model writes text and takes nothing else: one that sees is loaded by tools alone."""
    kinds = settings(folder).get("architectures")
    return not isinstance(kinds, list) or any(str(kind).endswith("ForCausalLM") for kind in kinds)


def weight_bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.safetensors"))


def _room_bytes() -> int:
    """How large a model may be here: a GPU's free memory; on a CPU what still answers while one waits."""
    room = devices.room()
    return room.free if room.kind == "gpu" else min(4 << 30, devices.model_room(room))


def settings(path: Path | None) -> dict[str, Any]:
    """What a model's config.json says; empty where there is none that can be read."""
    if path is None or not (path / "config.json").is_file():
        return {}
    try:
        read = json.loads((path / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def hf_cache() -> Path:
    """Where huggingface_hub keeps models."""
    if cache := os.environ.get("HF_HUB_CACHE"):
        return Path(cache)
    return Path(os.environ.get("HF_HOME") or Path.home() / ".cache" / "huggingface") / "hub"


def ms_cache() -> Path:
    """Where modelscope keeps its things, models among them."""
    return Path(os.environ.get("MODELSCOPE_CACHE") or Path.home() / ".cache" / "modelscope")
