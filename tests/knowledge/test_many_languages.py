"""A question in one language finds passages in another where the embedder reads both: the whole path, with a model made here.

The model is a real one in files, loaded as a person's own would be: a Bert whose layer passes words on as they are, and whose
Chinese words have the vectors of the English ones that they mean.
"""

import pytest

from knowledge.search import RELEVANT
from retrieval.embedding import ANY_LANGUAGE, load_embedder

MEANING = {
    "river": "河",
    "bread": "饼",
    "bicycle": "车",
    "tea": "茶",
    "bridge": "桥",
    "violin": "琴",
    "map": "图",
    "honey": "蜜",
    "clock": "钟",
    "paper": "纸",
    "garden": "园",
    "winter": "冬",
    "king": "王",
    "island": "岛",
    "school": "校",
    "horse": "马",
    "mountain": "山",
    "letter": "信",
    "doctor": "医",
    "salt": "盐",
}
WORDS = list(MEANING)
PLAIN = [
    "the",
    "of",
    "a",
    "and",
    "was",
    "near",
    "in",
    "made",
    "with",
    "at",
    "谁",
    "在",
    "哪",
    "里",
    "的",
    "和",
    "有",
    "没",
    "吗",
    "2019",
]
# Each passage tells of three things, and no two of the same three.
TOLD = [(WORDS[n], WORDS[(n * 7 + 3) % 20], WORDS[(n * 3 + 11) % 20]) for n in range(20)]


@pytest.fixture(scope="module")
def bilingual(tmp_path_factory):
    """The folder of a model that reads both languages."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("models")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *PLAIN, *MEANING, *MEANING.values()]
    (folder / "vocab.txt").write_text("\n".join(vocabulary), encoding="utf-8")
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    network = BertModel(config)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if "LayerNorm" not in name:
                parameter.zero_()
        table = network.embeddings.word_embeddings.weight
        known = torch.randn(len(MEANING), 64, generator=torch.Generator().manual_seed(1))
        first = len(vocabulary) - 2 * len(MEANING)
        table[first : first + len(MEANING)] = known
        table[first + len(MEANING) :] = known
    network.save_pretrained(folder / "network")
    BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "network")
    inner = Transformer(str(folder / "network"), max_seq_length=64)
    SentenceTransformer(modules=[inner, Pooling(64), Normalize()], device="cpu").save(str(folder / "bilingual"))
    return folder / "bilingual"


@pytest.fixture
def bilingual_knowledge(bilingual, open_knowledge, files):
    """English passages about three things each, and Chinese ones about other things, taken in through the queue."""
    knowledge = open_knowledge(load_embedder(f"path:{bilingual}"))
    knowledge.create_collection("maker", "Both", "both")
    paths = [files.write(f"{n}.txt", f"The {a} was near the {b} and the {c}.") for n, (a, b, c) in enumerate(TOLD)]
    paths += [files.write("zh.txt", "园里的王和医，在冬。"), files.write("year.txt", "In 2019 the 2019 of 2019.")]
    knowledge.intake.add("maker", "both", [(path, path.name) for path in paths])
    assert knowledge.intake.settled(60)
    return knowledge


def ask(*things):
    return "、".join(MEANING[thing] for thing in things) + "在哪里？"


@pytest.mark.model
def test_chinese_questions_find_english_passages(bilingual_knowledge):
    assert bilingual_knowledge.embedder.info.languages == ANY_LANGUAGE
    first = 0
    for n, things in enumerate(TOLD):
        hits = bilingual_knowledge.search("maker", ask(*things), ["both"], minimum=RELEVANT)
        (right,) = (hit for hit in hits[:2] if hit.passage.title == f"{n}.txt")
        assert right.score >= RELEVANT
        assert right.lexical == 0
        first += right is hits[0]
    # A Chinese passage that tells of one of the three things is the better one for a few.
    assert first >= 0.8 * len(TOLD)


@pytest.mark.model
def test_a_number_that_both_languages_share_does_not_decide(bilingual_knowledge):
    hits = bilingual_knowledge.search("maker", "2019 " + ask(*TOLD[4]), ["both"], minimum=RELEVANT)
    assert hits[0].passage.title == "4.txt"


@pytest.mark.model
def test_what_no_passage_tells_of_is_not_found_in_either_language(bilingual_knowledge):
    assert bilingual_knowledge.search("maker", "没有的谁谁谁吗？", ["both"], minimum=RELEVANT) == []


@pytest.mark.model
def test_an_embedder_of_one_language_finds_none_of_them(knowledge, files):
    """The double reads both languages and knows no meaning: what is proved above is the embedder's doing."""
    for n, (a, b, c) in enumerate(TOLD):
        knowledge.add("maker", "docs", files.write(f"{n}.txt", f"The {a} was near the {b} and the {c}."))
    found = [knowledge.search("maker", ask(*things), ["docs"], minimum=RELEVANT) for things in TOLD]
    assert not any(found)
