"""The settings page: what it shows to whom, what a press does, and that nothing shouts or slips through."""

import shutil

import pytest

from assistant.access import MAKER, Identity
from assistant.deletion import Held
from assistant.storage import Sizes
from ui.ask import Ask
from ui.chat import Desk
from ui.pages.settings import SettingsPage
from ui.render import Manner
from ui.session import Viewers
from ui.views import settings as views
from ui.views.settings import room

VISITOR = Identity("visitor-1", maker=False)
EN, ZH = Manner("en"), Manner("zh")


@pytest.fixture
def open_page(make_studio):
    """A page on a studio of its own: (page, studio)."""

    def make(script=(), **settings):
        studio = make_studio(script, **settings)
        return SettingsPage(studio, Desk(studio, Viewers())), studio

    return make


def ask(identity=MAKER, thing="", language="en", **data):
    return Ask(identity, "session", page="settings", thing=thing, language=language, data=data)


def acted(page, asked):
    """The page after an act."""
    [*_, last] = page.act(asked)
    return str(last["workshop"])


@pytest.mark.parametrize(
    ("identity", "settings", "sections"),
    [
        (MAKER, {}, ["look", "start", "care", "search", "data", "delete", "about"]),
        (MAKER, {"host": "0.0.0.0", "token": "t"}, ["look", "start", "care", "search", "data", "delete", "sign_out", "about"]),
        (VISITOR, {"hosted": "huggingface", "token": "t"}, ["look", "delete", "sign_in", "about"]),
    ],
)
def test_who_sees_which_sections(open_page, tame, identity, settings, sections):
    page, _ = open_page(**settings)
    for language in ("en", "zh"):
        for section in ("", "care", "data", "nonsense", *sections):
            html = tame(str(page.show(ask(identity, section, language))))
            assert [name for name in views._SECTIONS if f'data-thing="{name}"' in html] == [
                *sorted(sections, key=[*views._SECTIONS].index)
            ]
            current = section if section in sections else "look"
            assert f'data-key="item-{current}" aria-current="true"' in html
    visitor = str(page.show(ask(VISITOR, "data")))
    assert "hearth.db" not in visitor
    assert str(page._studio.folder.path) not in visitor


def test_the_address_of_the_web_search_is_kept_or_its_fault_is_shown_beside_it(open_page, tame):
    page, studio = open_page()
    html = acted(page, ask(thing="search", action="search", fields={"search": ["http://127.0.0.1:8080/"]}))
    assert 'value="http://127.0.0.1:8080"' in tame(html)
    assert "saved " in html
    html = acted(page, ask(thing="search", language="zh", action="search", fields={"search": ['ftp://"<b>']}))
    assert 'role="alert"' in tame(html)
    assert "<b>" not in html
    assert studio.toolbox.addresses.current(MAKER.owner).search == "http://127.0.0.1:8080"
    acted(page, ask(VISITOR, "search", action="search", fields={"search": ["https://evil.example"]}))
    assert studio.toolbox.addresses.current(MAKER.owner).search == "http://127.0.0.1:8080"
    acted(page, ask(thing="search", action="search", fields={"search": [""]}))
    assert studio.toolbox.addresses.current(MAKER.owner).search == ""


def test_choices_are_kept_and_their_effect_is_shown(open_page, tame):
    page, studio = open_page()
    html = acted(page, ask(thing="care", action="region", fields={"region": ["US"]}))
    assert "988" in tame(html)
    assert "saved " in html
    assert studio.region == "US"
    html = acted(page, ask(thing="start", action="defaults", fields={"persona": ["librarian"], "model": ["scripted"]}))
    assert '<option value="librarian" selected>' in tame(html)
    assert (studio.preferences.current().persona, studio.preferences.current().model) == ("librarian", "scripted")
    studio.servers.add("A server", "https://a.example/v1", "m", False)
    assert '<option value="openai:https://a.example/v1#m">' in tame(str(page.show(ask(thing="start"))))
    html = acted(page, ask(thing="care", language="zh", action="region", fields={"region": ["Mars"]}))
    assert "没有" in tame(html)
    assert studio.region == "US"
    assert acted(page, ask(thing="start", action="defaults", fields={"persona": "not a list", "api": ["x"]}))
    assert studio.preferences.current().persona == "librarian"


def test_what_the_start_was_told_is_said(open_page):
    page, _ = open_page(region="GB", model="hf:ORG/NAME", given=frozenset({"region", "model"}))
    assert "United Kingdom (HEARTH_REGION)" in str(page.show(ask(thing="care")))
    assert "hf:ORG/NAME" in str(page.show(ask(thing="start")))


@pytest.mark.parametrize("action", ["defaults", "region", "backup", "go-back", "forget"])
def test_a_visitor_changes_nothing_of_the_makers(open_page, action):
    page, studio = open_page(hosted="huggingface", token="t")
    fields = {"region": ["US"], "persona": ["librarian"]}
    for screen in page.act(ask(VISITOR, "care", action=action, fields=fields, before="20260101-000000-000000")):
        assert set(screen) == {"workshop"}
    assert studio.preferences.current().region == ""


def test_sizes_are_counted_meanwhile(open_page, tame):
    page, studio = open_page()
    assert "data-poll" in tame(str(page.show(ask(thing="data"))))
    assert studio.storage.wait(20) is not None
    html = tame(acted(page, ask(thing="data", action="poll")))
    assert "data-poll" not in html
    assert "Knowledge · " in html
    assert str(studio.folder.path) in html


def test_a_page_that_does_not_last_says_so(open_page):
    page, _ = open_page(lasting=False)
    assert "outlives" in str(page.show(ask(thing="data")))


def test_a_backup_begins_or_the_reason_stands_there(open_page, monkeypatch):
    page, studio = open_page()
    [screen] = page.act(ask(thing="data", action="backup"))
    assert 'href="backup"' in str(screen["download"])
    usage = shutil.disk_usage(studio.folder.path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=0))
    [screen] = page.act(ask(thing="data", action="backup"))
    assert set(screen) == {"workshop"}
    assert "free disk space" in str(screen["workshop"])


def test_going_back_to_the_state_before_a_restore(open_page, tmp_path, tame):
    page, studio = open_page()
    backup = studio.backups.make()
    (tmp_path / "backup.zip").write_bytes(b"".join(backup.pieces()))
    backup.close()
    studio.conversations.create(MAKER.owner, "gg", "Later")
    with studio.backups.arriving() as arrived:
        shutil.copyfile(tmp_path / "backup.zip", arrived)
        studio.backups.restore(arrived)
    assert studio.conversations.list(MAKER.owner) == []
    [kept] = studio.backups.kept()
    assert f'data-before="{kept.id}"' in tame(str(page.show(ask(thing="data"))))
    assert "States before a restore" in str(page.show(ask(thing="delete"))) or "nothing of yours" in str(
        page.show(ask(thing="delete"))
    )
    html = acted(page, ask(thing="data", action="go-back", before=kept.id))
    assert "You are back" in tame(html)
    assert [talk.title for talk in studio.conversations.list(MAKER.owner)] == ["Later"]
    assert "no longer there" in acted(page, ask(thing="data", action="go-back", before=kept.id))
    [kept] = studio.backups.kept()
    acted(page, ask(thing="data", action="forget", before=kept.id))
    assert studio.backups.kept() == []


def test_deleting_takes_two_presses_and_names_what_goes(open_page, tame):
    page, studio = open_page(hosted="huggingface", token="t")
    assert "nothing of yours" in str(page.show(ask(VISITOR, "delete")))
    for identity in (VISITOR, VISITOR, MAKER):
        studio.conversations.create(identity.owner, "gg", "A talk")
    first = tame(str(page.show(ask(VISITOR, "delete"))))
    assert "Conversations: 2," in first
    assert 'data-action="delete"' not in first
    assert "Everything I made" not in first
    sure = tame(acted(page, ask(VISITOR, "delete", action="ask", what="talk")))
    assert 'data-action="delete" data-what="talk"' in sure
    assert 'data-action="delete"' not in acted(page, ask(VISITOR, "delete", action="ask", what=""))
    studio.preferences.change(region="US")
    done = acted(page, ask(VISITOR, "delete", action="delete", what="made"))
    assert "Deleted" in tame(done)
    assert studio.conversations.list(VISITOR.owner) == []
    assert (len(studio.conversations.list(MAKER.owner)), studio.region) == (1, "US"), "what is not theirs stays"


def test_a_maker_deletes_what_they_made(open_page, tame):
    page, studio = open_page()
    studio.knowledge.create_collection(MAKER.owner, "Lamps", "lamps")
    html = tame(acted(page, ask(thing="delete", action="ask", what="made")))
    assert "Collections: 1." in html
    assert 'data-what="made"' in html
    acted(page, ask(thing="delete", action="delete", what="made"))
    assert "lamps" not in {collection.id for collection in studio.knowledge.collections(MAKER.owner)}


def test_about_names_what_runs_to_makers_alone(open_page, tame):
    page, _ = open_page()
    assert "Python 3." in tame(str(page.show(ask(thing="about"))))
    visitor = tame(str(page.show(ask(VISITOR, "about"))))
    assert "Apache-2.0" in visitor
    assert "Python" not in visitor


def test_names_from_outside_stay_text(tame, hostile):
    options = [("x", hostile), (hostile, "y")]
    tame(str(views.start_html(EN, options, hostile, options, "x", hostile, "")))
    tame(str(views.care_html(ZH, options, "x", hostile, [], "")))
    sizes = Sizes(1, 2, 3, 4, 5, 6, 7, 8)
    tame(str(views.data_html(ZH, hostile, True, sizes, [views.Before(hostile, hostile, 1)])))
    tame(str(views.about_html(EN, hostile, {hostile: hostile})))
    tame(str(views.delete_html(EN, Held(1, 1, 1, 1, 1, 1), hostile, True)))


@pytest.mark.parametrize(("size", "words"), [(0, "0 kB"), (12_400, "12 kB"), (3_400_000, "3.4 MB"), (1_250_000_000, "1.2 GB")])
def test_room_in_words(size, words):
    assert room(size) == words
