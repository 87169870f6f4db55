"""A persona that names a model on a server is answered by it, beside the app's own."""

import pytest

from assistant.access import MAKER
from assistant.events import TurnFinished
from common.errors import PersonaError
from tests.assistant.models.test_entries import answering


def test_a_persona_is_answered_by_its_own_server(make_studio):
    studio = make_studio(["Not me."])
    librarian = studio.persona(MAKER, "model-guide")
    with answering("m") as server:
        entry = studio.servers.add("Near", server.address, "m", True, "a-key").document
        studio.personas.save("maker", librarian.model_copy(update={"model": entry.name}), 0)
        *_, end = studio.agent("model-guide").run("Say hi")
        assert isinstance(end, TurnFinished)
        assert end.new_messages[-1].text == "Hi"
        assert server.headers[-1]["Authorization"] == "Bearer a-key"
        assert studio.models.status().name == "scripted"
    studio.servers.remove(entry.id)
    with pytest.raises(PersonaError, match="not the one in use"):
        studio.agent("model-guide")
