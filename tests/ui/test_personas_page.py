"""The personas page on a whole studio, without Gradio or a browser: forms are read from the HTML as a page would read them."""

import base64
import io
import re
from html.parser import HTMLParser

import pytest
from PIL import Image

from assistant.access import MAKER, Identity
from assistant.messages import Message
from common.documents import Line
from personas.schema import Generation, Voices
from ui.ask import Ask
from ui.chat import Desk
from ui.persona_form import document_of, form_of, read_form
from ui.session import Viewers
from ui.workshop import Workshop

VISITOR = Identity("visitor-1", False)


def words(html: str) -> str:
    return " ".join(re.sub(r"<!--.*?-->|<[^>]*>", " ", html).split())


class FormReader(HTMLParser):
    """What the page's script would send of the form that saves itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.fields: dict[str, list[str]] = {}
        self.data: dict[str, str] = {}
        self._area = self._select = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        if tag == "form" and "data-autosave" in given:
            self.data = {name.removeprefix("data-"): value for name, value in given.items() if name.startswith("data-")}
        name = given.get("name", "")
        if tag in ("input", "textarea", "select") and name:
            values = self.fields.setdefault(name, [])
            if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
                values.append(given["value"] if given.get("type") != "checkbox" or "value" in given else "on")
            if tag == "textarea":
                self._area = name
                values.append("")
            if tag == "select":
                self._select = name
        if tag == "option" and "selected" in given:
            self.fields[self._select].append(given["value"])

    def handle_data(self, data):
        if self._area:
            self.fields[self._area][-1] += data

    def handle_endtag(self, tag):
        if tag == "textarea":
            self._area = ""


class Tab:
    """A page that is open somewhere: it keeps what it was shown last and presses things."""

    def __init__(self, shop: Workshop, identity=MAKER, language="en") -> None:
        self.shop, self.identity, self.language = shop, identity, language
        self.thing, self.html, self.screens, self.nonce = "", "", [], 0

    def _ask(self, **data) -> Ask:
        self.nonce += 1
        return Ask(self.identity, "session", "personas", "", "", self.language, self.nonce, data=data, thing=self.thing)

    def visit(self, thing: str = "") -> "Tab":
        self.thing = thing
        return self._shown(self.shop.visit(self._ask()))

    def press(self, action: str, *, form: bool = False, typed: dict[str, list[str]] | None = None, **data) -> "Tab":
        along = {}
        if form or typed is not None:
            read = self.form
            along = {**read.data, "fields": {**read.fields, **(typed or {})}}
        return self._shown(self.shop.act(self._ask(**{**along, "zone": 0, **data, "action": action})))

    def type(self, **typed: str) -> "Tab":
        return self.press("save", typed={name.replace("__", "."): [value] for name, value in typed.items()})

    def send(self, files, place: str) -> "Tab":
        along = {**self.form.data, "fields": self.form.fields} if self.thing else {}
        return self._shown(self.shop.files(self._ask(**{**along, "files": files, "place": place})))

    def _shown(self, screens) -> "Tab":
        self.screens = [{name: html() if callable(html) else html for name, html in screen.items()} for screen in screens]
        self.html = next(screen["workshop"] for screen in self.screens if "workshop" in screen)
        here = re.search(r'data-here="([^"]*)"', self.html)
        self.thing = here[1] if here else self.thing
        return self

    @property
    def form(self) -> FormReader:
        return FormReader(self.html)

    @property
    def words(self) -> str:
        return words(self.html)

    @property
    def note(self) -> str:
        return words(
            self.html.split("outcome-place", 1)[1].split("<form" if self.thing else 'class="cards', 1)[0].split(">", 1)[1]
        )


@pytest.fixture
def shop(make_studio, tmp_path):
    studio = make_studio([[], []])
    (tmp_path / "uploads").mkdir()
    made = Workshop(studio, Desk(studio, Viewers()), tmp_path / "uploads")
    made.studio, made.folder = studio, tmp_path / "uploads"
    return made


@pytest.fixture
def tab(shop) -> Tab:
    return Tab(shop)


def stored(shop, id: str = "gg"):
    return shop.studio.personas.get("maker", id)


def titles(shop) -> list[str]:
    return [version.document.title.en for version in shop.studio.personas.versions("maker", "gg")]


def put(shop, name: str, content: bytes) -> list[dict[str, str]]:
    place = shop.folder / f"hash-of-{name}"
    place.mkdir()
    (place / name).write_bytes(content)
    return [{"name": name, "path": str(place / name)}]


def png(colour: str = "teal") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(file, "PNG")
    return file.getvalue()


# -- the cards ---------------------------------------------------------------------------------------------------------


def test_a_maker_sees_everyone_and_the_ways_to_make_more(tab):
    tab.visit()
    listed = re.findall(r'data-do="thing" data-page="personas" data-thing="([^"]+)"', tab.html)
    assert listed == ["gg", "librarian", "model-guide"]
    for action in ("new", "duplicate"):
        assert f'data-action="{action}"' in tab.html
    assert tab.words.count("published") == 3
    assert Tab(tab.shop, language="zh").visit().words.count("已发布") == 3


def test_a_visitor_sees_the_published_ones_and_nothing_to_change(tab):
    tab.visit("gg").type(published="")
    tab.press("save", typed={"published": []})
    visitor = Tab(tab.shop, VISITOR).visit("gg")
    assert re.findall(r'data-persona="([^"]+)"', visitor.html) == ["librarian", "model-guide"]
    assert not re.search('data-action|data-do="thing"|<form|choose-files', visitor.html)
    assert len(visitor.screens) == 1


def test_a_visitor_changes_nothing(tab):
    before = [stored.document for stored in tab.shop.studio.personas.list("maker")]
    visitor = Tab(tab.shop, VISITOR).visit("gg")
    for action in ("save", "new", "duplicate", "delete", "reset", "restore", "bring-back", "export", "mine", "remove-picture"):
        visitor.thing = "gg"
        visitor.press(action, id="gg", fields={"title.en": ["Mine"]})
        assert "Only those who look after this page" in visitor.note, action
        assert all("download" not in screen for screen in visitor.screens)
    visitor.thing = ""
    visitor.send(put(tab.shop, "a.yaml", b"id: x\ntitle: {en: X}"), "persona-import")
    assert [stored.document for stored in tab.shop.studio.personas.list("maker")] == before
    assert list(tab.shop.folder.iterdir()) == []


# -- the form ----------------------------------------------------------------------------------------------------------


def test_the_form_holds_the_whole_persona(shop):
    other = {"title": Line(en="x"), "tools": (), "few_shot": (), "generation": Generation(max_tokens=16)}
    for id in ("gg", "librarian", "model-guide"):
        for language in ("en", "zh"):
            persona = stored(shop, id).document
            form = read_form(Tab(shop, language=language).visit(id).form.fields, persona.model_copy(update=other))
            assert shop.studio.personas.parse(document_of(form, persona)) == persona
            assert form_of(persona).rows == form.rows


def test_opening_and_saving_without_a_change_saves_nothing(tab):
    tab.visit("librarian").press("save", form=True, typed={"tint": ["#6a5a8c"]})
    assert stored(tab.shop, "librarian").revision == 0
    assert "as it came" in tab.words


def test_what_is_typed_is_saved_and_one_sitting_is_one_version(tab):
    tab.visit("gg")
    for title in ("G", "GGG", "GG the kind"):
        tab.type(title__en=title)
    saved = stored(tab.shop)
    assert (saved.document.title.en, saved.document.title.zh, saved.revision) == ("GG the kind", "GG安慰侠", 3)
    assert saved.document.tools == ("clock", "dates")
    assert len(tab.shop.studio.personas.versions("maker", "gg")) == 1
    assert re.search(r"saved \d\d:\d\d", tab.words)
    assert "已保存" in Tab(tab.shop, language="zh").visit("gg").words


def test_the_same_form_stays_while_one_types_and_another_comes_when_it_was_replaced(tab):
    first = tab.visit("gg").form.data["key"]
    assert tab.type(title__en="One").form.data["key"] == first
    assert tab.press("add-row", form=True, kind="starters").form.data["key"] == first
    assert tab.press("reset", form=True).form.data["key"] != first


def test_the_test_chat_beside_shows_what_changed(tab):
    tab.visit("gg")
    assert "Hi, I am GG" in tab.screens[-1]["talk"]
    tab.type(greeting__en="A new greeting.")
    assert "A new greeting." in tab.screens[-1]["talk"]
    tab.type(instruction__en="You are another.")
    assert len(tab.screens) == 1


def test_errors_stand_at_their_fields_and_what_was_typed_stays(tab):
    tab.visit("gg").type(title__en=" ", title__zh="", avatar="too long", generation__max_tokens="9")
    assert stored(tab.shop).revision == 0
    assert "Not saved: 3 fields" in tab.note
    wrong = [words(field) for field in re.findall(r'<em role="alert">(.*?)</em>', tab.html)]
    assert wrong == [
        "Give the persona a title in English or Chinese.",
        "An avatar is at most 4 letters or emoji.",
        "This must be at least 16.",
    ]
    assert tab.form.fields["avatar"] == ["too long"]
    assert "not saved yet" in tab.words
    tab.type(title__en="GG", avatar="G", generation__max_tokens="20")
    assert "<em" not in tab.html
    assert stored(tab.shop).document.generation.max_tokens == 20


def test_a_wrong_row_is_named_by_its_place_in_the_form(tab):
    tab.visit("gg").press("save", typed={"starters.2.en": ["abc\u202egnp.exe"], "starters.1.en": ["two\nlines"]})
    assert "This must be one line" in tab.html.split('data-key="starters-2"')[1].split('data-key="starters-3"')[0]
    assert tab.html.count("<em") == 1
    tab.press("save", typed={"starters.2.en": ["right"]})
    assert [starter.en for starter in stored(tab.shop).document.starters[1:3]] == ["two lines", "right"]


def test_rows_come_and_go_and_keep_what_is_typed_in_them(tab):
    tab.visit("gg").press("add-row", form=True, kind="starters")
    assert tab.form.fields["starters"] == ["0", "1", "2", "3", "4", "5", "6"]
    tab.press("save", typed={"starters.6.en": ["A new one"]})
    assert stored(tab.shop).document.starters[-1].en == "A new one"
    tab.press("remove-row", form=True, kind="starters", row="1", name="Starter 2")
    assert [starter.en for starter in stored(tab.shop).document.starters][1:2] == ["Work is too much and I dread every morning."]
    assert tab.form.fields["starters"] == ["0", "2", "3", "4", "5", "6"]
    assert tab.form.fields["starters.6.en"] == ["A new one"]
    assert "Removed Starter 2. Undo" in tab.note
    undo = dict(re.findall(r'data-([\w-]+)="([^"]*)"', tab.html.split("outcome-place")[1].split("</button>")[0]))
    values = {re.sub("-(.)", lambda m: m[1].upper(), name): value for name, value in undo.items() if name.startswith("value")}
    tab.press("return-row", form=True, kind="starters", **values)
    assert stored(tab.shop).document.starters[-1].en == "We broke up and I feel empty."


def test_all_rows_can_go(tab):
    tab.visit("model-guide").press("save", typed={"starters": [], "few_shot": []})
    assert stored(tab.shop, "model-guide").document.starters == ()
    assert stored(tab.shop, "model-guide").document.few_shot == ()
    assert tab.visit("model-guide").form.fields["starters"] == []


def test_half_an_example_waits_for_its_other_half(tab):
    tab.visit("librarian").press("add-row", form=True, kind="few_shot")
    tab.press("save", typed={"few_shot.0.user": ["Who are you?"], "few_shot.0.language": ["en"]})
    assert "It counts once both halves are written." in tab.words
    assert tab.form.fields["few_shot.0.user"] == ["Who are you?"]
    assert stored(tab.shop, "librarian").document.few_shot == ()
    tab.press("save", typed={"few_shot.0.assistant": ["The Librarian."]})
    (example,) = stored(tab.shop, "librarian").document.few_shot
    assert (example.language, example.user, example.assistant) == ("en", "Who are you?", "The Librarian.")


def test_picks_keep_their_order_and_what_is_gone_can_be_taken_out(tab):
    persona = stored(tab.shop).document
    changed = {"tools": ("dates", "gone", "clock"), "model": "hf:Gone/Model", "voice": Voices(zh="espeak:cmn+m7")}
    tab.shop.studio.personas.save("maker", persona.model_copy(update=changed), 0)
    tab.visit("gg")
    assert "gone (not there)" in tab.words
    assert "hf:Gone/Model (not there)" in tab.words
    assert tab.form.fields["voice.zh"] == ["espeak:cmn+m7"]
    tab.press("save", typed={"tools": ["clock", "calculator", "dates"], "model": [""]})
    assert stored(tab.shop).document.tools == ("dates", "clock", "calculator")
    assert stored(tab.shop).document.model is None


def test_what_a_hostile_page_sends_changes_nothing_it_should_not(tab):
    tab.visit("gg")
    fields = {"starters": ["../x", "99999", "-1", "٣"], "tools": ["../../etc", "clock"], "id": ["librarian"], "picture": ["AAAA"]}
    tab.press("save", fields=fields, revision="x" * 500, key="<script>")
    assert "<script>" not in tab.html
    saved = stored(tab.shop).document
    assert saved.id == "gg"
    assert saved.picture == ""
    for value in ("text", 7, None, ["a"], {"tools": "clock"}, {"tools": [1, None]}):
        tab.press("save", fields=value)
    assert stored(tab.shop, "librarian").revision == 0


def test_names_from_outside_are_escaped(tab):
    bad = '"><script>alert(1)</script>'
    tab.visit("gg").type(title__en=bad, description__en=bad, greeting__en=bad, avatar='"<b>'[:4], instruction__en=bad)
    for html in (tab.html, tab.visit().html, tab.visit("gg").html):
        assert "<script>" not in html
    assert tab.form.fields["title.en"] == [bad]


# -- two tabs ----------------------------------------------------------------------------------------------------------


def test_a_second_tab_is_asked_and_can_keep_its_own(tab):
    other = Tab(tab.shop).visit("gg")
    tab.visit("gg").type(title__en="First tab")
    other.type(title__en="Second tab")
    assert "saved somewhere else" in other.note
    assert other.form.fields["title.en"] == ["Second tab"]
    assert stored(tab.shop).document.title.en == "First tab"
    other.type(title__en="Second tab, on")
    assert "saved somewhere else" in other.note
    other.press("mine", form=True)
    assert stored(tab.shop).document.title.en == "Second tab, on"
    assert titles(tab.shop) == ["Second tab, on", "First tab"]
    tab.type(title__en="First again")
    assert "saved somewhere else" in tab.note


def test_a_second_tab_can_take_what_the_first_saved(tab):
    other = Tab(tab.shop).visit("gg")
    key = other.form.data["key"]
    tab.visit("gg").type(title__en="First tab")
    other.type(title__en="Second tab")
    other.press("theirs", form=True)
    assert other.form.fields["title.en"] == ["First tab"]
    assert other.form.data["key"] != key
    assert "data-refused" not in other.type(title__en="Second, after").html


def test_a_mistake_that_is_mended_does_not_overwrite_the_other_tab(tab):
    other = Tab(tab.shop).visit("gg")
    tab.visit("gg").type(title__en="First tab")
    other.type(avatar="far too long")
    assert "at most 4 letters" in other.html
    other.type(avatar="A")
    assert "saved somewhere else" in other.note
    assert stored(tab.shop).document.title.en == "First tab"
    other.press("theirs", form=True)
    other.type(avatar="far too long")
    other.type(avatar="B")
    assert (stored(tab.shop).document.avatar, stored(tab.shop).document.title.en) == ("B", "First tab")


def test_one_that_was_deleted_in_another_tab_is_said_to_be_gone(tab):
    tab.press("new")
    other = Tab(tab.shop).visit(tab.thing)
    tab.press("delete", form=True)
    other.type(title__en="Still typing")
    assert "The persona 'persona' is not there any more" in other.note.replace("persona persona", "persona 'persona'")
    assert other.thing == ""


# -- coming and going --------------------------------------------------------------------------------------------------


def test_a_new_one_is_made_deleted_and_brought_back(tab):
    tab.visit().press("new")
    assert tab.thing == "persona"
    assert "talk" in tab.screens[-1]
    tab.type(title__en="Mine", title__zh="我的")
    tab.press("delete", form=True)
    assert tab.thing == ""
    assert "Deleted “Mine”. Undo" in tab.note
    assert 'data-thing="persona"' not in tab.html
    tab.press("bring-back", id="persona")
    assert 'data-thing="persona"' in tab.html
    assert stored(tab.shop, "persona").document.title.zh == "我的"


def test_a_copy_opens_and_is_not_published(tab):
    tab.visit().press("duplicate", id="gg")
    assert tab.thing == "gg-2"
    assert "published" not in tab.form.fields or tab.form.fields["published"] == []
    assert "“GG Comforter (copy)” is there" in tab.note


def test_a_copy_has_what_was_just_typed(tab):
    tab.visit("gg").press("duplicate", typed={"title.en": ["Typed"]}, id="gg")
    assert stored(tab.shop, "gg-2").document.title.en == "Typed (copy)"


def test_a_shipped_one_is_reset_and_that_is_undone(tab):
    assert 'data-action="reset"' not in tab.visit("gg").html
    tab.type(title__en="Changed")
    tab.press("reset", form=True)
    assert tab.form.fields["title.en"] == ["GG Comforter"]
    assert "is as it came" in tab.note
    tab.press("bring-back", id="gg")
    assert tab.form.fields["title.en"] == ["Changed"]


def test_versions_show_what_changed_and_go_back(tab):
    tab.visit("gg").type(title__en="First", instruction__en="You are GG.\nBe kind.")
    tab.press("mine", typed={"title.en": ["Second"], "playful": []})
    html = tab.html.split('class="versions"')[1]
    assert "<del>First</del><ins>Second</ins>" in html
    assert "<del>✓</del><ins>✗</ins>" in html
    assert "<ins>Be kind.</ins>" in html
    assert html.count("<li") == 2
    (old,) = re.findall(r'data-action="restore"[^>]*data-version="(\d+)"', html)
    tab.press("restore", form=True, version=old)
    assert tab.form.fields["title.en"] == ["First"]
    assert stored(tab.shop).document.playful
    assert titles(tab.shop) == ["First", "Second", "First"]
    assert "is as it was then" in tab.note
    tab.press("restore", form=True, version="999")
    assert stored(tab.shop).document.title.en == "First"


def test_export_and_import_are_one_file_and_bring_the_picture(tab):
    tab.visit("gg").send(put(tab.shop, "me.png", png()), "persona-picture")
    tab.press("export", form=True)
    file = re.fullmatch(r'<pre data-name="gg\.yaml">(.*)</pre>', tab.screens[0]["download"], re.DOTALL)[1]
    text = file.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("&#39;", "'").replace("&#34;", '"')
    tab.visit().send(put(tab.shop, "gg.yaml", text.encode()), "persona-import")
    assert "“GG Comforter” was imported" in tab.note
    copy = stored(tab.shop, "gg-2").document
    assert copy.picture
    assert not copy.published
    assert list(tab.shop.folder.iterdir()) == []


def test_a_file_that_is_no_persona_is_refused_with_a_sentence(tab):
    for content in (b"", b"\xff\xfe\x00", b"- a list", b"id: x\ntitle: {en: X}\ntrusted: true", b"x" * 3_000_000):
        tab.visit().send(put(tab.shop, "bad.yaml", content), "persona-import")
        assert "data-refused" in tab.html
    assert len(tab.shop.studio.personas.list("maker")) == 3


# -- pictures ----------------------------------------------------------------------------------------------------------


def test_a_picture_is_uploaded_shown_by_its_address_and_removed(tab):
    tab.visit("gg").type(title__en="Typed before")
    tab.send(put(tab.shop, "me.png", png()), "persona-picture")
    face = stored(tab.shop).document.face
    assert face.startswith("avatars/gg/")
    assert f'<img src="{face}"' in tab.html
    assert stored(tab.shop).document.picture[:60] not in tab.html
    assert f'<img src="{face}"' in tab.screens[-1]["talk"]
    assert stored(tab.shop).document.title.en == "Typed before"
    assert tab.form.data["revision"] == str(stored(tab.shop).revision)
    tab.press("remove-picture", form=True)
    assert "<img" not in tab.html
    assert list(tab.shop.folder.iterdir()) == []


def test_a_file_that_is_no_picture_is_refused_at_its_field(tab):
    tab.visit("gg").send(put(tab.shop, "me.png", b"no picture"), "persona-picture")
    assert re.search(r'<em role="alert">This is not a PNG, JPEG or WebP picture', tab.html)
    tab.send([{"name": "me.png", "path": "/etc/passwd"}], "persona-picture")
    assert "me.png could not be sent" in tab.note
    assert stored(tab.shop).document.picture == ""


def test_no_list_of_messages_carries_a_picture(shop):
    tab = Tab(shop).visit("gg").send(put(shop, "me.png", png()), "persona-picture")
    conversation = shop.studio.conversations.create("maker", "gg").id
    said = [Message("user", "hi"), Message("assistant", "hello")]
    with shop.studio.database.write() as connection:
        shop.studio.conversations.append(connection, "maker", conversation, said * 100)
    desk = Desk(shop.studio, Viewers())
    (screen,) = desk.visit(Ask(MAKER, "s", "chat", conversation))
    picture = stored(shop).document.picture
    assert base64.b64decode(picture)[:4] == b"RIFF"
    assert picture[:60] not in screen["talk"]
    assert screen["talk"].count(stored(shop).document.face) == 100
    assert tab.thing == "gg"


# -- check-up ----------------------------------------------------------------------------------------------------------


def test_the_check_up_names_what_is_missing_with_a_way_there(tab):
    tab.visit("gg")
    assert "Everything is there." in tab.words
    tab.press(
        "save",
        typed={"greeting.en": [""], "greeting.zh": [""], "tools": ["clock"], "instruction.en": ["Use dates. Search the web."]},
    )
    assert re.findall(r'<li class="(\w+)">.*?data-field="([^"]+)"', tab.html) == [
        ("warn", "greeting"),
        ("warn", "instruction.en"),
        ("warn", "instruction.en"),
    ]
    assert "Check-up · 3" in tab.words
    assert 'data-section="speech" data-field="greeting">Mend it' in tab.html
    assert "还没有开场白" in Tab(tab.shop, language="zh").visit("gg").words


def test_one_that_is_not_there_gives_the_cards_and_says_so(tab):
    for thing in ("nobody", "../x", "A" * 300):
        tab.visit(thing)
        assert "data-refused" in tab.html
        assert 'data-thing="gg"' in tab.html
