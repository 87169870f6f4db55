"""What the app was told at its start: the command line and the environment, read once and handed down.

Nothing here is changed while the app runs. The hosted profile (a Hugging Face Space, a ModelScope studio) is found from the
environment and only fills in what the command line left open.
"""

import argparse
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

VERSION = "0.1.0"

Hub = Literal["huggingface", "modelscope"]

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_IN_CONFIDENCE = ("HEARTH_MODEL_KEY", "HEARTH_SECRET_KEY", "HEARTH_TOKEN")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run of the app."""

    host: str = "127.0.0.1"  # the address to listen on
    port: int = 7860
    model: str = "auto"  # a model name: builtin, hf:, ms:, path:, gguf:, openai:
    model_key: str | None = field(default=None, repr=False)  # the key of an openai: model; never stored
    secret_key: str | None = field(default=None, repr=False)  # a passphrase that encrypts secrets instead of a key file
    embedder: str = "auto"  # an embedder name: builtin, hash, path:, hf:
    reranker: str = ""  # a reranker name: path:, hf: (from the local cache); "" for none
    rerank_ms: int = 300  # what a question may wait for it
    data: Path = Path("data")  # everything a user makes
    offline: bool = False  # never download, even when asked to
    token: str | None = field(default=None, repr=False)  # makes a maker of whoever shows it, beyond loopback
    region: str = "CN"  # whose help lines a care notice names
    hosted: Hub | None = None
    hub_hosts: tuple[str, ...] = ()  # names this page is known by beyond its address: the hub's, or a domain of one's own
    frame_ancestors: tuple[str, ...] = ()  # origins that may show the page in a frame
    lasting: bool = True  # the data folder outlives a restart
    given: frozenset[str] = frozenset()  # the fields among model and region that whoever started it named: they win over the page

    @property
    def loopback(self) -> bool:
        """Only this machine can reach the page."""
        return self.host in _LOOPBACK


def read_settings(arguments: Sequence[str], environment: Mapping[str, str]) -> Settings:
    """Settings from the command line and the environment; exits with status 2 on wrong usage."""
    parser = argparse.ArgumentParser(prog="python app.py", description="Hearth, an assistant studio for one GPU.")
    parser.add_argument("--host", help="the address to listen on (default 127.0.0.1; beyond it a token is required)")
    parser.add_argument("--port", type=int, help="the port to listen on (default 7860)")
    parser.add_argument("--model", help="builtin, hf:ORG/NAME, ms:ORG/NAME, path:DIR, gguf:FILE or openai:BASE_URL#NAME")
    parser.add_argument("--data", type=Path, help="the folder for everything you make (default data)")
    parser.add_argument("--offline", action="store_true", help="never download anything")
    given = parser.parse_args(arguments)
    hosted = _hub(environment)
    model, region = given.model or environment.get("HEARTH_MODEL"), environment.get("HEARTH_REGION")
    host = given.host or ("0.0.0.0" if hosted else "127.0.0.1")
    data, lasting = _data_folder(given.data, hosted)
    return Settings(
        host=host,
        port=given.port or int(environment.get("PORT", "7860")),
        model=model or ("ms:Qwen/Qwen3-0.6B" if hosted == "modelscope" else "auto"),
        model_key=environment.get("HEARTH_MODEL_KEY") or None,
        secret_key=environment.get("HEARTH_SECRET_KEY") or None,
        embedder=environment.get("HEARTH_EMBEDDER", "auto"),
        reranker=environment.get("HEARTH_RERANKER", ""),
        rerank_ms=_milliseconds(environment.get("HEARTH_RERANKER_MS", ""), parser),
        data=data,
        offline=given.offline or environment.get("HF_HUB_OFFLINE", "") in {"1", "true", "True"},
        token=environment.get("HEARTH_TOKEN") or (None if host in _LOOPBACK else secrets.token_urlsafe(16)),
        region=region or "CN",
        hosted=hosted,
        hub_hosts=_hub_hosts(hosted, environment),
        frame_ancestors=_frame_ancestors(hosted),
        lasting=lasting,
        given=frozenset(name for name, value in (("model", model), ("region", region)) if value),
    )


def _milliseconds(given: str, parser: argparse.ArgumentParser) -> int:
    if given and (not given.isdecimal() or int(given) < 1):
        parser.error(f"HEARTH_RERANKER_MS is {given!r}; give a whole number of milliseconds, such as 300")
    return int(given or 300)


def for_programs(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of a program that Hearth starts: without the keys that were given to Hearth alone."""
    return {name: value for name, value in environment.items() if name not in _IN_CONFIDENCE}


def _hub(environment: Mapping[str, str]) -> Hub | None:
    if environment.get("SPACE_ID"):
        return "huggingface"
    if environment.get("MODELSCOPE_ENVIRONMENT") == "studio":
        return "modelscope"
    return None


def _data_folder(given: Path | None, hosted: Hub | None) -> tuple[Path, bool]:
    """The data folder, and whether it outlives a restart: a hub keeps only its own persistent folder."""
    if given is not None:
        return given, True
    persistent = {"huggingface": Path("/data"), "modelscope": Path("/mnt/workspace")}
    if hosted is None:
        return Path("data"), True
    folder = persistent[hosted]
    return (folder / "hearth", True) if folder.is_dir() else (Path("data"), False)


def _hub_hosts(hosted: Hub | None, environment: Mapping[str, str]) -> tuple[str, ...]:
    own = environment.get("HEARTH_HOSTS", "").split(",")
    if hosted == "huggingface":
        own.append(environment.get("SPACE_HOST", ""))
    if hosted == "modelscope":
        own += ["*.ms.show", "*.modelscope.cn"]
    return tuple(name.strip().lower() for name in own if name.strip())


def _frame_ancestors(hosted: Hub | None) -> tuple[str, ...]:
    match hosted:
        case "huggingface":
            return ("https://huggingface.co",)
        case "modelscope":
            return ("https://modelscope.cn", "https://www.modelscope.cn", "https://modelscope.ai", "https://www.modelscope.ai")
        case None:
            return ()
