"""The rooms keep to their places: who imports whom, who owns which library, and what is imported only when needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

BELOW = {
    "common": set(),
    "retrieval": {"common"},
    "knowledge": {"retrieval", "common"},
    "tools": {"retrieval", "common"},
    "personas": {"retrieval", "common"},
    "assistant": {"knowledge", "tools", "personas", "retrieval", "common"},
    "evaluation": {"assistant", "knowledge", "tools", "personas", "retrieval", "common"},
    "training": {"evaluation", "assistant", "knowledge", "tools", "personas", "retrieval", "common"},
    "ui": {"assistant", "knowledge", "tools", "personas", "retrieval", "common"},
    "server": {"ui", "assistant", "knowledge", "tools", "personas", "retrieval", "common"},
}

MODELS = ("assistant/models/", "assistant/pipelines.py", "assistant/speech/", "training/")
OWNERS = {
    "gradio": ("ui/", "app.py"),
    "chromadb": ("knowledge/chroma.py",),
    "sentence_transformers": ("retrieval/", "training/"),
    "openvino": ("retrieval/openvino.py",),
    "torch": (*MODELS, "retrieval/embedding.py"),  # for the precision it computes in, alone
    "transformers": MODELS,
    "peft": MODELS,
    "modelscope": MODELS,
    "huggingface_hub": (*MODELS, "retrieval/embedding.py"),
    "fastapi": ("server/", "ui/app.py"),
    "starlette": ("server/",),
    "mcp": ("tools/mcp.py", "server/mcp.py"),
    "mcp_types": ("tools/mcp.py", "server/mcp.py"),
    "httpx2": ("common/streaming.py", "assistant/models/hubs.py"),
    "httpcore2": ("common/streaming.py",),
    "httpx": ("common/egress.py", "common/connections.py", "assistant/models/exchange.py"),
    "httpcore": ("common/connections.py",),
    "cryptography": ("common/sealing.py",),
    "sqlalchemy": (
        "common/",
        "assistant/conversations.py",
        "assistant/runs.py",
        "assistant/runlog.py",
        "assistant/feedback.py",
        "assistant/media.py",
        "assistant/mediarows.py",
        "knowledge/catalogue.py",
        "knowledge/cutting.py",
        "knowledge/exporting.py",
        "knowledge/importing.py",
        "knowledge/jobs.py",
        "knowledge/labels.py",
        "knowledge/moving.py",
        "knowledge/queries.py",
        "knowledge/reindexing.py",
        "knowledge/shelves.py",
        "knowledge/renewal.py",
        "knowledge/tables.py",
        "knowledge/trust.py",
        "knowledge/upkeep.py",
        "knowledge/wordindex.py",
        "retrieval/lexical.py",
        "tools/permissions.py",
    ),
}

HEAVY = {"torch", "transformers", "chromadb", "sentence_transformers", "modelscope", "peft", "openvino"}


def sources():
    return sorted(path for room in BELOW for path in (ROOT / room).rglob("*.py"))


def imports(path, *, top_level=False):
    """The names a file imports, (name, line); with `top_level`, only those that run when the file is imported."""
    tree = ast.parse(path.read_text("utf-8"))
    later = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) or _is_for_types(node)] if top_level else []
    inner = {node for outer in later for node in ast.walk(outer)}
    for node in ast.walk(tree):
        if node in inner:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            yield node.module, node.lineno


def _is_for_types(node):
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def test_there_is_something_to_check():
    assert len(sources()) > 40


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_what_its_room_may(path):
    place = path.relative_to(ROOT).as_posix()
    room = place.split("/")[0]
    # A __main__ wires as app.py does, but still only what lies below it.
    for name, line in imports(path):
        top = name.split(".")[0]
        if top in BELOW:
            assert top == room or top in BELOW[room], f"{place}:{line}: {room} may not import {name}"
        if top in OWNERS:
            assert place.startswith(OWNERS[top]), f"{place}:{line}: {top} belongs to {', '.join(OWNERS[top])}"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_heavy_libraries_are_imported_where_they_are_needed(path):
    for name, line in imports(path, top_level=True):
        assert name.split(".")[0] not in HEAVY, f"{path.relative_to(ROOT)}:{line} imports {name} when it is imported"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_opens_with_its_idea_and_a_package_file_holds_nothing_else(path):
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree), f"{path.relative_to(ROOT)} has no docstring"
    if path.name == "__init__.py":
        assert len(tree.body) == 1, f"{path.relative_to(ROOT)} holds more than its docstring"


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_is_longer_than_one_can_keep_in_mind(path):
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= 450, f"{path.relative_to(ROOT)} has {lines} lines; it is asking to be two"


def test_importing_the_agent_loads_nothing_heavy():
    code = (
        "import sys, time; start = time.perf_counter(); import assistant.agent; spent = time.perf_counter() - start;"
        f"loaded = {HEAVY!r} & set(sys.modules); assert not loaded, loaded; print(spent)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_toolbox_loads_no_protocol_before_a_server_is_asked():
    later = {"mcp", "mcp_types", "httpx2"}
    code = f"import sys, server.mcp, tools.toolbox; loaded = {later!r} & set(sys.modules); assert not loaded, loaded"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
