"""Requests made of schemas: what is stated is in the call, what is not is left out, and nothing is lost on the way."""

import random

from tools.base import ToolSpec
from tools.validation import check
from training.generate.kinds import examples, words_of
from training.generate.schemas import ask_of, verb_phrase
from training.generate.variants import varied


def _tool(name: str, description: str, required: tuple[str, ...] = (), **parameters: tuple[str, str]) -> ToolSpec:
    properties = {name: {"type": kind, "description": about} for name, (kind, about) in parameters.items()}
    return ToolSpec(name, description, {"type": "object", "properties": properties, "required": list(required)})


BIRDS = _tool(
    "getBirdSong",
    "Retrieve the song of a bird",
    ("species",),
    species=("string", "The species of the bird (e.g., wren, robin, lark)"),
    age=("integer", "The age of the bird in months"),
    recorded_on=("string", "The date of the recording (e.g., YYYY-MM-DD)"),
    stereo=("boolean", "Whether to return stereo sound"),
)


def test_every_call_matches_its_schema_and_holds_what_must_be_there() -> None:
    for seed in range(300):
        ask = ask_of(BIRDS, random.Random(seed))
        assert check(BIRDS.name, BIRDS.parameters, ask.arguments) == ask.arguments
        assert "species" in ask.arguments


def test_copied_texts_stand_in_the_request() -> None:
    for seed in range(300):
        ask = ask_of(BIRDS, random.Random(seed))
        assert all(text in ask.text for text in ask.copied)


def test_a_third_of_the_optional_arguments_is_stated() -> None:
    stated = [("age" in ask_of(BIRDS, random.Random(seed)).arguments) for seed in range(400)]
    assert 0.28 < sum(stated) / len(stated) < 0.45


def test_numbers_that_are_stated_are_said() -> None:
    for seed in range(300):
        ask = ask_of(BIRDS, random.Random(seed))
        if (age := ask.arguments.get("age")) is not None and age > 12 and age != 24:
            assert str(age) in ask.text.replace(",", "")


def test_the_same_seed_gives_the_same_request() -> None:
    assert ask_of(BIRDS, random.Random(7)) == ask_of(BIRDS, random.Random(7))
    assert len({ask_of(BIRDS, random.Random(seed)).text for seed in range(50)}) > 40


def test_examples_are_literals_and_not_kinds_of_things() -> None:
    assert examples("The species (e.g., wren, robin, lark)") == ["wren", "robin", "lark"]
    assert examples("Where it is (e.g., city, country)") == []
    assert examples("The date (e.g., YYYY-MM-DD)") == []
    assert examples("A note") == []


def test_names_are_cut_into_words_and_descriptions_into_verb_and_object() -> None:
    assert words_of("patientId") == ["patient", "id"]
    assert words_of("start_date") == ["start", "date"]
    assert verb_phrase(BIRDS) == ("retrieve", "the song of a bird")
    assert verb_phrase(_tool("x", "Allows users to join a club.")) == ("join", "a club")
    assert verb_phrase(_tool("x", "Deploys a program")) == ("deploy", "a program")


GARDEN = _tool(
    "planGarden",
    "Plan a garden for a house",
    ("plants",),
    plants=("string", "The plants to grow (e.g., roses, ferns, mint)"),
    soil_type=("string", "The type of soil (e.g., sandy, clay, black earth)"),
)


def test_a_variant_keeps_its_parameters_and_can_be_asked_for() -> None:
    names, kinds, enumerations = set(), set(), set()
    for seed in range(200):
        rng = random.Random(seed)
        tool = varied(GARDEN, rng)
        ask = ask_of(tool, rng)
        assert check(tool.name, tool.parameters, ask.arguments) == ask.arguments
        names.add(tool.name)
        kinds |= {str(part["type"]) for part in tool.parameters["properties"].values()}
        enumerations |= {tuple(part["enum"]) for part in tool.parameters["properties"].values() if "enum" in part}
        assert [words_of(name) for name in tool.parameters["properties"]] == [["plants"], ["soil", "type"]]
    assert {"plan_garden", "PlanGarden"} <= names
    assert kinds == {"string", "array"}
    assert {("sandy", "clay", "black_earth"), ("sandy", "clay", "black earth")} <= enumerations


def test_lists_are_said_in_full() -> None:
    for seed in range(200):
        rng = random.Random(seed)
        ask = ask_of(varied(GARDEN, rng), rng)
        plants = ask.arguments["plants"]
        if isinstance(plants, list):
            assert all(plant in ask.text for plant in plants)
