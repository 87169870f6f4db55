"""New vectors beside the old ones: nothing changes before all are there, and nothing that was made is made twice."""

import numpy as np
import pytest

from common.errors import CollectionMissing, EmbedderMismatch
from retrieval.embedding import EmbedderInfo, HashEmbedder


class Other(HashEmbedder):
    """Another embedder, which counts what it made and can end in the middle."""

    def __init__(self, breaks_after=None, revision="2"):
        super().__init__(64)
        self.info = EmbedderInfo("other", 64, frozenset({"en", "zh"}), 256, revision)
        self.made = 0
        self._breaks_after = breaks_after

    def embed(self, texts, kind):
        if kind == "passage":
            if self._breaks_after is not None and self.made >= self._breaks_after:
                raise KeyboardInterrupt
            self.made += len(texts)
        return super().embed(texts, kind)


def chapters(count):
    return "# Manual\n\n" + "\n\n".join(f"## Part {n}\n\nThe valve {n} is closed by {n} turns." for n in range(count))


@pytest.fixture
def filled(open_knowledge, files):
    knowledge = open_knowledge()
    knowledge.create_collection("maker", "Documents", "docs")
    knowledge.add("maker", "docs", files.write("manual.md", chapters(100)))
    knowledge.add("maker", "docs", files.write("gone.md", "# Gone\n\nThe whistle is blue."))
    open_knowledge.close()


def ended(knowledge):
    assert knowledge.intake.settled(30)
    return [(job.kind, job.state) for job, _ in knowledge.intake.jobs("maker", "docs")]


def test_a_collection_gets_the_vectors_of_the_embedder_in_use(filled, open_knowledge, files):
    other = Other()
    knowledge = open_knowledge(other)
    # Words still find what vectors cannot, and nothing new goes in.
    assert knowledge.search("maker", "valve 77", ["docs"])[0].passage.text.startswith("The valve 77")
    with pytest.raises(EmbedderMismatch, match="Re-index"):
        knowledge.add("maker", "docs", files.write("more.md", "# More\n\nMore."))
    knowledge.intake.ask("maker", "docs", "reindex", "Documents")
    assert ended(knowledge) == [("reindex", "done")]
    assert other.made == 101
    hit = knowledge.search("maker", "valve 77", ["docs"])[0]
    assert hit.dense is not None
    assert knowledge.collection("maker", "docs").embedder == "other"
    assert knowledge.check().problems == ()
    knowledge.add("maker", "docs", files.write("more.md", "# More\n\nMore."))


def test_what_was_made_before_a_kill_is_not_made_again(filled, open_knowledge):
    first = Other(breaks_after=32)
    knowledge = open_knowledge(first)
    with pytest.raises(KeyboardInterrupt):
        knowledge.rebuild("maker")
    # Nothing of it is seen yet.
    assert knowledge.collection("maker", "docs").embedder != "other"
    open_knowledge.close()
    second = Other()
    knowledge = open_knowledge(second)
    knowledge.rebuild("maker")
    assert first.made + second.made == 101
    assert knowledge.search("maker", "valve 77", ["docs"])[0].dense is not None


def test_what_was_made_with_a_third_embedder_is_made_again(filled, open_knowledge):
    knowledge = open_knowledge(Other(breaks_after=32, revision="1"))
    with pytest.raises(KeyboardInterrupt):
        knowledge.rebuild("maker")
    open_knowledge.close()
    second = Other(revision="2")
    knowledge = open_knowledge(second)
    knowledge.rebuild("maker")
    assert second.made == 101


def test_another_revision_of_the_same_embedder_is_another_embedder(filled, open_knowledge, files):
    knowledge = open_knowledge(Other(revision="1"))
    knowledge.rebuild("maker")
    open_knowledge.close()
    knowledge = open_knowledge(Other(revision="2"))
    with pytest.raises(EmbedderMismatch):
        knowledge.add("maker", "docs", files.write("more.md", "# More\n\nMore."))
    assert knowledge.search("maker", "valve 77", ["docs"])[0].dense is None


def test_it_is_asked_for_once_and_can_be_stopped_and_tried_again(filled, open_knowledge):
    knowledge = open_knowledge(Other())
    knowledge.intake.stop()  # nothing is worked on
    first = knowledge.intake.ask("maker", "docs", "reindex", "Documents")
    assert knowledge.intake.ask("maker", "docs", "reindex", "Documents") == first
    knowledge.intake.cancel("maker", "docs")
    open_knowledge.close()
    knowledge = open_knowledge(Other())
    knowledge.start()
    assert ended(knowledge) == [("reindex", "cancelled")]
    knowledge.intake.retry("maker", "docs", [first])
    assert ended(knowledge) == [("reindex", "done")]


def test_the_new_vectors_are_those_of_the_texts(filled, open_knowledge):
    other = Other()
    knowledge = open_knowledge(other)
    knowledge.rebuild("maker")
    (document,) = (each for each in knowledge.documents("maker", "docs") if each.name == "manual.md")
    passages = knowledge.passages("maker", document.id)
    stored = knowledge.index._truth.vectors([each.id for each in passages])
    wanted = other.embed([f"Manual > {each.heading}\n{each.text}" for each in passages], "passage")
    assert np.allclose(np.stack([stored[each.id] for each in passages]), wanted, atol=1e-6)


class Slow(Other):
    """An embedder that takes a millisecond for each text, by a clock of its own."""

    def embed(self, texts, kind):
        self.now = getattr(self, "now", 0.0) + 0.001 * len(texts)
        return super().embed(texts, kind)


def test_how_long_it_takes_is_told_by_what_the_embedder_needs_here(filled, open_knowledge, monkeypatch):
    slow = Slow()
    slow.now = 0.0
    monkeypatch.setattr("knowledge.reindexing.time.perf_counter", lambda: slow.now)
    knowledge = open_knowledge(slow)
    assert knowledge.reindexing.estimate("maker", "docs") == pytest.approx(0.101)
    made = slow.made
    assert knowledge.reindexing.estimate("maker", "docs") == pytest.approx(0.101)
    assert slow.made == made, "what was measured is remembered"
    slow._breaks_after = made + 32
    with pytest.raises(KeyboardInterrupt):
        knowledge.rebuild("maker")
    assert 0 < knowledge.reindexing.estimate("maker", "docs") < 0.08, "what is left of it"
    with pytest.raises(CollectionMissing):
        knowledge.reindexing.estimate("maker", "nothing")


def test_old_answers_are_given_until_all_new_vectors_are_there(filled, open_knowledge):
    knowledge = open_knowledge()
    before = [(hit.passage.id, hit.score) for hit in knowledge.search("maker", "valve 77", ["docs"])]
    open_knowledge.close()
    other = Other(breaks_after=32)
    knowledge = open_knowledge(other)
    with pytest.raises(KeyboardInterrupt):
        knowledge.rebuild("maker")
    open_knowledge.close()
    # Whoever goes back to the old embedder finds everything as it was.
    knowledge = open_knowledge()
    assert [(hit.passage.id, hit.score) for hit in knowledge.search("maker", "valve 77", ["docs"])] == before
    knowledge.rebuild("maker")
    assert [(hit.passage.id, hit.score) for hit in knowledge.search("maker", "valve 77", ["docs"])] == before
