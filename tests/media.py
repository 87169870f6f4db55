"""Pictures and sounds for tests, small tools that give them, and a persona that may call these."""

import io
import struct
import wave
import zlib

from PIL import Image, ImageDraw

from assistant.access import MAKER
from assistant.messages import ToolCall
from assistant.models.base import CallChunk
from tools.base import Media, Tool, ToolContext, ToolOutput, ToolSpec


def png(size=(40, 30), colour="teal", form="PNG"):
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, form)
    return file.getvalue()


def tower():
    """A picture worth looking at, wider than a phone."""
    picture = Image.new("RGB", (900, 500), "#f3d9b1")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 400, 900, 500), fill="#6b8f71")
    draw.rectangle((390, 120, 510, 410), fill="#a1543c")
    draw.polygon(((370, 120), (450, 30), (530, 120)), fill="#4a3228")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def wav(seconds=0.1):
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\1" * int(8000 * seconds))
    return file.getvalue()


def bomb(side=30_000):
    """A PNG of a few bytes that says it has `side` times `side` pixels."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


PICTURE = Media(png(), "image/png", "tower.png")
SOUND = Media(wav(), "audio/wav", "bell.wav")


def giving(*media, text="Drawn."):
    """A tool `draw` that gives these."""

    def draw() -> ToolOutput:
        """Draw a tower."""
        return ToolOutput(text, media=media)

    return Tool.from_function(draw)


class Measure(Tool):
    """A tool that is given a picture or a sound of the conversation."""

    id = "measure"

    def __init__(self):
        self.titles = {"en": "Measure", "zh": "测量"}
        picture = {"type": "string", "format": "media", "description": "number or name of a picture or sound"}
        schema = {"type": "object", "properties": {"of": picture}, "required": ["of"]}
        self.spec = ToolSpec("measure", "Says how many bytes a picture or a sound has.", schema)

    def call(self, arguments, context: ToolContext):
        medium = context.media(arguments["of"])
        return ToolOutput("There is none." if medium is None else f"{medium.name}: {medium.type}, {len(medium.data)} bytes")


def calls(name, id="c1", **arguments):
    return [CallChunk(ToolCall(id, name, arguments))]


def with_tools(studio, *tools, persona="gg"):
    """The studio, with these tools for one of its personas."""
    for tool in tools:
        studio.tools.register(tool)
    changed = studio.persona(MAKER, persona).model_copy(update={"tools": tuple(tool.id for tool in tools)})
    revision = next(stored.revision for stored in studio.personas.list(MAKER.owner) if stored.document.id == persona)
    studio.personas.save(MAKER.owner, changed, revision)
    return studio
