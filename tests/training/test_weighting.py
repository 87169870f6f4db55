"""Weights token by token, against what one writes down by hand, through three chat templates; and the loss."""

from dataclasses import replace

import pytest

from assistant.messages import Message, ToolCall, ToolResult
from assistant.models import builtin
from tests.assistant.models.tiny import make_tokenizer
from tools.base import ToolSpec
from training.conversation import Conversation
from training.encoding import Encoder
from training.weighting import SCHEMES, Piece, agent_flan, token_weights, weighted_loss

CLOCK = ToolSpec(
    "clock", "Tell the time.", {"type": "object", "properties": {"place": {"type": "string"}}, "required": ["place"]}
)

OLD = """{%- for message in messages -%}
{%- if message.role == 'user' -%}[INST] {{ message.content }} [/INST]
{%- elif message.role == 'assistant' %} {{ message.content }} </s>{% endif -%}
{%- endfor -%}"""

LLAMA = r"""{%- macro head(role) -%}{{ '<|start_header_id|>' + role + '<|end_header_id|>\n\n' }}{%- endmacro -%}
{%- if tools -%}{{ head('system') }}{%- for tool in tools -%}{{ tool.function.name }}{%- endfor -%}<|eot_id|>{%- endif -%}
{%- for message in messages -%}
{{ head('ipython' if message.role == 'tool' else message.role) }}
{%- for call in message.tool_calls or [] -%}
{{ '{"name": "' + call.function.name + '", "parameters": ' + (call.function.arguments | tojson) + '}' }}
{%- else -%}{{ message.content }}{%- endfor -%}<|eot_id|>
{%- endfor -%}
{%- if add_generation_prompt -%}{{ head('assistant') }}{%- endif -%}"""

FORGETFUL = """{%- if tools %}{{ tools[0].function.name }}{% endif %}{%- for message in messages -%}
<|im_start|>{{ message.role }}
{% if message.role == 'assistant' and loop.last and message.reasoning_content -%}
<think>{{ message.reasoning_content }}</think>{% endif %}{{ message.content }}
{%- for call in message.tool_calls or [] %}<tool_call>{{ call.function | tojson }}</tool_call>{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


@pytest.fixture
def tokenizer():
    return make_tokenizer()


def told(tokenizer, conversation, scheme):
    """Each sample as its text in runs of one weight."""
    runs = []
    for sample in Encoder(tokenizer, scheme).encode(conversation):
        said = []
        for number, weight in zip(sample.ids, sample.weights, strict=True):
            if said and said[-1][1] == weight:
                said[-1][0].append(number)
            else:
                said.append(([number], weight))
        runs.append([(tokenizer.decode(ids), weight) for ids, weight in said])
    return runs


ASKED = [Message("user", "Time?"), Message("assistant", "I look.", calls=(ToolCall("1", "clock", {"place": "Oslo"}),))]
ANSWERED = [Message("tool", "12:00", result=ToolResult("1", "clock", "12:00")), Message("assistant", "Noon.")]


def test_calls_count_twice_and_what_is_read_counts_nothing(tokenizer):
    tokenizer.chat_template = builtin.chat_template()
    [runs] = told(tokenizer, Conversation.of("test", [*ASKED, *ANSWERED], [CLOCK]), "weighted")
    assert runs == [
        (
            "<|im_start|>system\nYou are a helpful AI assistant.\n\n# Tools\n\n## clock: Tell the time.\n- place: string"
            "<|im_end|>\n<|im_start|>user\nTime?<|im_end|>\n<|im_start|>assistant\n",
            0.0,
        ),
        ("I look.\n", 1.0),
        ('<tool_call>\n{"name":"clock","arguments":{"place":"Oslo"}}\n</tool_call>', 2.0),
        ("<|im_end|>", 1.0),
        ("\n<|im_start|>tool\n12:00<|im_end|>\n<|im_start|>assistant\n", 0.0),
        ("Noon.<|im_end|>", 1.0),
    ]


def test_calls_that_are_the_whole_reply_count_twice_and_the_end_of_the_turn_once(tokenizer):
    tokenizer.chat_template = LLAMA
    tokenizer.add_tokens(["<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"], special_tokens=True)
    [runs] = told(tokenizer, Conversation.of("test", [*ASKED, *ANSWERED], [CLOCK]), "weighted")
    assert runs == [
        (
            "<|start_header_id|>system<|end_header_id|>\n\nclock<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\nTime?<|eot_id|>"
            "<|start_header_id|>assistant<|end_header_id|>\n\n",
            0.0,
        ),
        ('{"name": "clock", "parameters": {"place": "Oslo"}}', 2.0),
        ("<|eot_id|>", 1.0),
        (
            "<|start_header_id|>ipython<|end_header_id|>\n\n12:00<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
            0.0,
        ),
        ("Noon.<|eot_id|>", 1.0),
    ]


def test_calls_count_twice_in_each_sample_of_a_template_that_forgets_old_thoughts(tokenizer):
    tokenizer.chat_template = FORGETFUL
    thought = [replace(ASKED[1], thinking="Where?"), ANSWERED[0], replace(ANSWERED[1], thinking="It is 12.")]
    first, second = told(tokenizer, Conversation.of("test", [ASKED[0], *thought], [CLOCK]), "weighted")
    call = '<tool_call>{"name": "clock", "arguments": {"place": "Oslo"}}</tool_call>'
    asked = "clock<|im_start|>user\nTime?<|im_end|>\n<|im_start|>assistant\n"
    assert first == [(asked, 0.0), ("<think>Where?</think>I look.", 1.0), (call, 2.0), ("<|im_end|>", 1.0)]
    assert second == [
        (f"{asked}I look.{call}<|im_end|>\n<|im_start|>tool\n12:00<|im_end|>\n<|im_start|>assistant\n", 0.0),
        ("<think>It is 12.</think>Noon.<|im_end|>", 1.0),
    ]


@pytest.mark.parametrize(
    ("reply", "called"),
    [
        ("ok [TOOL_CALLS][{}]</s>", ["[TOOL_CALLS][{}]"]),
        ("<|python_tag|>clock.call()<|eom_id|>", ["<|python_tag|>clock.call()"]),
        ("<tool_call>a</tool_call>\n<tool_call>b</tool_call>", ["<tool_call>a</tool_call>", "<tool_call>b</tool_call>"]),
        ('In JSON: {"name": "Ann"}', []),
    ],
)
def test_calls_are_found_in_the_forms_of_other_templates(reply, called):
    assert [reply[start:end] for start, end, weight in SCHEMES["weighted"](reply, "") if weight == 2.0] == called


def said(tokenizer, scheme, *turns):
    """The runs of what is said in turn by user and assistant, those that are learnt or stand within a reply."""
    tokenizer.chat_template = builtin.chat_template()
    roles = ("user", "assistant") * len(turns)
    [runs] = told(tokenizer, Conversation.of("test", list(map(Message, roles, turns))), scheme)
    return runs[1:]


REACT = 'Thought: I look.\nAction: clock\nAction Input: {"place": "Oslo"}\nObservation: 12:00\n'


def test_the_react_form_token_by_token(tokenizer):
    assert said(tokenizer, "react", "Time?", f"{REACT}Thought: Done.\nFinal Answer: Noon.") == [
        ("Thought: I look.\n", 1.0),
        ('Action: clock\nAction Input: {"place": "Oslo"}\nObservation:', 2.0),
        (" 12:00\n", 0.0),
        ("Thought: Done.\nFinal Answer: Noon.<|im_end|>", 1.0),
    ]


def test_the_hand_over_of_alpha_umi_token_by_token(tokenizer):
    assert said(tokenizer, "alpha-umi", "Time?", f"Thought: I ask.\nNext: caller.\n{REACT}") == [
        ("Thought: I ask.\n", 1.0),
        ("Next: caller.\n", 2.0),
        ("Thought: I look.\n", 1.0),
        ('Action: clock\nAction Input: {"place": "Oslo"}\nObservation:', 2.0),
        (" 12:00\n<|im_end|>", 0.0),
    ]


def test_the_map_of_agent_flan_token_by_token(tokenizer):
    turns = ("Time?", "I look.\nName: clock", "What is the value of place?", "Oslo", "Go on.", "Observation: 12:00")
    between = "\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n"
    assert said(tokenizer, "agent-flan", *turns) == [
        ("I look.\nName:", 1.0),
        (" clock<|im_end|>", 3.0),
        (between.format("What is the value of place?"), 0.0),
        ("Oslo<|im_end|>", 3.0),
        (between.format("Go on."), 0.0),
        ("Observation:", 2.0),
        (" 12:00<|im_end|>", 0.0),
    ]


def test_without_weighting_every_word_of_the_assistant_counts_alike(tokenizer):
    tokenizer.chat_template = builtin.chat_template()
    [runs] = told(tokenizer, Conversation.of("test", [*ASKED, *ANSWERED], [CLOCK]), "plain")
    assert [weight for _, weight in runs] == [0.0, 1.0, 0.0, 1.0]


def test_a_template_that_knows_neither_system_nor_tools(tokenizer):
    tokenizer.chat_template = OLD
    tokenizer.add_special_tokens({"eos_token": "</s>"})
    talk = [Message("user", "Hi"), Message("assistant", "Hello"), Message("user", "Bye"), Message("assistant", "So long")]
    [runs] = told(tokenizer, Conversation.of("test", talk), "weighted")
    assert runs == [("[INST] Hi [/INST]", 0.0), (" Hello </s>", 1.0), ("[INST] Bye [/INST]", 0.0), (" So long </s>", 1.0)]


def test_a_template_that_forgets_old_thoughts_gives_a_sample_for_each_reply(tokenizer):
    tokenizer.chat_template = FORGETFUL
    talk = [
        Message("user", "Hi"),
        Message("assistant", "Hello", thinking="A greeting"),
        Message("user", "Bye"),
        Message("assistant", "So long", thinking="A parting"),
    ]
    first, second = told(tokenizer, Conversation.of("test", talk), "plain")
    assert first[1] == ("<think>A greeting</think>Hello<|im_end|>", 1.0)
    assert second[0][0].startswith("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHello<|im_end|>")
    assert second[1] == ("<think>A parting</think>So long<|im_end|>", 1.0)


def test_a_message_that_is_not_to_be_learnt_is_only_read(tokenizer):
    tokenizer.chat_template = builtin.chat_template()
    talk = (Message("user", "Hi"), Message("assistant", "Go away"), Message("user", "Pardon"), Message("assistant", "Welcome"))
    [runs] = told(tokenizer, Conversation("test", talk, (0.0, 0.0, 0.0, 1.0)), "plain")
    assert [text for text, weight in runs if weight] == ["Welcome<|im_end|>"]


def test_a_conversation_refuses_to_learn_what_others_say():
    with pytest.raises(ValueError, match="only what the assistant says"):
        Conversation("test", (Message("user", "Hi"),), (1.0,))


def test_the_end_of_a_long_sample_is_kept(tokenizer):
    tokenizer.chat_template = builtin.chat_template()
    [sample] = Encoder(tokenizer, "plain", longest=12).encode(Conversation.of("test", [*ASKED, *ANSWERED], [CLOCK]))
    assert len(sample.ids) == 12
    assert tokenizer.decode(sample.ids).endswith("Noon.<|im_end|>")


def test_the_react_form_learns_to_stop_at_the_observation():
    reply = "Thought: look\nAction: clock\nAction Input: {}\nObservation: 12:00\nThought: done\nFinal Answer: noon"
    spans = [(reply[start:end], weight) for start, end, weight in SCHEMES["react"](reply, "")]
    assert spans == [
        ("Thought:", 1.0),
        (" look\n", 1.0),
        ("Action:", 2.0),
        (" clock\n", 2.0),
        ("Action Input:", 2.0),
        (" {}\n", 2.0),
        ("Observation:", 2.0),
        (" 12:00\n", 0.0),
        ("Thought:", 1.0),
        (" done\n", 1.0),
        ("Final Answer:", 1.0),
        (" noon", 1.0),
    ]


def test_agent_flan_weighs_contents_and_answers_to_its_questions():
    reply = "Name: clock"
    assert [(reply[start:end], weight) for start, end, weight in agent_flan(reply, "")] == [("Name:", 1.0), (" clock", 3.0)]
    piece = Piece("Oslo", 1.0, "What is the value of place?")
    assert token_weights([(0, 2), (2, 4)], piece, "agent-flan") == [3.0, 3.0]
    assert token_weights([(0, 2), (2, 4)], Piece("Oslo", 1.0, "Which?"), "agent-flan") == [1.0, 1.0]


def test_a_token_across_a_border_takes_the_larger_weight():
    piece = Piece("ok <tool_call>{}</tool_call>", 1.0)
    assert token_weights([(0, 2), (2, 5), (5, 28)], piece, "weighted") == [1.0, 2.0, 2.0]


def test_the_loss_is_divided_by_the_count_of_weighted_tokens():
    import torch

    loss = weighted_loss(torch.tensor([1.0, 2.0, 4.0, 8.0]), torch.tensor([0.0, 1.0, 2.0, 0.0]))
    assert float(loss) == (2.0 + 8.0) / 2
    assert float(weighted_loss(torch.zeros(2), torch.zeros(2))) == 0.0
