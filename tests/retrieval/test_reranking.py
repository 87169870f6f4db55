"""Reranking: who is reread, how many, and a real cross-encoder of two layers."""

import numpy as np
import pytest

from common.errors import ModelMissing
from retrieval.reranking import CANDIDATES, CrossEncoderReranker, LaterReranker, OverlapReranker, Reranking, load_reranker

FALLING = [3.0 - place / 10 for place in range(40)]


class Slow:
    """Scores by the order given, and takes some seconds a passage on its own clock."""

    def __init__(self, each_s):
        self.each_s, self.now, self.asked = each_s, 0.0, []

    def clock(self):
        return self.now

    def score(self, query, passages):
        self.asked.append(len(passages))
        self.now += self.each_s * len(passages)
        return np.arange(len(passages), dtype=np.float32)


def reranking(slow):
    return Reranking(slow, 0.3, slow.clock)


def test_the_candidates_come_in_the_order_of_the_reranker_and_the_rest_stays():
    slow = Slow(0.001)
    order = reranking(slow).order("q", ["p"] * 40, FALLING)
    assert order == [*range(CANDIDATES - 1, -1, -1), *range(CANDIDATES, 40)]


def test_a_slow_one_is_given_fewer_the_next_time():
    slow = Slow(0.1)
    both = reranking(slow)
    both.order("q", ["p"] * 40, FALLING)
    both.order("q", ["p"] * 40, FALLING)
    assert slow.asked == [CANDIDATES, 3]


def test_nothing_is_reread_where_the_first_is_clearly_the_best_or_alone():
    slow = Slow(0.0)
    assert reranking(slow).order("q", ["a", "b"], [9.0, 1.0]) == [0, 1]
    assert reranking(slow).order("q", ["a"], [1.0]) == [0]
    assert reranking(slow).order("q", [], []) == []
    assert slow.asked == []


def test_the_double_prefers_what_holds_the_words():
    scores = OverlapReranker().score("annual leave", ["sick days", "annual leave is ten days"])
    assert scores.dtype == np.float32
    assert scores[1] > scores[0]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("reranker")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "annual", "leave", "days", "sick", "ten"]
    tokenizer = Tokenizer(models.WordLevel({word: place for place, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
    ).save_pretrained(folder)
    config = BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, num_labels=1
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_a_cross_encoder_scores_pairs(tiny):
    reranker = load_reranker(f"path:{tiny}")
    assert isinstance(reranker, CrossEncoderReranker)
    scores = reranker.score("annual leave", ["ten days", "sick leave", "ten days"])
    assert scores.shape == (3,)
    assert scores.dtype == np.float32
    assert scores[0] == pytest.approx(scores[2], abs=1e-5)
    assert reranker.score("annual leave", []).shape == (0,)


def test_one_that_loads_later_is_none_until_then(tiny):
    later = LaterReranker(lambda: load_reranker(f"path:{tiny}"))
    with pytest.raises(ModelMissing):
        later.score("annual leave", ["ten days"])
    later.wait(60)
    assert later.score("annual leave", ["ten days", "sick"]).shape == (2,)


def test_one_that_cannot_be_loaded_is_said_once_and_the_order_stays(caplog):
    later = LaterReranker(lambda: load_reranker("path:/nowhere"))
    both = Reranking(later)
    for _ in range(3):
        assert both.order("q", ["a", "b", "c"], FALLING) == [0, 1, 2]
        later.wait(60)
    (record,) = caplog.records
    assert "There is no reranker in '/nowhere'" in record.getMessage()


@pytest.mark.parametrize("name", ["path:/nowhere", "nonsense", "hf:nobody/nothing"])
def test_what_is_no_reranker_is_said(name):
    with pytest.raises(ModelMissing):
        load_reranker(name)
