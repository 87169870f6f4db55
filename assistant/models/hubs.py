"""What the two hubs are asked: which files a model has, and the bytes of one file, from where an earlier attempt stopped.

Through their own libraries, into the folders these keep, so that other programs find the models too. A model is settled before
its first byte: on Hugging Face by a commit, on ModelScope, whose listing names none, by the hash of every file. Safetensors only.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Protocol

from assistant.models import catalogue
from assistant.models.catalogue import PATTERNS, ModelName
from common.errors import HearthError, ModelMissing

Told = Callable[[int], None]
"""Told how many bytes of a file are on disk; raises `Stopped` to end the transfer."""

_CHUNK = 256 << 10


class Stopped(BaseException):
    """The person paused or cancelled; no `Exception`, because the libraries would take one for a fault and try again."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a model: `sha256` is "" where the hub does not tell it (small text files)."""

    path: str
    size: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is fetched: `revision` is a commit where the hub has them."""

    name: ModelName
    revision: str
    files: tuple[HubFile, ...]

    @property
    def total(self) -> int:
        return sum(file.size for file in self.files)


class Hub(Protocol):
    """A hub as downloads see it. Its methods raise `ModelMissing` with the hub's reason."""

    def plan(self, name: ModelName) -> Plan:
        """Settle what belongs to a model."""
        ...

    def present(self, plan: Plan, file: HubFile) -> int:
        """Bytes of a file that are on disk."""
        ...

    def fetch(self, plan: Plan, file: HubFile, told: Told) -> None:
        """Bring one file, going on where it stopped."""
        ...

    def finish(self, plan: Plan) -> None:
        """Every file is there: let the model be found by its name."""
        ...

    def discard(self, plan: Plan) -> None:
        """Remove what there is of an unfinished model."""
        ...


def wanted(files: list[HubFile]) -> tuple[HubFile, ...]:
    """The files that a model needs: of its first folder, without a second copy of the weights in another form."""
    first = [file for file in files if "/" not in file.path and any(fnmatch(file.path, pattern) for pattern in PATTERNS)]
    weights = [file for file in first if file.path.endswith(".safetensors")]
    usual = [file for file in weights if file.path.startswith("model")] or weights
    return tuple(file for file in first if file not in weights or file in usual)


def cache_of(name: ModelName) -> Path:
    """The folder on whose disk a model comes to lie; it need not be there."""
    return catalogue.hf_cache() if name.kind == "hf" else catalogue.ms_cache()


def homes(name: ModelName) -> list[Path]:
    """The folders that are a model of a hub, with all its revisions."""
    if name.kind == "hf":
        return [catalogue.hf_cache() / f"models--{name.value.replace('/', '--')}"]
    new, *old = catalogue.cache_folders(name)
    return [folder for folder in (new.parents[1], *old) if folder.is_dir()]


class HuggingFaceHub:
    """Hugging Face, or the mirror that HF_ENDPOINT names."""

    def plan(self, name: ModelName) -> Plan:
        from huggingface_hub import HfApi

        with _reasons(name):
            info = HfApi(endpoint=hf_endpoint()).model_info(
                name.value, revision=name.detail or None, files_metadata=True, timeout=30
            )
            files = [HubFile(file.rfilename, file.size or 0, file.lfs.sha256 if file.lfs else "") for file in info.siblings or ()]
            return _checked(Plan(name, info.sha or name.detail or "main", wanted(files)))

    def present(self, plan: Plan, file: HubFile) -> int:
        return next((path.stat().st_size for path in (self._place(plan, file), self._part(plan, file)) if path.is_file()), 0)

    def fetch(self, plan: Plan, file: HubFile, told: Told) -> None:
        from huggingface_hub import constants, get_hf_file_metadata, get_token, hf_hub_download, hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers, silent_tqdm  # type: ignore[attr-defined]

        endpoint, token, part = hf_endpoint(), get_token(), self._part(plan, file)
        if self._place(plan, file).is_file():
            return
        # The library's own, 10 MiB, would show nothing for long, and Pause would take as long.
        constants.DOWNLOAD_CHUNK_SIZE = _CHUNK
        with _reasons(plan.name):
            part.parent.mkdir(parents=True, exist_ok=True)
            url = hf_hub_url(plan.name.value, file.path, revision=plan.revision, endpoint=endpoint)
            known = get_hf_file_metadata(url, token=token, endpoint=endpoint)
            with part.open("ab") as raw:
                if raw.tell() > file.size:
                    raw.truncate(0)
                writer = _Watched(raw, told)
                told(raw.tell())
                http_get(
                    url,
                    writer,  # type: ignore[arg-type]
                    resume_size=raw.tell(),
                    headers=build_hf_headers(token=token),
                    expected_size=file.size,
                    tqdm_class=silent_tqdm,
                )
            if file.sha256 and _hash(part, told) != file.sha256:
                part.unlink()
                raise OSError(f"{file.path} arrived damaged; it is fetched anew next time")
            part.replace(part.with_name(str(known.etag)))
            # The bytes are in place; the library adds the rest of its own layout.
            hf_hub_download(
                plan.name.value, file.path, revision=plan.revision, cache_dir=catalogue.hf_cache(), endpoint=endpoint, token=token
            )

    def finish(self, plan: Plan) -> None:
        named = self._root(plan.name) / "refs" / (plan.name.detail or "main")
        if plan.name.detail != plan.revision:
            named.parent.mkdir(parents=True, exist_ok=True)
            named.write_text(plan.revision, "utf-8")

    def discard(self, plan: Plan) -> None:
        for file in plan.files:
            place = self._place(plan, file)
            for path in (self._part(plan, file), place.resolve() if place.exists() else place, place):
                path.unlink(missing_ok=True)

    def _root(self, name: ModelName) -> Path:
        return homes(name)[0]

    def _place(self, plan: Plan, file: HubFile) -> Path:
        return self._root(plan.name) / "snapshots" / plan.revision / file.path

    def _part(self, plan: Plan, file: HubFile) -> Path:
        mark = hashlib.blake2b(f"{plan.revision}/{file.path}".encode(), digest_size=12).hexdigest()
        return self._root(plan.name) / "blobs" / f"hearth-{mark}.part"


class ModelScopeHub:
    """ModelScope, or the site that MODELSCOPE_ENDPOINT names."""

    def plan(self, name: ModelName) -> Plan:
        revision = name.detail or "master"
        with _reasons(name):
            listed = self._api(name).list_repo_files(name.value, "model", revision=revision)
            files = [HubFile(file.path, file.size or 0, file.sha256 or "") for file in listed if file.type != "tree"]
            return _checked(Plan(name, revision, wanted(files)))

    def present(self, plan: Plan, file: HubFile) -> int:
        place = self._folder(plan) / file.path
        partial = place.with_suffix(place.suffix + ".incomplete")
        return next((path.stat().st_size for path in (place, partial) if path.is_file()), 0)

    def fetch(self, plan: Plan, file: HubFile, told: Told) -> None:
        from modelscope_hub import ProgressCallback

        class Counter(ProgressCallback):
            done = 0

            def update(self, size: int) -> None:
                self.done += size
                told(self.done)

        with _reasons(plan.name):
            self._api(plan.name).downloader.download_file(
                plan.name.value,
                "model",
                file.path,
                revision=plan.revision,
                cache_dir=catalogue.ms_cache(),
                local_dir=self._folder(plan),
                expected_sha256=file.sha256 or None,
                file_size=file.size,
                progress_callbacks=[Counter],
            )

    def finish(self, plan: Plan) -> None:
        """Its layout needs nothing besides the files."""

    def discard(self, plan: Plan) -> None:
        shutil.rmtree(self._folder(plan), ignore_errors=True)

    def _folder(self, plan: Plan) -> Path:
        return catalogue.cache_folders(ModelName("ms", plan.name.value, plan.revision))[0]

    def _api(self, name: ModelName) -> Any:
        from huggingface_hub.utils import silent_tqdm  # type: ignore[attr-defined]
        from modelscope_hub import HubApi, _download

        # It draws a bar into the log, and has no switch for that.
        _download.tqdm = silent_tqdm  # type: ignore[attr-defined]
        named = os.environ.get("MODELSCOPE_ENDPOINT")
        return HubApi(endpoint=named or HubApi().resolve_endpoint_for_read(name.value))


@dataclass(slots=True)
class _Watched:
    """A file that tells how long it is whenever something was written to it."""

    raw: Any
    told: Told

    def write(self, data: bytes) -> int:
        written = int(self.raw.write(data))
        self.told(self.raw.tell())
        return written

    def tell(self) -> int:
        return int(self.raw.tell())

    def seek(self, place: int, whence: int = 0) -> int:
        return int(self.raw.seek(place, whence))

    def truncate(self, size: int | None = None) -> int:
        return int(self.raw.truncate(size))


def hf_endpoint() -> str:
    """The address of Hugging Face, or of the mirror that HF_ENDPOINT names."""
    return (os.environ.get("HF_ENDPOINT") or "https://huggingface.co").rstrip("/")


def _hash(path: Path, told: Told) -> str:
    digest, size = hashlib.sha256(), path.stat().st_size
    with path.open("rb") as file:
        while piece := file.read(8 << 20):
            told(size)
            digest.update(piece)
    return digest.hexdigest()


def _checked(plan: Plan) -> Plan:
    if not any(file.path == "config.json" for file in plan.files) or not any(
        file.path.endswith(".safetensors") for file in plan.files
    ):
        raise ModelMissing(
            f"{str(plan.name)!r} has no weights in safetensors form, or no config.json. Choose another version of this model.",
            f"{str(plan.name)!r} 没有 safetensors 格式的权重或 config.json。请换用这个模型的其他版本。",
        )
    return plan


@contextlib.contextmanager
def _reasons(name: ModelName) -> Iterator[None]:
    """Turns what the hubs' libraries raise into sentences."""
    import httpx2
    import requests
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError
    from modelscope_hub.errors import AuthenticationError, HubError, NotExistError, PermissionDeniedError

    shown = f"{name.kind}:{name.value}"
    try:
        yield
    except HearthError:
        raise
    except (GatedRepoError, PermissionDeniedError, AuthenticationError) as error:
        raise ModelMissing(
            f"{shown!r} is given out only to people who accepted its licence. Accept it on the hub's page of the model, sign in "
            "on this machine with: hf auth login, and resume; or take another source.",
            f"{shown!r} 需要先接受许可协议。请在模型页面上同意协议，在本机运行 hf auth login 登录后继续，或换一个来源。",
        ) from error
    except (RepositoryNotFoundError, RevisionNotFoundError, NotExistError) as error:
        raise _not_there(shown) from error
    except (httpx2.ConnectError, httpx2.TimeoutException, requests.ConnectionError, ConnectionError) as error:
        raise ModelMissing(
            f"The hub cannot be reached ({type(error).__name__}). Check the network and resume; what has arrived is kept. "
            "Where Hugging Face is blocked, take the model from ModelScope.",
            f"连不上模型站（{type(error).__name__}）。请检查网络后继续，已下载的部分都在。"
            "访问不了 Hugging Face 时可改用 ModelScope。",
        ) from error
    except (httpx2.HTTPError, requests.RequestException, HubError, OSError, ValueError) as error:
        if getattr(getattr(error, "response", None), "status_code", 0) == 404:  # a mirror that tells no more than that
            raise _not_there(shown) from error
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ModelMissing(
            f"Downloading {shown!r} stopped ({reason}). Resume it; what has arrived is kept.",
            f"下载 {shown!r} 时中断（{reason}）。可以继续，已下载的部分都在。",
        ) from error


def _not_there(shown: str) -> ModelMissing:
    return ModelMissing(
        f"The hub has no model {shown!r} of this version, or it is private. Check the name.",
        f"模型站没有 {shown!r} 的这个版本，或它不是公开的。请检查名称。",
    )
