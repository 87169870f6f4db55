"""Embedders: the double by its promises, the built-in one by what it finds near."""

import sys
import threading

import numpy as np
import pytest

from common.errors import ModelMissing
from retrieval.embedding import (
    EmbedderInfo,
    HashEmbedder,
    SentenceEmbedder,
    batch_size,
    default_embedder,
    load_embedder,
    token_reader,
)


@pytest.fixture(scope="session")
def builtin():
    return load_embedder("builtin")


def test_hashed_vectors_have_length_one_and_are_the_same_each_time():
    texts = ["a dog", "", "一只狗", "!!!"]
    first, second = HashEmbedder().embed(texts, "passage"), HashEmbedder().embed(texts, "query")
    assert first.shape == (4, 384)
    assert first.dtype == np.float32
    assert np.allclose(np.linalg.norm(first, axis=1), 1, atol=1e-5)
    assert np.array_equal(first, second)


def test_hashed_vectors_are_near_where_spelling_is_shared():
    dog, dogs, bank, chinese, more = HashEmbedder().embed(["dog house", "dog houses", "river bank", "失眠", "总是失眠"], "query")
    assert dog @ dogs > 0.6 > dog @ bank
    assert chinese @ more > 0.5 > chinese @ dog


def test_no_texts_give_no_rows():
    assert HashEmbedder(16).embed([], "query").shape == (0, 16)


def test_an_embedder_reads_only_its_languages():
    english = EmbedderInfo("e", 4, frozenset({"en"}), 256)
    assert english.reads(frozenset({"en"}))
    assert english.reads(frozenset())
    assert not english.reads(frozenset({"zh"}))
    assert not english.reads(frozenset({"en", "zh"}))
    assert EmbedderInfo("all", 4, frozenset({"*"}), 256).reads(frozenset({"zh", "th"}))


@pytest.mark.parametrize("name", ["nonsense", "path:/nowhere", "hf:nobody/nothing", ""])
def test_an_embedder_that_is_not_there_says_what_to_do(name):
    with pytest.raises(ModelMissing) as caught:
        load_embedder(name)
    assert caught.value.chinese


def test_the_double_can_be_named():
    assert load_embedder("hash").info.name == "hash-384"


@pytest.mark.model
def test_the_builtin_embedder_finds_meaning(builtin):
    assert builtin.info == EmbedderInfo("all-MiniLM-L6-v2", 384, frozenset({"en"}), 256)
    assert isinstance(default_embedder(), SentenceEmbedder)
    car, automobile, banana = builtin.embed(["a car", "an automobile", "a banana"], "passage")
    assert car @ automobile > 0.7 > car @ banana
    assert np.allclose(np.linalg.norm([car, automobile], axis=1), 1, atol=1e-5)


@pytest.mark.model
def test_the_order_of_texts_is_kept_whatever_their_length(builtin):
    lengths = {"car": 40, "banana": 1, "river": 90, "law": 7, "violin": 200, "snow": 3}
    texts = [f"{word} " * count for word, count in lengths.items()]
    together = builtin.embed(texts, "passage")
    alone = np.concatenate([builtin.embed([text], "passage") for text in texts])
    near = together @ alone.T
    assert near.diagonal().min() > 0.9999
    assert (near - np.eye(len(texts))).max() < 0.8
    assert builtin.embed([], "query").shape == (0, 384)


@pytest.mark.model
def test_many_threads_may_embed_at_once(builtin):
    texts = [f"sentence number {n}" for n in range(16)]
    expected = [builtin.embed([text], "query")[0] for text in texts]
    found = [None] * len(texts)

    def work(i):
        found[i] = builtin.embed([texts[i]], "query")[0]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(texts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert np.allclose(found, expected, atol=1e-5)


@pytest.mark.model
@pytest.mark.parametrize("able", [{}, {"amx_bf16": True}, {"avx512_bf16": True}])
def test_it_is_computed_in_bfloat16_where_the_processor_multiplies_so(builtin, monkeypatch, able):
    monkeypatch.setattr("torch.cpu.get_capabilities", lambda: able)
    texts = ["a car", "an automobile", "word " * 300, "", "a banana on a table"]
    exact = builtin.bare.encode(texts, batch_size=len(texts), normalize_embeddings=True)
    found = builtin.embed(texts, "passage")
    assert found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.sum(exact * found, axis=1).min() > 0.9999
    assert np.allclose(exact, found, atol=1e-5) == (not able)


@pytest.mark.model
def test_single_tokens_know_where_they_stand(builtin):
    text = "An automobile is parked, unfortunately."
    (found,) = token_reader(builtin)([text], "passage")
    assert [text[start:end] for start, end in found.spans] == ["An", "automobile", "is", "parked", ",", "unfortunately", "."]
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
    (asked,) = token_reader(builtin)(["the car"], "query")
    assert found.spans[(asked.vectors[1] @ found.vectors.T).argmax()].tolist() == [3, 13]


@pytest.mark.model
def test_tokens_are_read_as_far_as_the_model_does_and_in_the_order_of_the_texts(builtin):
    texts = ["snow", "word " * 500, "", "a river"]
    found = token_reader(builtin)(texts, "passage")
    assert [len(each.spans) for each in found] == [1, builtin.bare.max_seq_length - 2, 0, 2]
    assert all(each.spans.shape[1] == 2 and each.vectors.shape == (len(each.spans), 384) for each in found)


@pytest.mark.model
def test_what_the_model_has_no_token_for_says_nothing(builtin):
    (found,) = token_reader(builtin)(["snow 龘 falls"], "passage")
    assert found.spans.tolist() == [[0, 4], [7, 12]]


@pytest.mark.model
def test_a_prompt_is_no_part_of_what_is_read(builtin, monkeypatch):
    monkeypatch.setattr(builtin, "_query_prompt", "query: ")
    (found,) = token_reader(builtin)(["snow falls"], "query")
    assert found.spans.tolist() == [[0, 4], [5, 10]]


@pytest.mark.model
def test_where_one_token_speaks_for_all_the_others_are_not_read(tmp_path):
    from sentence_transformers.sentence_transformer.modules import Pooling

    model = load_embedder("builtin").bare
    model[1] = Pooling(384, "cls")
    model.save(str(tmp_path))
    assert token_reader(SentenceEmbedder(tmp_path)) is None
    assert token_reader(HashEmbedder()) is None


def test_an_embedder_that_cannot_be_fetched_is_missing():
    with pytest.raises(ModelMissing, match="nobody/nothing"):
        load_embedder("hf:nobody/nothing", download=True)


def test_the_longer_the_texts_the_fewer_go_together():
    sizes = [batch_size(["x" * length] * 50) for length in (10, 100, 300, 900, 100_000)]
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], sizes[-1]) == (32, 4)
    assert batch_size(["字" * 100]) < batch_size(["x" * 100])
    assert batch_size([""]) == batch_size([]) == 32


@pytest.mark.model
def test_without_openvino_its_embedder_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(ModelMissing, match="pip install openvino") as caught:
        load_embedder("openvino:builtin")
    assert caught.value.chinese
    assert load_embedder("openvino:hash").info == HashEmbedder().info


@pytest.mark.model
def test_openvino_gives_the_vectors_that_torch_gives(builtin):
    pytest.importorskip("openvino")
    other = load_embedder("openvino:builtin")
    assert other.info == builtin.info
    texts = ["a car", "an automobile", "word " * 300, "", "a banana on a table"]
    expected, found = builtin.embed(texts, "passage"), other.embed(texts, "passage")
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert np.sum(expected * found, axis=1).min() > 0.999
    assert np.array_equal(found, other.embed(texts, "passage"))
