"""Requests that no tool in view can do, questions that lack what the tool needs, and talk that needs none.

The kinds are Agent-FLAN's (Chen et al. 2024, section 3.4): tools in view or not, a request that needs one or not.
"""

import random
import re
from collections.abc import Sequence

from assistant.messages import Message, ToolCall
from tools.base import ToolSpec
from training.conversation import Conversation
from training.generate.ask import Ask, ordered
from training.generate.clauses import label_of
from training.generate.functions import Function, ask_function

_NO_FIT = (
    "I can't do that: none of my tools fits.", "None of the tools I have can do that.", "Sorry, I have no tool for that.",
    "I don't have a tool that can do this.", "That is not something my tools can do.",
    "I'm afraid none of my tools can help with that.", "I have no way to do that with the tools I have here.",
    "Sorry, that is beyond the tools I have.", "My tools do something else, so I can't help with this one.",
    "I can't do this here. No tool of mine is made for it.", "There is no tool here that does that.",
    "No tool I have fits this request.", "I'm not able to do that with my tools.",
    "I looked at my tools, and none of them does this.", "This needs a tool that I don't have.", "Sorry, I can't do that.",
    "That can't be done with the tools I was given.", "I don't have what is needed for that.",
    "I would need another tool for that.", "None of my tools is right for this, so I can't do it.",
    "I can't help with that; my tools are for other things.", "Sorry, none of the tools at hand can do it.",
    "I'm sorry, but I lack a tool for this.", "For that I have no tool.", "I can't: the tools I have are for other tasks.",
    "Unfortunately, I have no tool that could do this.", "That is outside of what my tools can do.",
    "I don't see a tool for that among mine.", "My tools cannot do that, sorry.", "It's not possible with the tools I have.",
    "I can't look that up or do it; I have no such tool.", "No, I have no tool for this.",
)  # fmt: skip
_NO_TOOLS = (
    "I can't do that: I have no tools here.", "I have no tool for that here.", "Sorry, I have no tools to do that with.",
    "I can't do that from here.", "I have no access to that.", "That needs a tool, and I have none.",
    "I can't look that up, since I have no tools.", "I'm not able to do that; no tools are available to me.",
    "Without a tool I can't do that.", "I can't carry that out myself.",
)  # fmt: skip
_NO_FIT_ZH = (
    "我的工具做不了这件事。", "抱歉，这里没有合适的工具。", "我手上的工具都不适合这个请求。",
    "这件事没有工具可以做，我就不乱猜了。", "我看了一下，现有的工具都做不到。", "没有对应的工具，我帮不了这个忙。",
)  # fmt: skip
_NO_TOOLS_ZH = (
    "我这里没有工具，做不了这件事。", "抱歉，这需要工具，而我现在没有。", "没有工具，我查不到这个。",
    "我没有办法替你做这件事：没有可用的工具。",
)  # fmt: skip

_SMALL_TALK: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Hi", ("Hello! How can I help you?", "Hi! What can I do for you?")),
    ("Hello there", ("Hello! What can I do for you?", "Hi! How can I help?")),
    ("Good morning!", ("Good morning! How can I help you?",)),
    ("Hey, how are you?", ("I'm fine, thank you. What can I do for you?", "All well here. How can I help?")),
    ("Thanks, that helped.", ("You're welcome.", "Glad to hear it.", "You're welcome!")),
    ("Thank you!", ("You're welcome.", "My pleasure.")),
    ("That's all for now.", ("All right. Just write when you need something.", "Good. See you later.")),
    ("Bye", ("Goodbye!", "See you!")),
    ("Good night", ("Good night!",)), ("Great, well done", ("Thank you!", "Thanks, glad it worked.")),
    ("Who are you?", ("I'm an assistant. I answer questions and can use tools.",)),
    ("What can you do?", ("I answer questions, and I can use the tools that I'm given.",)),
    ("Tell me a joke.", ("Why did the clock go to school? To learn to tell the time.",
    "What do you call a fish without eyes? A fsh.")),
    ("You are wrong.", ("I'm sorry. Tell me what is wrong, and I'll try again.",)), ("ok", ("Good. Anything else?",)),
    ("Never mind.", ("All right.", "No problem.")),
    ("I'm tired today.", ("I'm sorry to hear that. I hope you get some rest.",)),
    ("I passed my exam!", ("Congratulations! That is great news.",)),
    ("Who wrote Hamlet?", ("William Shakespeare wrote Hamlet.",)),
    ("What is the capital of France?", ("The capital of France is Paris.",)),
    ("What is photosynthesis?", ("It is how plants turn light, water and carbon dioxide into sugar and oxygen.",)),
    ("Why is the sky blue?", ("Air scatters blue light more than red light, so the sky looks blue.",)),
    ("How many legs does a spider have?", ("A spider has eight legs.",)),
    ("What color do you get from blue and yellow?", ("Blue and yellow make green.",)),
    ("What is the opposite of hot?", ("The opposite of hot is cold.",)),
    ("Give me a synonym for happy.", ("Glad.", "Cheerful.")),
    ("What is a noun?", ("A noun is a word for a person, a place or a thing.",)),
    ("Do you like music?", ("I can't hear music, but I like to talk about it.",)),
    ("Which is better, tea or coffee?", ("That is a matter of taste: both have their friends.",)),
    ("Spell necessary.", ("N-e-c-e-s-s-a-r-y.",)), ("How do plants drink?", ("They take up water through their roots.",)),
    ("What do bees make?", ("Bees make honey and wax.",)),
    ("Which planet is closest to the sun?", ("Mercury is the planet closest to the sun.",)),
    ("Who painted the Mona Lisa?", ("Leonardo da Vinci painted the Mona Lisa.",)),
    ("Write a short greeting for a birthday card.", ("Happy birthday! I wish you a year full of joy.",)),
    ("Suggest a name for a cat.", ("How about Luna?", "Maybe Pepper.")),
    ("Is a whale a fish?", ("No, a whale is a mammal.",)), ("What does CPU stand for?",
        ("It stands for central processing unit.",)),
)  # fmt: skip
_LACKING = (
    "Which {label} do you mean?", "What is the {label}?", "Please tell me the {label}.",
    "For that I need the {label}. What is it?",
    "Could you give me the {label}?", "I need to know the {label} first.",
)  # fmt: skip


def reply_to_unfit(rng: random.Random, *, tools: bool, chinese: bool = False) -> str:
    """What is said to a request that no tool can do; `tools` says whether there are any, `chinese` how it was asked."""
    if chinese:
        return rng.choice(_NO_FIT_ZH if tools else _NO_TOOLS_ZH)
    return rng.choice(_NO_FIT if tools else _NO_TOOLS)


def unfit(ask: Ask, tools: Sequence[ToolSpec], rng: random.Random) -> Conversation:
    """A request with tools in view that do something else, or with none."""
    messages = [Message("user", ask.text), Message("assistant", reply_to_unfit(rng, tools=bool(tools)))]
    return Conversation.of("generated/refusals", messages, tools)


def talk(rng: random.Random) -> list[Message]:
    """Something that needs no tool, and a short answer."""
    said, answers = rng.choice(_SMALL_TALK)
    return [Message("user", said), Message("assistant", rng.choice(answers))]


def talk_beside(tools: Sequence[ToolSpec], rng: random.Random) -> Conversation:
    """Talk with tools in view, two or three times."""
    messages = [message for _ in range(rng.randint(1, 3)) for message in talk(rng)]
    return Conversation.of("generated/refusals", messages, tools)


def lacking(chosen: Function, others: Sequence[ToolSpec], rng: random.Random) -> Conversation | None:
    """A request without what the tool needs, the question for it, what the user says, and the call.

    None for a function of which nothing can be left out.
    """
    if not chosen.many:
        return None
    ask = ask_function(chosen, rng)
    if set(ask.arguments) != {chosen.many}:
        return None
    what = chosen.about.split(". ")[0].rstrip(".")
    what = re.sub(r" (?:in|of|for|to|near|between) (?:an?|the) [^,]+$", "", what)
    value = chosen.parts[chosen.many].make(rng)
    call = ToolCall("call_0", ask.tool.name, {chosen.many: value.value})
    messages = [
        Message("user", ordered(what[:1].lower() + what[1:], rng)),
        Message("assistant", rng.choice(_LACKING).format(label=label_of(chosen.many))),
        Message("user", rng.choice(("{}.", "{}", "{}, please.", "It's {}.", "Sorry: {}.")).format(value.said)),
        Message("assistant", calls=(call,)),
    ]
    tools = [ask.tool, *(tool for tool in others if tool.name != ask.tool.name)]
    rng.shuffle(tools)
    return Conversation.of("generated/refusals", messages, tools)
