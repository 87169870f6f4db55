"""Keeps secrets out of the log: every record is cleaned when it is made, whoever logs it and wherever it goes.

A filter on a logger sees only what is logged to it by name, and one on a handler only what is there when it is added; so this is
where records are made. What it does not do: clean what a program prints past the log.
"""

import logging
import threading
import weakref
from collections.abc import Callable
from typing import Any

from common.secrets import Secrets


def hide_in_logs(secrets: Secrets) -> None:
    """Put "•••" for these secrets in every record from now on, as long as somebody holds `secrets`."""
    factory = logging.getLogRecordFactory()
    if not isinstance(factory, _Cleaning):
        factory = _Cleaning(factory)
        logging.setLogRecordFactory(factory)
    factory.add(secrets)


class _Cleaning:
    """Makes records as `make` does, without secrets."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._hidden: tuple[weakref.ref[Secrets], ...] = ()

    def add(self, secrets: Secrets) -> None:
        with self._lock:
            self._hidden = (*(each for each in self._hidden if each() is not None), weakref.ref(secrets))

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self._make(*args, **kwargs)
        message, failed = _message(record), ""
        if record.exc_info:
            failed = logging.Formatter().formatException(record.exc_info)
        shown, shown_failed = self._clean(message), self._clean(failed)
        # A record without secrets stays as it is: handlers may look at its parts.
        if shown != message:
            record.msg, record.args = shown, ()
        if shown_failed != failed:
            record.exc_text, record.exc_info = shown_failed, None
        return record

    def _clean(self, text: str) -> str:
        for each in self._hidden:
            if text and (secrets := each()):
                text = secrets.redact(text)
        return text


def _message(record: logging.LogRecord) -> str:
    """What a record says; one whose parts do not fit together loses them, since logging would print them as they are."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # the parts may be anything, and raise anything
        record.args = ()
        return str(record.msg)
