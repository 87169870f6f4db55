"""The collections that ship: they load whole, once, and answer what they should."""

import shutil

import pytest

from knowledge.base import RELEVANT
from knowledge.corpora.shipped import FOLDER, install_shipped, shipped_collections


def test_what_ships_can_be_read_and_found(open_knowledge):
    knowledge = open_knowledge()
    outcomes = install_shipped(knowledge, "maker")
    assert outcomes
    assert all(outcome.state == "done" for outcome in outcomes)
    made = {collection.id: collection for collection in knowledge.collections("maker")}
    assert made.keys() == {collection.id for collection in shipped_collections()}
    assert made["counselling"].passages >= 60
    assert knowledge.check().problems == ()
    hit = knowledge.search("maker", "我最近总是失眠怎么办", ["counselling"])[0]
    assert "失眠" in hit.passage.heading


def test_nothing_is_done_a_second_time(open_knowledge):
    knowledge = open_knowledge()
    install_shipped(knowledge, "maker")
    assert install_shipped(knowledge, "maker") == []


def test_what_a_person_removed_stays_away(open_knowledge):
    knowledge = open_knowledge()
    install_shipped(knowledge, "maker")
    knowledge.delete_collection("maker", "counselling")
    gone = knowledge.documents("maker", "library")[0]
    knowledge.remove("maker", gone.id)
    assert install_shipped(knowledge, "maker") == []
    assert "counselling" not in {collection.id for collection in knowledge.collections("maker")}


def test_an_update_brings_the_new_text(open_knowledge, tmp_path):
    knowledge = open_knowledge()
    folder = tmp_path / "shipped"
    shutil.copytree(FOLDER, folder)
    install_shipped(knowledge, "maker", folder=folder)
    path = next((folder / "library").glob("*.en.md"))
    path.write_text(path.read_text(encoding="utf-8") + "\n## Parrots\n\nThe parrot is called Captain Flint.\n", encoding="utf-8")
    assert [outcome.name for outcome in install_shipped(knowledge, "maker", folder=folder)] == [path.name]
    assert "Flint" in knowledge.search("maker", "What is the parrot called?", ["library"])[0].passage.text


@pytest.mark.model
def test_questions_to_what_ships(open_knowledge):
    from retrieval.embedding import load_embedder

    knowledge = open_knowledge(load_embedder("builtin"))
    install_shipped(knowledge, "maker")
    for question, collection, heading in (
        ("How many days of annual leave do I get?", "library", "Annual leave"),
        ("年假有几天", "library", "年假"),
        ("Can I return a book without a receipt?", "library", "Returns and refunds"),
        ("怎么上传文档", "hearth-guide", "怎样添加、上传自己的文档"),
    ):
        hits = knowledge.search("maker", question, [collection], minimum=RELEVANT)
        assert heading in [hit.passage.heading for hit in hits[:2]], question
    for question in ("What is the capital of France?", "法国的首都是哪里", "iPhone 多少钱"):
        assert knowledge.search("maker", question, ["library", "hearth-guide"], minimum=RELEVANT) == [], question


def test_the_counselling_records_answer_what_people_say_and_nothing_else(open_knowledge):
    knowledge = open_knowledge()
    install_shipped(knowledge, "maker")

    def found(said):
        return [hit.passage.heading for hit in knowledge.search("maker", said, ["counselling"], minimum=RELEVANT)]

    for said, heading in (
        ("你好", "你好"),
        ("晚上好", "晚上好，下午好，中午好"),
        ("今天天气怎么样", "今天天气怎么样，明天会下雨吗"),
        ("帮我找份工作", "帮我找份工作，推荐几个岗位"),
        ("推荐几本书", "推荐几本书，推荐一部电影，有什么好看的"),
        ("我升职了", "我升职了，我考上了，我成功了"),
        ("最近总是睡不着", "凌晨总是早醒，醒了就再也睡不着"),
        ("产后情绪很低落", "生完孩子以后情绪很低落，老想哭"),
        ("暗恋一个人要不要表白", "暗恋一个人好久了，要不要表白"),
    ):
        assert found(said)[0] == heading, said
    # Words that stand somewhere in the replies do not make a record an answer.
    for said in ("你吃饭了吗", "一加一等于几", "今天星期几", "苹果手机多少钱", "李白是哪个朝代的", "股票今天涨了吗"):
        assert found(said) == [], said
