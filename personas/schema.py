"""What a persona is: who speaks, how it speaks, and what it may use.

A persona is a document that people edit. It names a model, tools, collections and voices and holds none of them; that they are
there is checked by `personas.store`, and what they may do is decided where they are run. It has no field for trust, for code
or for a secret.
"""

import re
import unicodedata
from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from common.documents import UNSEEN, Document, Line, LocalizedText
from common.problems import problem
from personas.pictures import PICTURE_LIMIT, digest, picture_bytes

INSTRUCTION_LIMIT = 20_000
AVATAR_LIMIT = 4
TOOL_LIMIT = 256  # tools that are named one by one

_MODEL = re.compile(r"builtin|(hf|ms):\w[\w.-]*/\w[\w.-]*|path:.+|gguf:.+|openai:https?://[^\s#]+#\S+")
_JOINER = "\u200d"

DocumentId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
VoiceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,20}:[A-Za-z0-9+_-]{1,60}$")]


class Paragraph(LocalizedText):
    """A text of a few lines, such as a greeting."""

    en: str = Field("", max_length=2000)
    zh: str = Field("", max_length=2000)


class Instruction(LocalizedText):
    """What the model is told of itself, in the language of the conversation."""

    en: str = Field("", max_length=INSTRUCTION_LIMIT)
    zh: str = Field("", max_length=INSTRUCTION_LIMIT)


class Example(BaseModel):
    """One exchange that shows the model how the persona answers, given in conversations of its language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    language: Literal["en", "zh"]
    user: str = Field(min_length=1, max_length=2000)
    assistant: str = Field(min_length=1, max_length=4000)


class Voices(BaseModel):
    """The voice by language, as ENGINE:VOICE; espeak's variants are written after a plus sign ("espeak:cmn+f3")."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: VoiceName = "espeak:en-gb"
    zh: VoiceName = "espeak:cmn"

    def get(self, language: str) -> str:
        """The voice for `language`; never that of another language, which would read it letter by letter."""
        return self.zh if language.startswith("zh") else self.en


class Generation(BaseModel):
    """How the model writes: `temperature` 0 is greedy; `max_tokens` bounds one step."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_tokens: int = Field(512, ge=16, le=8192)
    temperature: float = Field(0.7, ge=0, le=2)
    top_p: float = Field(0.9, gt=0, le=1)


class Persona(Document):
    """Somebody to talk to."""

    title: Line
    description: Line = Line()  # one line for the gallery: what it can do
    avatar: str = Field("", max_length=32)  # up to 4 letters or one emoji, shown in a ring of `tint`
    tint: Annotated[str, StringConstraints(pattern=r"^#[0-9A-Fa-f]{6}$")] = "#C8553D"
    picture: str = Field("", max_length=2 * PICTURE_LIMIT)  # WebP in base64, shown in place of the letters; "" for none
    greeting: Paragraph = Paragraph()  # shown when a conversation begins; the model does not see it
    starters: tuple[Line, ...] = Field((), max_length=12)
    instruction: Instruction = Instruction()
    few_shot: tuple[Example, ...] = Field((), max_length=20)
    model: str | None = Field(None, max_length=500)  # None: the model that the app was started with
    tools: tuple[DocumentId, ...] = ()
    all_tools: bool = False  # every other tool, too, those made later included; visitors have the named ones alone
    collections: tuple[DocumentId, ...] = Field((), max_length=16)
    voice: Voices = Voices()
    generation: Generation = Generation()
    answers_only_from_documents: bool = False  # says that it does not know where no passage holds the answer
    playful: bool = False  # jokes and teases, except while a care notice is in view
    published: bool = False  # visitors of a hosted page may choose it

    @field_validator("title")
    @classmethod
    def _named(cls, value: Line) -> Line:
        if value.blank:
            raise problem("Give the persona a title in English or Chinese.", "请给这个人设起个名字，中文或英文都行。")
        return value

    @field_validator("avatar")
    @classmethod
    def _short(cls, value: str) -> str:
        if UNSEEN.search(value) or graphemes(value) > AVATAR_LIMIT:
            raise problem(
                f"An avatar is at most {AVATAR_LIMIT} letters or emoji.",
                f"头像最多 {AVATAR_LIMIT} 个字或表情。",
            )
        return value

    @field_validator("picture")
    @classmethod
    def _is_picture(cls, value: str) -> str:
        if value:
            try:
                picture_bytes(value)
            except ValueError:
                raise problem(
                    f"This is not a WebP picture in base64 of at most {PICTURE_LIMIT // 1024} KB. Upload the picture again.",
                    f"这不是 {PICTURE_LIMIT // 1024} KB 以内、base64 形式的 WebP 图片。请重新上传。",
                ) from None
        return value

    @field_validator("model")
    @classmethod
    def _model_name(cls, value: str | None) -> str | None:
        if value is None:
            return value
        if not _MODEL.fullmatch(value):
            raise problem(
                "Write builtin, hf:ORG/NAME, ms:ORG/NAME, path:DIR, gguf:FILE or openai:BASE_URL#NAME, or leave it empty.",
                "请写 builtin、hf:组织/名字、ms:组织/名字、path:文件夹、gguf:文件 或 openai:地址#名字，也可以不填。",
            )
        if value.startswith("openai:") and re.search(r"[@?]", value.partition("#")[0]):
            raise problem(
                "The address must not hold a password or key. Give the key to the model's entry instead.",
                "地址里不能带密码或密钥，请把密钥放到模型的设置里。",
            )
        return value

    @field_validator("tools", "collections")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name, times in Counter(value).items():
            if times > 1:
                raise problem(f"{name!r} is named twice.", f"{name!r} 写了两次。")
        return value

    @field_validator("tools")
    @classmethod
    def _countable(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(value) > TOOL_LIMIT:
            raise problem(
                f"A persona names at most {TOOL_LIMIT} tools. For more, switch on “All other tools, too” in its editor.",
                f"一个人设最多逐个列出 {TOOL_LIMIT} 个工具。要用更多，请在人设里打开“其余工具也全部可用”。",
            )
        return value

    @property
    def has_tools(self) -> bool:
        return self.all_tools or bool(self.tools)

    @property
    def face(self) -> str:
        """The address of the picture, relative to the page; "" where there is none."""
        return f"avatars/{self.id}/{digest(self.picture)}.webp" if self.picture else ""

    def withdrawn(self) -> Self:
        """The same persona, not published."""
        return self.model_copy(update={"published": False})


def graphemes(text: str) -> int:
    """How many characters a reader sees: joined emoji, flags, accents and skin tones count with what they belong to."""
    count, joined, flag = 0, False, False
    for letter in text:
        regional = "\U0001f1e6" <= letter <= "\U0001f1ff"
        attached = (
            unicodedata.category(letter) in ("Mn", "Me", "Mc", "Cf") or "\U0001f3fb" <= letter <= "\U0001f3ff"  # skin tones
        )
        if not attached and not joined and not (regional and flag):
            count += 1
        flag = regional and not flag
        joined = letter == _JOINER
    return count
