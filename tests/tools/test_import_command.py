"""`python -m tools import-openapi`, and the other commands with the tools it has stored."""

import json

import pytest

from common.database import Database, DataFolder
from tools.__main__ import main
from tools.documents import ToolStore

PETS = {
    "openapi": "3.0.3",
    "info": {"title": "Pets"},
    "servers": [{"url": "https://api.example/v1"}],
    "paths": {
        "/pets/{id}": {
            "get": {"operationId": "getPet", "summary": "Find a hedgehog", "description": "By its number."},
            "post": {"operationId": "feedPet", "requestBody": {"content": {"multipart/form-data": {}}}},
        },
        "/clock": {"get": {"operationId": "clock", "summary": "Feeding times"}},
    },
}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "pets.json"
    path.write_text(json.dumps(PETS), "utf-8")
    return path


@pytest.fixture
def tools(tmp_path, capsys):
    """Run a command on the data folder of the test; returns status, lines and the sentence on standard error."""

    def call(*arguments):
        status = main([*map(str, arguments), "--data", str(tmp_path / "data")])
        printed = capsys.readouterr()
        return status, printed.out.splitlines(), printed.err.strip()

    return call


def revisions(tmp_path):
    folder = DataFolder(tmp_path / "data")
    database = Database(folder.path / "hearth.db")
    found = {stored.document.id: stored.revision for stored in ToolStore(database).list("maker")}
    database.close()
    folder.close()
    return found


def test_a_line_for_every_operation(tools, file):
    status, lines, said = tools("import-openapi", file)
    assert (status, said) == (0, "")
    assert lines == [
        "taken     pets-get-pet  Find a hedgehog",
        "left out  POST /pets/{id}  It takes a file, which tools cannot send.",
        "taken     pets-clock  Feeding times",
    ]
    status, lines, _ = tools("import-openapi", file, "--language", "zh")
    assert (status, lines[0]) == (0, "已导入  pets-get-pet  Find a hedgehog")
    assert lines[1].startswith("未导入  POST /pets/{id}  它需要上传文件，")


def test_an_object_for_every_operation(tools, file):
    status, lines, _ = tools("import-openapi", file, "--json")
    told = [json.loads(line) for line in lines]
    assert status == 0
    assert told[0] == {"operation": "GET /pets/{id}", "id": "pets-get-pet", "state": "taken", "reason": None}
    assert (told[1]["operation"], told[1]["id"], told[1]["state"]) == ("POST /pets/{id}", None, "left out")
    assert told[1]["reason"].startswith("It takes a file")


def test_servers_are_listed_and_one_is_chosen(tools, file, tmp_path):
    several = {**PETS, "servers": [{"url": "https://api.example/v1"}, {"url": "http://localhost:81"}]}
    file.write_text(json.dumps(several), "utf-8")
    assert tools("import-openapi", file)[1][-2:] == ["server    https://api.example/v1", "server    http://localhost:81"]
    told = [json.loads(line) for line in tools("import-openapi", file, "--json", "--server", "http://localhost:81")[1]]
    assert told[-2:] == [{"server": "https://api.example/v1"}, {"server": "http://localhost:81"}]
    assert "pets-get-pet-2" in revisions(tmp_path)


def test_the_files_of_agentfabric_are_told_by_what_they_hold(tools, file, tmp_path):
    entry = {"url": "https://a.example/x", "method": "GET", "header": {"Authorization": "Bearer sk-canary"}, "max": 1}
    file.write_text(json.dumps({"weather": entry, "image_gen": {"use": True, "is_remote_tool": True}}), "utf-8")
    status, lines, _ = tools("import-openapi", file, "--language", "zh")
    assert (status, lines[0]) == (0, "已导入  weather-2  Weather")
    assert lines[1].startswith("未导入  image_gen  它在 AgentFabric 内部运行")
    assert lines[2] == "说明    weather：没有导入 max。"
    assert lines[3].startswith("密钥    文件里有密钥 'weather.Authorization'")
    assert "canary" not in "".join(lines)
    assert b"canary" not in (tmp_path / "data" / "hearth.db").read_bytes()
    status, lines, said = tools("call", "weather-2")
    assert (status, lines) == (1, [])
    assert "the secret 'weather.Authorization'" in said
    file.write_text(json.dumps({"schema": PETS, "auth": {"type": "API Key", "apikey": "sk-canary"}}), "utf-8")
    status, lines, _ = tools("import-openapi", file)
    assert (status, lines[0]) == (0, "taken     pets-get-pet  Find a hedgehog")
    assert lines[-1].startswith("key       The file holds the key 'pets.apikey'")


def test_importing_again_changes_what_has_changed(tools, file, tmp_path):
    for _ in range(2):
        assert tools("import-openapi", file)[0] == 0
        assert revisions(tmp_path) == {"pets-get-pet": 1, "pets-clock": 1}
    changed = json.loads(json.dumps(PETS))
    changed["paths"]["/clock"]["get"]["summary"] = "When they eat"
    file.write_text(json.dumps(changed), "utf-8")
    assert tools("import-openapi", file)[0] == 0
    assert revisions(tmp_path) == {"pets-get-pet": 1, "pets-clock": 2}


def test_the_other_commands_see_what_is_stored(tools, file):
    before = tools("list")[1]
    tools("import-openapi", file)
    status, lines, _ = tools("list")
    assert status == 0
    assert lines[: len(before)] == before
    assert set(lines[len(before) :]) == {"pets-get-pet    Find a hedgehog", "pets-clock      Feeding times"}
    [found] = [json.loads(line) for line in tools("list", "--json")[1] if "feeding" in line.lower()]
    assert (found["name"], found["risk"]) == ("clock_2", "reads")
    assert tools("search", "a hedgehog", "--limit", "1")[1][0].split()[1] == "pets-get-pet"
    assert tools("call", "calculator", '{"expression": "1+1"}')[:2] == (0, ["1+1 = 2"])
    status, lines, said = tools("call", "pets-get-pet", "{}")
    assert (status, lines) == (1, [])
    assert "id is missing" in said


def test_a_stored_tool_is_called_through_the_one_way_out(tools, tmp_path, make_document):
    folder = DataFolder(tmp_path / "data")
    database = Database(folder.path / "hearth.db")
    ToolStore(database).save("maker", make_document({}, {"url": "http://127.0.0.1/", "arguments": {}}), 0)
    database.close()
    folder.close()
    status, lines, said = tools("call", "pets")
    assert (status, lines) == (1, [])
    assert "private address 127.0.0.1" in said


def test_without_a_data_folder_none_is_made(tools, tmp_path):
    assert [line.split()[0] for line in tools("list")[1]][:2] == ["clock", "calculator"]
    assert tools("search", "time")[0] == 0
    assert not (tmp_path / "data").exists()


def test_another_address_may_be_given(tools, file, tmp_path):
    assert tools("import-openapi", file, "--server", "https://other.example")[0] == 0
    assert tools("import-openapi", file)[0] == 0
    assert set(revisions(tmp_path)) == {"pets-get-pet", "pets-clock", "pets-get-pet-2", "pets-clock-2"}


def test_while_the_app_runs_there_is_one_sentence(tools, file, tmp_path):
    folder = DataFolder(tmp_path / "data")
    Database(folder.path / "hearth.db").create()
    for command in (["list"], ["search", "x"], ["call", "clock"], ["import-openapi", file]):
        status, lines, said = tools(*command)
        assert (status, lines) == (1, [])
        assert said.startswith("Another Hearth uses the data folder")
        assert len(said.splitlines()) == 1
    folder.close()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "there is no such file"),
        (b"", "cannot be read as a document"),
        ("年假".encode("gbk"), "not text in UTF-8"),
        (json.dumps(PETS).encode("utf-16"), "not text in UTF-8"),
        (b"x" * (24 * 1024 * 1024 + 1), "larger than 25,165,824 bytes"),
        (b'{"swagger": "1.2"}', "Swagger 1.2"),
        (json.dumps({**PETS, "servers": []}).encode(), "could be taken"),
    ],
)
def test_what_cannot_be_imported_is_one_sentence_and_makes_nothing(tools, tmp_path, content, told):
    path = tmp_path / "file.json"
    if content is not None:
        path.write_bytes(content)
    status, _, said = tools("import-openapi", path)
    assert status == 1
    assert told in said
    assert len(said.splitlines()) == 1
    assert any("\u4e00" <= letter <= "\u9fff" for letter in tools("import-openapi", path, "--language", "zh")[2])
    assert not (tmp_path / "data").exists()


def test_a_folder_is_no_file(tools, tmp_path):
    status, _, said = tools("import-openapi", tmp_path)
    assert status == 1
    assert "cannot be read" in said


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["a", "--server"]])
def test_wrong_usage(arguments):
    with pytest.raises(SystemExit) as caught:
        main(["import-openapi", *arguments])
    assert caught.value.code == 2
