"""A data folder with Seal-Tools in little, for the recipes that read it."""

import json

import pytest

TOOLS = {
    "getRain": ("Tell how much rain fell", "Weather/Rain", "town"),
    "getWind": ("Tell how the wind blows", "Weather/Wind", "town"),
    "bookFerry": ("Book a place on a ferry", "Travel/Sea", "harbour"),
    "countSheep": ("Count the sheep of a farm", "Farming/Sheep", "farm"),
}


def request(id, tool, value):
    text = f"{TOOLS[tool][0]} for {value}."
    return {"id": id, "query": text, "calling": [{"api": tool, "parameters": {TOOLS[tool][2]: value}, "responses": []}]}


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "public" / "sealtools"
    folder.mkdir(parents=True)
    tools = [
        {
            "api_name": name,
            "api_description": about,
            "field": field,
            "parameters": {argument: {"type": "str", "description": f"The {argument}"}},
            "required": [argument],
        }
        for name, (about, field, argument) in TOOLS.items()
    ]
    splits = {
        "tool": tools,
        "dev": [request(f"dev-{town}", "getRain", town) for town in ("Bergen", "Oslo", "Lund", "Kiel")],
        "test_in_domain": [request(f"in-{farm}", "countSheep", farm) for farm in ("Hill", "Dale", "Moor")],
        "test_out_domain": [request("out-1", "bookFerry", "Hull")],
    }
    for name, rows in splits.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path / "public"
