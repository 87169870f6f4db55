"""Tasks done by models, end to end: a tiny model of the kind, saved by its real classes, behind the tool that a turn calls."""

import io
import json
import shutil
import threading
from pathlib import Path

import pytest
from PIL import Image
from scipy.io import wavfile

from assistant.models import runners
from assistant.models.tasks import find
from assistant.pipelines import Pipelines
from tests.assistant.models import tinies
from tools import runner
from tools.base import Media, ToolContext

GIVEN = {
    "text": "ada lovelace works in london. the river is good.",
    "question": "where is ada",
    "others": ["the cat", "水"],
    "labels": ["sport", "music"],
    "things": ["Cat", "river"],
    "words": "hello tea",
    "picture": "1",
    "sound": "2",
}
MEDIA = {"1": Media(tinies.png(), "image/png", "red.png"), "2": Media(tinies.wav(), "audio/wav", "tone.wav")}


@pytest.fixture(scope="module")
def folder_of(tmp_path_factory):
    """The folder of a tiny model of a kind, made once."""
    made = {}

    def folder_of(kind):
        if kind not in made:
            made[kind] = tinies.save(kind, tmp_path_factory.mktemp(kind))
        return made[kind]

    return folder_of


@pytest.fixture(scope="module")
def pipelines():
    pipelines = Pipelines(room=lambda: 1 << 30)
    yield pipelines
    pipelines.close()


@pytest.fixture
def done(pipelines, folder_of):
    """What the tool of a task gives with a tiny model, through the runner that turns use."""

    def done(task, kind, language="en", **given):
        folder = kind if isinstance(kind, Path) else folder_of(kind)
        words = {"en": "Does it.", "zh": "做这件事。"}
        tool = pipelines.tool(task=task, id="own", name="own", titles=words, about=words, model=f"path:{folder}")
        assert not tool.sends
        arguments = {name: given.get(name, GIVEN[name]) for name in find(task).takes}
        context = ToolContext(language=language, media=MEDIA.get)
        return runner.run(tool, arguments, context)

    return done


@pytest.fixture
def changed(folder_of, tmp_path):
    """The folder of a tiny model with other settings in its config.json."""

    def changed(kind, **changes):
        shutil.copytree(folder_of(kind), tmp_path, dirs_exist_ok=True)
        settings = json.loads((tmp_path / "config.json").read_text())
        (tmp_path / "config.json").write_text(json.dumps({**settings, **changes}))
        return tmp_path

    return changed


def picture_in(output):
    (shown,) = output.media
    assert shown.type == "image/png"
    with Image.open(io.BytesIO(shown.data)) as image:
        return image.convert("RGB")


class TestTexts:
    @pytest.mark.parametrize("task", ["translate-zh-en", "translate-en-zh", "summarize", "correct-text", "named-entities"])
    def test_a_model_that_talks_is_asked_in_words(self, done, pipelines, task):
        output = done(task, "chat")
        assert not output.failed, output.text
        assert output.data["text"] == output.text
        assert len([model for model in pipelines.loaded() if model.name.startswith("chat")]) == 1  # for all tasks

    def test_a_text_is_gone_on_with(self, done):
        assert done("write-text", "goes-on").data["text"]

    def test_a_model_that_only_goes_on_translates_nothing(self, done):
        output = done("translate-en-zh", "goes-on", "zh")
        assert output.failed
        assert "既不是文本转换模型，也不是对话模型" in output.text

    def test_one_text_is_turned_into_another(self, done):
        assert not done("summarize", "rewrites").failed

    @pytest.mark.parametrize(("task", "begins"), [("translate-zh-en", "eng_Latn"), ("translate-en-zh", "zho_Hans")])
    def test_a_translator_of_many_languages_is_told_which(self, done, task, begins):
        assert done(task, "translates-many").text.startswith(begins)

    def test_a_text_too_long_to_answer_is_refused(self, done):
        output = done("translate-en-zh", "chat", text="river " * 400)
        assert output.failed
        assert "The input is too long for the model by" in output.text

    def test_a_text_is_sorted(self, done):
        output = done("sentiment", "sorts-texts", text="the tea is good " * 300)
        assert {each["label"] for each in output.data} == {"good", "bad"}
        assert sum(each["score"] for each in output.data) == pytest.approx(1)

    def test_a_text_is_sorted_under_labels_nobody_trained(self, done):
        output = done("classify-text", "entails", labels=["music", "sport", "天气"])
        assert {each["label"] for each in output.data} == {"music", "sport", "天气"}
        assert output.data[0]["score"] >= output.data[-1]["score"]

    def test_names_are_words_of_the_text(self, done):
        output = done("named-entities", "names", text=GIVEN["text"] * 20)
        assert output.data
        assert all(each["text"] in GIVEN["text"] * 20 and each["kind"] in ("PER", "LOC") for each in output.data)

    def test_an_answer_is_words_of_a_text_of_any_length(self, done):
        text = "the river is good. " * 60 + GIVEN["text"]
        output = done("answer-from-text", "answers", text=text)
        assert output.data["answer"] in text
        assert 0 <= output.data["score"] <= 1

    def test_a_word_is_filled_in(self, done):
        output = done("fill-mask", "fills", text="天气不[MASK]。")
        assert len(output.data[0]) == 5
        assert output.data[0][0]["word"] in output.text

    def test_a_text_without_a_gap_is_refused(self, done):
        output = done("fill-mask", "fills", "zh", text="天气不错。")
        assert output.failed
        assert output.text == "文本里没有 [MASK]。请在缺字的地方写 [MASK]。"

    def test_texts_are_compared(self, done):
        output = done("text-similarity", "compares", others=["水", GIVEN["text"]])
        assert output.data[0] == {"text": GIVEN["text"], "score": pytest.approx(1, abs=1e-3)}
        assert output.data[1]["score"] < 1


class TestPictures:
    def test_a_picture_is_sorted(self, done):
        assert {each["label"] for each in done("classify-picture", "sorts-pictures").data} == {"cat", "river"}

    def test_a_picture_is_sorted_under_labels_nobody_trained(self, done):
        assert {each["label"] for each in done("label-picture", "labels-pictures").data} == {"sport", "music"}

    @pytest.mark.parametrize(("task", "kind"), [("detect-objects", "finds-objects"), ("find-in-picture", "looks-for")])
    def test_what_is_found_is_framed(self, done, task, kind):
        output = done(task, kind)
        assert output.data
        assert all(each["label"] in ("cat", "river") and len(each["box"]) == 4 for each in output.data)
        framed = picture_in(output)
        assert framed.size == (48, 40)
        with Image.open(io.BytesIO(MEDIA["1"].data)) as before:
            assert framed.tobytes() != before.tobytes()

    def test_a_picture_is_divided(self, done):
        output = done("segment-picture", "divides-pictures")
        assert sum(each["share"] for each in output.data) == pytest.approx(1, abs=0.01)
        assert picture_in(output).size == (48, 40)

    def test_depth_is_a_picture(self, done):
        output = done("picture-depth", "sees-depth", "zh")
        assert picture_in(output).size == (48, 40)
        assert "255 最近" in output.text
        assert len(output.data) == 9

    def test_a_picture_is_described(self, done):
        output = done("caption-picture", "captions")
        assert not output.failed, output.text

    @pytest.mark.parametrize("kind", ["answers-about-pictures", "chooses-answers", "sees-and-talks"])
    def test_questions_about_a_picture_are_answered(self, done, kind):
        output = done("ask-picture", kind, question="is the river good")
        assert not output.failed, output.text
        if kind == "chooses-answers":
            assert output.text in ("yes", "no")

    @pytest.mark.parametrize("task", ["ask-document", "read-picture", "caption-picture", "classify-picture"])
    def test_a_model_that_sees_and_talks_does_every_task_with_words(self, done, task):
        output = done(task, "sees-and-talks")
        assert not output.failed, output.text

    @pytest.mark.parametrize("task", ["detect-objects", "segment-picture"])
    def test_a_model_of_another_kind_says_so(self, done, task):
        output = done(task, "sorts-texts")
        assert output.failed
        assert "cannot be run for" in output.text

    def test_a_picture_that_is_not_there(self, done):
        output = done("caption-picture", "captions", "zh", picture="第 9 张")
        assert output.failed
        assert "对话里没有图片或声音 '第 9 张'" in output.text

    def test_a_sound_is_no_picture(self, done):
        output = done("caption-picture", "captions", picture="2")
        assert output.failed
        assert "'tone.wav' is no picture" in output.text


class TestSounds:
    @pytest.mark.parametrize("kind", ["hears", "whispers"])
    def test_speech_is_written_down(self, done, kind):
        output = done("transcribe", kind)
        assert not output.failed, output.text
        assert "text" in output.data

    def test_a_sound_is_sorted(self, done):
        assert {each["label"] for each in done("classify-sound", "sorts-sounds").data} == {"rain", "music"}

    def test_words_are_spoken(self, done):
        output = done("speak", "speaks")
        (shown,) = output.media
        rate, samples = wavfile.read(io.BytesIO(shown.data))
        assert (shown.type, shown.name, rate) == ("audio/wav", "hello tea", 16_000)
        assert len(samples) / rate == pytest.approx(output.data["seconds"], abs=0.01)

    def test_a_voice_in_two_halves_is_refused_and_nothing_fetched(self, done, changed):
        output = done("speak", changed("speaks", model_type="speecht5"))
        assert output.failed
        assert "gives no sound by itself" in output.text


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"auto_map": {"AutoModel": "evil.py"}}, "brings its own Python code"),
            ({"backbone_config": {"use_pretrained_backbone": True}}, "would fetch a second model"),
            ({"hidden_size": 48}, "cannot be run for"),
        ],
    )
    def test_a_model_that_would_do_more_than_it_should(self, done, changed, changes, says):
        output = done("sentiment", changed("sorts-texts", **changes))
        assert output.failed
        assert says in output.text

    @pytest.mark.parametrize(("name", "says"), [("adapter_config.json", "adapter"), ("model.safetensors", "no weights")])
    def test_a_folder_that_is_no_whole_model(self, done, changed, name, says):
        folder = changed("sorts-texts")
        if (folder / name).exists():
            (folder / name).rename(folder / "pytorch_model.bin")
        else:
            (folder / name).write_text("{}")
        assert says in done("sentiment", folder).text

    def test_stop_is_seen_between_tokens(self, folder_of):
        from transformers import AutoTokenizer

        class Later(threading.Event):
            """Set when it has been looked at three times."""

            looks = 0

            def is_set(self):
                self.looks += 1
                return self.looks > 3

        folder = folder_of("goes-on")
        run = runners.load(folder, "rewrite")
        tokenizer = AutoTokenizer.from_pretrained(folder)
        whole, broken = (run(find("write-text"), {"text": "river"}, cancel) for cancel in (threading.Event(), Later()))
        assert whole.startswith(broken.rstrip("\ufffd"))
        assert len(tokenizer.encode(broken)) < len(tokenizer.encode(whole)) / 4
