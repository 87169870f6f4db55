"""GitHub search: repositories and issues as its API tells them, and its limits."""

import time

import pytest

from tests.tools.network.conftest import called
from tools.builtin.network.github import GithubSearch

REPOSITORY = {
    "full_name": "modelscope/modelscope-agent",
    "html_url": "https://github.com/modelscope/modelscope-agent",
    "description": "An agent framework\nwith tools",
    "stargazers_count": 3456,
    "language": "Python",
    "license": {"key": "apache-2.0", "spdx_id": "Apache-2.0"},
    "pushed_at": "2026-10-01T08:00:00Z",
    "archived": True,
}
ISSUE = {
    "title": "It breaks",
    "html_url": "https://github.com/a/b/issues/7",
    "state": "closed",
    "state_reason": "completed",
    "comments": 4,
    "created_at": "2026-01-02T00:00:00Z",
    "updated_at": "2026-02-02T00:00:00Z",
}


@pytest.fixture
def github(egress, standin):
    standin.say("/search/repositories", {"total_count": 1234, "incomplete_results": False, "items": [REPOSITORY]})
    standin.say("/search/issues", {"total_count": 1, "incomplete_results": False, "items": [ISSUE]})
    return GithubSearch(egress, service=standin.service)


def test_repositories(github, standin):
    told = called(github, query="agent", sort="stars")
    assert told.text == (
        "1,234 found; the first 1:\n"
        "1. modelscope/modelscope-agent · 3,456 stars · Python · Apache-2.0 · changed 2026-10-01 · archived\n"
        "   An agent framework with tools\n   https://github.com/modelscope/modelscope-agent"
    )
    [(_, asked, headers)] = standin.asked
    assert asked == [("q", "agent"), ("sort", "stars"), ("order", "desc"), ("per_page", "5")]
    assert headers["accept"] == "application/vnd.github+json"
    assert "authorization" not in headers
    assert "共找到 1,234 个" in called(github, "zh", query="agent").text


def test_issues_and_pull_requests(github, standin):
    told = called(github, query="breaks", kind="issues", repository="a/b")
    assert "1. It breaks · completed · opened 2026-01-02 · 4 comments\n   https://github.com/a/b/issues/7" in told.text
    assert ("q", "breaks is:issue repo:a/b") in standin.asked[0][1]
    called(github, query="breaks", kind="pull-requests", sort="stars")
    assert {("q", "breaks is:pull-request"), ("sort", "reactions")} < set(standin.asked[1][1])


@pytest.mark.parametrize("repository", ["a", "a/b/c", "a/b repo:x/y", "../b"])
def test_a_repository_that_is_none_is_not_sent(github, standin, repository):
    assert called(github, query="x", kind="issues", repository=repository).failed
    assert standin.asked == []


def test_limits_and_refusals(github, standin):
    reset = str(int(time.time()) + 40)
    message = {"message": "API rate limit exceeded for 1.2.3.4.", "documentation_url": "https://docs.github.com"}
    standin.say("/search/repositories", message, 403, X_RateLimit_Remaining="0", X_RateLimit_Reset=reset)
    assert "too many requests. Ask again in " in called(github, query="x").text
    standin.say("/search/repositories", {"message": "Validation Failed", "errors": [{"message": "bad"}]}, 422)
    assert "GitHub cannot search for this" in called(github, query="x").text
    assert "请去掉它再试" in called(github, "zh", query="x", kind="repositories").text


def test_nothing_and_less_than_was_expected(github, standin):
    standin.say("/search/repositories", {"total_count": 0, "items": []})
    assert "has no repositories for 'zzz'" in called(github, query="zzz").text
    assert "没有找到 'zzz'" in called(github, "zh", query="zzz").text
    standin.say(
        "/search/repositories", {"items": [{"full_name": "a/b", "html_url": "https://github.com/a/b", "license": None}, 3, {}]}
    )
    assert called(github, query="x").text == "1 found; the first 1:\n1. a/b\n   https://github.com/a/b"
    for answer in ({}, [], {"items": None}):
        standin.say("/search/repositories", answer)
        assert "does not know" in called(github, query="x").text


def test_the_second_limit_refuses_with_403_and_a_time_to_wait(github, standin):
    message = {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}
    standin.say("/search/repositories", message, 403, Retry_After="60", X_RateLimit_Remaining="7")
    assert "too many requests. Ask again in 60 seconds" in called(github, query="x").text


def test_a_pull_request_that_was_taken_in_is_merged(github, standin):
    merged = ISSUE | {"state_reason": None, "pull_request": {"merged_at": "2026-02-02T00:00:00Z"}}
    refused = ISSUE | {"state_reason": None, "pull_request": {"merged_at": None}}
    standin.say("/search/issues", {"total_count": 2, "incomplete_results": False, "items": [merged, refused]})
    told = called(github, query="x", kind="pull-requests")
    assert [item["state"] for item in told.data["items"]] == ["merged", "closed"]
