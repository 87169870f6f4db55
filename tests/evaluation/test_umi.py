"""α-UMi's static test: the three file forms come to the same steps, and the figures of a few replies by hand."""

import json

import pytest

from evaluation.readers.umi import read_trajectories
from evaluation.task import Judged, Options, Reply
from evaluation.tasks import umi_static

LONG = "x" * 10 + "quiz_for_moodring".rjust(64, "_")

TOOLS = [
    {"Name": "trending_for_video", "function": "Trending videos.", "input": {}},
    {
        "Name": "search_for_video",
        "function": "Search videos.",
        "input": {"q": "string, what, and where", "count": "integer, ", "odd": "thing, x"},
    },
]
SAID = [
    ("user", "Find comedy."),
    ("assistant", "I will see what is trending. Next: caller."),
    ("caller", "Action: trending_for_video\nAction Input: {}"),
    ("observation", "403 - Forbidden"),
    ("assistant", "Sorry, I am just a language model."),
    ("assistant", "Now I search. Next: caller."),
    ("caller", 'Action: search_for_video\nAction Input: {\n  "q": "comedy",\n  "count": 3\n}'),
    ("observation", "three videos"),
    ("assistant", "I have them. Next: conclusion."),
    ("conclusion", "Here are three videos."),
]
HOPELESS = [("user", "Find it."), ("assistant", "It cannot be found. Next: give up.")]


def conversation(said):
    return [{"from": who, "value": value} for who, value in said]


@pytest.fixture
def folder(tmp_path):
    chain = [
        {"role": "system", "content": "You are AutoGPT."},
        {"role": "user", "content": "\nFind a quiz.\nBegin!\n"},
        {"role": "assistant", "content": None, "function_call": {"name": LONG, "arguments": '{"quizid": "1"}'}},
        {"role": "function", "name": LONG, "content": "a quiz"},
        {"role": "user", "content": "This is not the first time you try this task.", "valid": False},
        {
            "role": "assistant",
            "content": "Done.",
            "function_call": {"name": "Finish", "arguments": '{"return_type": "give_answer", "final_answer": "A quiz."}'},
        },
    ]
    stuck = [
        *chain[:2],
        {
            "role": "assistant",
            "content": "",
            "function_call": {"name": "Finish", "arguments": '{"return_type": "give_up_and_restart"}'},
        },
    ]
    quiz = {
        "name": LONG,
        "description": "One quiz.",
        "parameters": {"properties": {"quizid": {"type": "string"}}, "required": ["quizid"]},
    }
    finish = {"name": "Finish", "description": "Ends.", "parameters": {"properties": {}}}
    lines = [
        {"tools": TOOLS, "instruction": "Find comedy.", "conversations": conversation(SAID)},
        {"tools": TOOLS, "instruction": "Find it.", "conversations": conversation(HOPELESS)},
        {
            "tools": [{"Name": LONG[-64:], "function": "One quiz.", "input": {"quizid": "string"}}],
            "instruction": "",
            "chains": chain,
        },
        {"answer_generation": {"query": "Find a quiz.", "function": [quiz, finish], "train_messages": [[], stuck]}},
    ]
    (tmp_path / "out_of_domain.json").write_text(json.dumps(lines), encoding="utf-8")
    return tmp_path


def test_the_reader_finds_the_steps(folder):
    first, hopeless, chain, origin = read_trajectories(folder)
    assert [step.plan for step in first.steps] == ["call", "call", "finish"]
    assert [step.place for step in first.steps] == [1, 3, 5]
    assert [message.role for message in first.messages] == ["user", "assistant", "tool", "assistant", "tool", "assistant"]
    assert first.messages[1].text == "I will see what is trending.", "the thought, without its marker"
    assert first.messages[3].calls[0].arguments == {"q": "comedy", "count": 3}
    assert first.messages[4].result.call_id == first.messages[3].calls[0].id
    assert "language model" not in str(first.messages), "what has no marker was a false start"
    assert first.tools[1].parameters["properties"] == {
        "q": {"type": "string", "description": "what, and where"},
        "count": {"type": "integer", "description": ""},
        "odd": {"type": "string", "description": "thing, x"},
    }
    assert [(step.plan, step.thought) for step in hopeless.steps] == [("give up", "It cannot be found.")]
    assert [(step.plan, step.name, step.arguments, step.answer) for step in chain.steps] == [
        ("call", LONG[-64:], {"quizid": "1"}, ""),
        ("finish", "", None, "A quiz."),
    ]
    assert chain.messages[0].text == "Find a quiz."
    assert [tool.name for tool in origin.tools] == [LONG[-64:]]
    assert origin.steps[0].plan == "give up"


@pytest.mark.parametrize(
    ("reply", "decided"),
    [
        (Reply("Let me see.", (("search_for_video", {}),)), "call"),
        (Reply(unread=True), "call"),
        (Reply("Here are three videos. Do not give up hope."), "finish"),
        (Reply("I have to give up."), "give up"),
        (Reply("It is not there. Next: give up."), "give up"),
        (Reply(" "), ""),
    ],
)
def test_what_a_reply_decides(reply, decided):
    assert umi_static.plan(reply) == decided


def test_figures_by_hand(folder):
    exam = umi_static.prepare(Options(folder))
    assert [case.group for case in exam.cases] == ["call", "call", "finish", "give up", "call", "finish", "give up"]
    replies = [
        Reply(calls=(("trending_for_video", {}),)),
        Reply(calls=(("search_for_video", {"q": "Comedy", "count": 3}),)),
        Reply("Here are two videos."),
        Reply("I cannot."),
        Reply(calls=(("quiz", {"quizid": "1"}),)),
        Reply(calls=((LONG[-64:], {}),)),
        Reply("I give up."),
    ]
    said = [Judged(case, reply, exam.judge(case, reply)) for case, reply in zip(exam.cases, replies, strict=True)]
    assert exam.metrics(said) == {
        "plan": 71.43,  # 5 of 7: neither the wrong finish nor the needless call
        "action": 66.67,  # 2 of 3
        "argument F1": 58.33,  # {} for {} is 1; 1.5 of 2 is 0.75; another tool is 0
        "hallucination": 14.29,  # 1 of 7
        "ROUGE-L": 37.5,  # 3 of 4 words, and "none" against "A quiz."
    }
    kinds = ["", "wrong arguments", "", "did not give up", "unknown tool", "needless call", ""]
    assert [one.mark.failure for one in said] == kinds


def test_always_calling_is_the_floor_to_beat(folder):
    exam = umi_static.prepare(Options(folder))
    floor = exam.floors["always call, no arguments"]
    figures = exam.metrics([Judged(case, floor(case), exam.judge(case, floor(case))) for case in exam.cases])
    assert figures == {"plan": 42.86, "action": 66.67, "argument F1": 33.33, "hallucination": 0.0, "ROUGE-L": 0.0}
    floor = exam.floors["right tool, no arguments"]
    figures = exam.metrics([Judged(case, floor(case), exam.judge(case, floor(case))) for case in exam.cases])
    # It talks where no call is wanted: five of seven steps; of three calls one has no arguments.
    assert figures == {"plan": 71.43, "action": 100.0, "argument F1": 33.33, "hallucination": 0.0, "ROUGE-L": 0.0}
    assert "not the package rouge" in exam.settings["rouge"]
    late = exam.judge(exam.cases[2], Reply(error="too long"))
    assert (late.right, late.failure, late.figures["plan"]) == (False, "prompt too long", 0.0)
