"""The app as the pictures show it: `python tests/browser/display.py DATA PORT LANGUAGE`, with days of use behind it.

The model is a double that says what a good one would; the rest is what people get. What is in the folder is made up here.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1", GRADIO_ANALYTICS_ENABLED="False", ANONYMIZED_TELEMETRY="False")

from sqlalchemy import update

from assistant.access import MAKER
from assistant.conversations import CONVERSATIONS
from assistant.messages import Message, ToolCall
from assistant.models.base import CallChunk, ModelChunk, ModelInfo, TextChunk
from assistant.models.scripted import ScriptedModel
from assistant.settings import Settings
from assistant.studio import Studio, build_studio
from assistant.transcripts import Transcript, to_json
from retrieval.embedding import HashEmbedder
from server.app import create_app, serve
from tests.browser.serve import SlowHub, _refuse_the_world, loader
from tools.base import ToolSpec
from ui.uses import use

INFO = ModelInfo("scripted", "Demo", frozenset({"en", "zh"}), tools=True, grounding=True, context_tokens=100_000)

# (days ago, persona, title, what was said in turns), by language
EARLIER: dict[str, list[tuple[int, str, str, list[str]]]] = {
    "en": [
        (0, "librarian", "Returning a book without a receipt", ["Can a customer return a book without a receipt?", "Yes."]),
        (1, "gg", "A fight with my flatmate", ["We argued about the dishes again.", "That sounds tiring, and a little lonely."]),
        (
            1,
            "model-guide",
            "A model for 8 GB",
            ["Which model fits a card with 8 GB?", "Qwen3 4B in four bits leaves room to spare."],
        ),
        (3, "gg", "Before the interview", ["I have an interview tomorrow.", "Then tonight is for sleeping, not for rehearsing."]),
        (5, "librarian", "Opening hours on Sundays", ["When are we open on Sundays?", "From 11:00 to 17:00."]),
        (12, "model-guide", "What is a context window?", ["What is a context window?", "How much a model can read at one time."]),
    ],
    "zh": [
        (0, "librarian", "没有小票可以退书吗", ["顾客没有小票可以退书吗？", "可以换同价的书，或者换成代金券。"]),
        (1, "gg", "又和室友吵架了", ["又因为洗碗吵起来了。", "听起来又累又委屈。"]),
        (1, "model-guide", "8G 显存能跑什么模型", ["8G 显存能跑什么模型？", "四位量化的 Qwen3 4B 很合适。"]),
        (3, "gg", "面试前一晚", ["明天面试，好紧张。", "那今晚只负责睡觉，不负责排练。"]),
        (5, "librarian", "周日几点开门", ["周日几点开门？", "11 点到 17 点。"]),
        (12, "model-guide", "什么是上下文长度", ["什么是上下文长度？", "模型一次能读进去的长度。"]),
    ],
}

ASKED = {
    "en": {
        "gg": "I cannot sleep. My mind starts racing when I lie down.",
        "clock": "What time is it? I should have been asleep long ago.",
        "librarian": "How many days of annual leave does a member of staff get a year?",
        "renew": "Please renew my instance i-7 for 3 months.",
        "notes": "What helps more than going to bed early?",
    },
    "zh": {
        "gg": "最近总是睡不着，一躺下就胡思乱想",
        "clock": "现在几点了？早该睡了，可是还醒着。",
        "librarian": "每位员工每年有多少天带薪年假？",
        "renew": "请把实例 i-7 续费 3 个月。",
        "notes": "比早睡更有用的是什么？",
    },
}
"""What is asked while the pictures are taken."""

SAYS = {
    "en": {
        "gg": "Lying there with a head that will not be quiet is exhausting, and the clock makes it worse. You do not have to "
        "solve any of it tonight.\n\nIf one thought is the loudest, which one is it?",
        "clock": "Late, but the night is not over yet. Put the screen away, and leave the thinking on the desk until "
        "tomorrow. I will stay a little.",
        "librarian": "Every member of staff gets **15 days** of paid annual leave a year [1]. After three full years in the shop "
        "it is 18 days, and after six years 20 days [1]. Up to five unused days may be carried over until the end of March [1].",
    },
    "zh": {
        "gg": "躺下来脑子却停不住，确实很累人，越看时间越着急。今晚不用把什么都想明白。\n\n要是只挑一件，现在最吵的是哪一件？",
        "clock": "是有点晚了，不过这一夜还没过完。先把屏幕放下，要想的事留在桌上，明天再说。我再陪你一会儿。",
        "librarian": "每位员工每年有 **15 天**带薪年假 [1]。在店满三年后是 18 天，满六年后是 20 天 [1]。"
        "没休完的最多可以留 5 天，要在第二年三月底前休完 [1]。",
    },
}

NOTES = {
    "en": (
        "Reading notes",
        {
            "sleep.md": "# Sleeping better\n\n## Light\n\nMorning light sets the clock of the body. Ten minutes outside do."
            "\n\n## Evening\n\nA fixed hour of going to bed does more than an early one. Coffee after four is there at ten.\n",
            "garden.md": "# The garden in March\n\nPrune the roses when the forsythia is in flower. Sow the first peas.\n",
            "bread.md": "# Bread\n\nFlour, water, salt, and twelve hours of patience. The dough is ready when it has doubled.\n",
        },
    ),
    "zh": (
        "读书笔记",
        {
            "睡眠.md": "# 睡得好一点\n\n## 光\n\n早晨的光会校准身体的时钟，到户外走十分钟就够了。"
            "\n\n## 晚上\n\n固定的上床时间比早睡更有用。下午四点以后的咖啡，到晚上十点还在身体里。\n",
            "三月的院子.md": "# 三月的院子\n\n迎春花开的时候给月季修枝，再把第一批豌豆种下去。\n",
            "面包.md": "# 面包\n\n面粉、水、盐，再加十二个小时的耐心。面团涨到两倍大就好了。\n",
        },
    ),
}


RENEWING = {
    "id": "renew-instance",
    "name": "renew_instance",
    "title": {"en": "Renew an instance", "zh": "实例续费"},
    "description": {"en": "Renews an instance of the cloud for some months.", "zh": "为云服务器实例续费若干个月。"},
    "parameters": {
        "type": "object",
        "properties": {
            "instance": {"type": "string", "description": "its id, such as i-7"},
            "months": {"type": "integer", "description": "how many months", "minimum": 1, "maximum": 36, "default": 1},
            "renew_type": {"type": "string", "description": "how it goes on", "enum": ["manual", "automatic"]},
        },
        "required": ["instance", "months"],
    },
    "risk": "spends",
    "call": {
        "method": "POST",
        "url": "https://cloud.example.com/instances/{instance}/renew",
        "arguments": {"instance": {"place": "path"}, "months": {"place": "field"}, "renew_type": {"place": "field"}},
        "secrets": [{"name": "cloud", "place": "header", "field": "Authorization", "prefix": "Bearer "}],
        "result_path": "data.state",
    },
}
"""A tool that was made in the page."""

SHOP = """openapi: 3.0.0
info: {title: Corner shop}
servers: [{url: https://shop.example.com/v1}]
paths:
  /articles:
    get: {operationId: findArticles, summary: Find articles by words, parameters: [{name: q, in: query, schema: {type: string}}]}
  /orders:
    post: {operationId: placeOrder, summary: Place an order}
  /orders/{id}:
    get:
      operationId: orderState
      summary: How far an order is
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
  /photos:
    put: {operationId: savePhoto, summary: Save a photo, requestBody: {content: {image/png: {}}}}
"""
"""A description of an API, one operation of which cannot be taken."""

SERVER = '{"mcpServers": {"files": {"command": "npx", "args": ["-y", "@modelcontextprotocol/server-filesystem", "/home/ada"]}}}'


def answer(messages: Sequence[Message], tools: Sequence[ToolSpec]) -> Iterator[ModelChunk]:
    asked = next(message.text for message in reversed(messages) if message.role == "user")
    language, name = next(
        ((language, name) for language, all_asked in ASKED.items() for name, words in all_asked.items() if words in asked),
        ("en", "gg"),
    )
    if name == "clock" and messages[-1].role != "tool" and tools:
        clock = next((tool.name for tool in tools if "time" in tool.name or "clock" in tool.name), tools[0].name)
        yield CallChunk(ToolCall("call-1", clock, {"place": "Beijing" if language == "en" else "北京"}))
    elif name == "renew":
        yield CallChunk(ToolCall("call-2", RENEWING["name"], {"instance": "i-7", "months": 3}))
    else:
        yield TextChunk(SAYS[language][name])


def fill(studio: Studio, language: str, folder: Path) -> None:
    """Days of use: conversations, and a collection of one's own."""
    now = datetime.now(UTC)
    for days, persona, title, said in EARLIER[language]:
        messages = [Message("assistant" if place % 2 else "user", words) for place, words in enumerate(said)]
        made = studio.conversations.import_file(MAKER.owner, to_json(Transcript.in_line(persona, title, messages), ""))
        when = (now - timedelta(days=days, minutes=7)).timestamp()
        with studio.database.write() as connection:
            connection.execute(update(CONVERSATIONS).where(CONVERSATIONS.c.id == made.id).values(created=when, updated=when))
    studio.toolbox.save(RENEWING, 0)
    use(studio, "model-guide", "tools", RENEWING["id"], True)
    title, notes = NOTES[language]
    collection = studio.knowledge.create_collection(MAKER.owner, title)
    for name, words in notes.items():
        path = folder / name
        path.write_text(words, "utf-8")
        studio.knowledge.add(MAKER.owner, collection.id, path)


def main(data: str, port: str, language: str) -> None:
    _refuse_the_world()
    settings = Settings(port=int(port), data=Path(data), embedder="hash", offline=True)
    os.environ["HF_HUB_CACHE"] = os.environ["MODELSCOPE_CACHE"] = str(Path(data) / "hub")
    model, hub = ScriptedModel([answer] * 1000, INFO), SlowHub(2)
    studio = build_studio(settings, model=model, embedder=HashEmbedder(), loader=loader(model), hubs={"hf": hub, "ms": hub})
    fill(studio, language, Path(data).parent)
    try:
        serve(create_app(studio), settings)
    finally:
        studio.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
