"""The whole way of a tool without code: registered in the page at a cloud of this machine, tried, asked for, approved."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_journeys import say, talk_to
from tests.serving import serving
from tests.tools.conftest import _Answers


@pytest.fixture
def cloud() -> Iterator[object]:
    """A cloud that renews instances, and remembers what it was sent."""
    with serving(_Answers) as server:
        server.requests = []
        server.answers = {"/instances/i-1/renew": (200, "application/json", b'{"data": {"state": "renewed until May"}}')}
        yield server


def saved(page: Page) -> None:
    expect(page.locator(".tool-editor .saved")).to_contain_text("Saved")
    expect(page.locator(".tool-editor .outcome-place .bad")).to_have_count(0)


def test_an_instance_is_renewed_by_asking(page: Page, cloud) -> None:
    page.click('nav [data-page="tools"]')
    page.click('[data-action="new"]')
    page.click("#tool-tab-edit")
    page.fill('[name="title.en"]', "Renew an instance")
    page.fill('[name="name"]', "renew_instance")
    page.fill('[name="description.en"]', "Renews an ECS instance of the cloud for some months.")
    page.select_option('[name="risk"]', "spends")
    page.select_option('[name="method"]', "POST")
    page.fill('[name="url"]', f"http://127.0.0.1:{cloud.server_port}/instances/{{id}}/renew")
    rows = page.locator("[data-parameters] > *")
    for name, kind, place in (("id", "string", "path"), ("months", "integer", "field")):
        page.click('[data-do="add-parameter"]')
        row = rows.last
        row.locator("[data-part=name]").fill(name)
        row.locator("[data-part=type]").select_option(kind)
        row.locator("[data-part=required]").check()
        row.locator("[data-part=place]").select_option(place)
    schema = json.loads(page.input_value('[name="schema"]'))
    assert schema["properties"] == {"id": {"type": "string"}, "months": {"type": "integer"}}
    assert schema["required"] == ["id", "months"]
    # The JSON leads the table just as well.
    schema["properties"]["months"]["description"] = "how many months"
    page.fill('[name="schema"]', json.dumps(schema))
    expect(rows.last.locator("[data-part=description]")).to_have_value("how many months")
    expect(rows.last.locator("[data-part=place]")).to_have_value("field")
    page.click('[data-action="add-key"]')
    page.fill('[name="secret.0.name"]', "cloud")
    page.click(".more > summary")
    page.fill('[name="result_path"]', "data.state")
    saved(page)

    page.click("#tool-tab-access")
    page.fill('.access input[type="password"]', "canary-4711")
    page.click(".access form button[type=submit]")
    expect(page.locator(".access .badge.good")).to_have_count(1)
    page.click('.access [data-action="grant"]')
    expect(page.locator('.access [data-action="revoke"]')).to_be_visible()
    assert "canary-4711" not in page.content()

    page.click("#tool-tab-try")
    page.fill('[name="arg.id"]', "i-1")
    page.fill('[name="arg.months"]', "1")
    page.click("#tool-try button[type=submit]")
    expect(page.locator(".sure pre").first).to_contain_text('"months": 1')
    assert cloud.requests == [], "what costs money asks first"
    page.click('.sure [data-action="run"]')
    expect(page.locator(".result-of pre")).to_contain_text("renewed until May")
    cloud.requests.clear()

    page.get_by_role("tab", name="Who uses it").click()
    page.get_by_role("switch", name="Model Guide").click()
    expect(page.locator(".tool-open > .facts")).to_contain_text("Model Guide")
    page.click('nav [data-page="chat"]')
    talk_to(page, "model-guide")
    say(page, "Please renew my ECS instance i-1 for 3 months")
    card = page.locator(".card.ask")
    expect(card).to_contain_text("Renew an instance needs your permission")
    expect(card.get_by_role("button", name="Always")).to_have_count(0)  # never for what costs money
    page.reload()
    assert cloud.requests == []
    card.get_by_role("button", name="Allow once").click()
    expect(page.locator("#talk .said.them .text").last).to_contain_text("The tool says")
    ((method, path, headers, body),) = cloud.requests
    assert (method, path, json.loads(body)) == ("POST", "/instances/i-1/renew", {"months": 3})
    assert headers["authorization"] == "Bearer canary-4711"
    assert "canary-4711" not in page.content()
