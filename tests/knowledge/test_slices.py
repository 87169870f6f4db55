"""How much is embedded at a time: little where it takes long, so that whoever asks need not wait, and much where not."""

import pytest

from knowledge.ingest import in_slices
from retrieval.embedding import HashEmbedder


class Slow(HashEmbedder):
    """An embedder whose texts take so many seconds each, by a clock of its own."""

    def __init__(self, each_s):
        super().__init__(8)
        self.now = 0.0
        self.sizes = []
        self._each_s = each_s

    def embed(self, texts, kind):
        self.now += len(texts) * self._each_s
        self.sizes.append(len(texts))
        return super().embed(texts, kind)


@pytest.mark.parametrize(("each_s", "last"), [(0.0001, 64), (0.02, 8), (0.05, 4), (1.0, 4)])
def test_slices_are_as_long_as_somebody_may_wait(each_s, last):
    embedder = Slow(each_s)
    texts = [(f"text {n}", f"text {n}") for n in range(400)]
    made = {}
    for some in in_slices(embedder, texts, clock=lambda: embedder.now):
        made |= some
    assert sorted(made) == list(range(400))
    assert embedder.sizes[-2] == last
