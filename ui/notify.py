"""How a failure reaches the reader: its own sentence when it was expected, one neutral line when it is a bug."""

import logging

from assistant import access
from common.errors import HearthError
from ui.ask import Ask
from ui.texts import text


def sentence(error: Exception, language: str) -> str:
    """What the reader sees of `error`; the traceback of a bug goes to the log."""
    if isinstance(error, HearthError):
        return error.sentence(language)
    logging.getLogger(__name__).error("the page met a bug", exc_info=error)
    return text("bug", language)


def told(error: Exception, ask: Ask) -> str:
    """What whoever asked reads of `error`: a visitor nothing of the machine's folders and settings."""
    if isinstance(error, HearthError):
        return access.told(error, ask.identity.owner)["zh" if ask.language == "zh" else "en"]
    return sentence(error, ask.language)
