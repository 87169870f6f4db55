"""A tool made of a model in the page: its task chosen, tried with a model of this machine, and always offered to a persona."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.assistant.models import tinies
from tests.browser.conftest import Hearth
from tests.browser.test_journeys import say, talk_to
from tests.browser.test_tool_making import saved


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny model that calls texts good or bad."""
    return tinies.save("sorts-texts", tmp_path_factory.mktemp("model"))


def test_a_model_becomes_a_tool_that_is_always_offered(page: Page, hearth: Hearth, model: Path) -> None:
    page.click('nav [data-page="tools"]')
    page.click('[data-thing="+model"]')
    page.select_option('[name="task"]', label="Summarize")
    page.fill('[name="model"]', "openai:gpt")
    page.click('[data-key="new-model"] button[type=submit]')
    expect(page.locator(".field.wrong em")).to_contain_text("is no model for a task")
    expect(page.locator('[name="model"]')).to_have_value("openai:gpt")
    page.fill('[name="model"]', "")
    page.click('[data-key="new-model"] button[type=submit]')
    expect(page.locator(".thing-head h2")).to_contain_text("Summarize")

    page.click("#tool-tab-edit")
    page.select_option('[name="task"]', label="Sentiment")
    expect(page.locator(".thing-head h2")).to_contain_text("Sentiment")  # what told of the old task tells of the new one
    expect(page.locator('[name="title.en"]')).to_have_value("Sentiment")
    expect(page.locator('.tool-editor [name="name"]')).to_have_value("text_sentiment_2")
    expect(page.locator(".tool-editor")).to_contain_text("ms:Qwen/Qwen3-1.7B (from ModelScope)")
    page.fill('[name="model"]', "hf:nobody")
    expect(page.locator(".field.wrong em")).to_contain_text("is no model for a task")
    page.fill('[name="model"]', f"path:{model}")
    expect(page.locator(".field.wrong")).to_have_count(0)
    saved(page)

    page.click("#tool-tab-try")
    page.fill('[name="arg.text"]', "the river is good")
    page.click("#tool-try button[type=submit]")
    expect(page.locator(".result-of pre")).to_contain_text("good", timeout=120_000)  # transformers is imported first

    always = page.get_by_role("switch", name="Always offered")
    always.check()
    expect(page.locator(".thing-head h2")).to_contain_text("always offered")
    page.get_by_role("tab", name="Who uses it").click()
    page.get_by_role("switch", name="Model Guide").click()
    expect(page.locator(".tool-open > .facts")).to_contain_text("Model Guide")
    page.click('nav [data-page="chat"]')
    talk_to(page, "model-guide")
    say(page, "echo: nothing to do with it")
    page.click('#talk [data-do="steps"]')
    expect(page.locator("#panel .steps")).to_contain_text("Sentiment · always offered")

    page.goto(f"{hearth.url}?at=tools&id=summarize")
    page.click('[data-action="delete"]')  # the next test finds the app without it
    expect(page.locator(".outcome-place").first).to_contain_text("Deleted the tool")
