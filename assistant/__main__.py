"""The assistant from the command line: one turn, and the opinions that people gave on answers.

    python -m assistant ask [--persona ID] [--model NAME] [--collection ID] [--data DIR] [--json] "text"
    python -m assistant feedback --out FILE.jsonl [--data DIR]

Exit status 0 done, 1 an expected failure (one sentence on standard error), 2 wrong usage.
"""

import argparse
import json
import logging
import os
import sys
from pathlib import Path

from assistant.conversations import Conversations
from assistant.events import Event, TextDelta, ToolFinished, ToolStarted, TurnFinished, to_dict
from assistant.feedback import Feedback
from assistant.runs import Runs
from assistant.settings import Settings, read_settings
from assistant.studio import build_studio
from common.database import opened
from common.errors import HearthError


def main(arguments: list[str]) -> int:
    """Returns the exit status; an answer that waits for a click is a failure here."""
    parser = argparse.ArgumentParser(prog="python -m assistant")
    commands = parser.add_subparsers(dest="command", required=True)
    ask = commands.add_parser("ask", help="ask a persona one thing")
    ask.add_argument("text")
    ask.add_argument("--persona", default="model-guide", help="gg, model-guide, librarian or one of your own")
    ask.add_argument("--model", help="builtin, hf:, ms:, path:, gguf: or openai: (default: HEARTH_MODEL, else auto)")
    ask.add_argument("--collection", action="append", help="ask these collections instead of the persona's own")
    ask.add_argument("--data", type=Path, default=Path("data"), help="the data folder")
    ask.add_argument("--offline", action="store_true", help="never download anything")
    ask.add_argument("--json", action="store_true", help="print one event a line")
    ask.set_defaults(run=_ask)
    feedback = commands.add_parser("feedback", help="write the opinions on answers, with what was said, for tuning")
    feedback.add_argument("--out", type=Path, required=True, help="the file to write, a line of JSON an opinion")
    feedback.add_argument("--data", type=Path, default=Path("data"), help="the data folder")
    feedback.set_defaults(run=_feedback)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)
    try:
        status: int = given.run(given)
    except HearthError as error:
        print(error, file=sys.stderr)
        return 1
    return status


def _ask(given: argparse.Namespace) -> int:
    studio = build_studio(_settings(given))
    try:
        events = studio.agent(given.persona, collections=given.collection).run(given.text)
        return max([_print(event, given.json) for event in events])
    finally:
        studio.close()


def _feedback(given: argparse.Namespace) -> int:
    if not given.data.is_dir():
        print(f"There is no data folder {str(given.data)!r}. Name the one that the app uses with --data.", file=sys.stderr)
        return 1
    with opened(given.data) as database:
        conversations = Conversations(database)
        lines = list(Feedback(database, conversations, Runs(database, conversations)).all())
    try:
        given.out.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    except OSError as error:
        print(f"{str(given.out)!r} cannot be written ({error.strerror}). Name another file with --out.", file=sys.stderr)
        return 1
    print(f"{len(lines)} opinions written to {given.out}")
    return 0


def _settings(given: argparse.Namespace) -> Settings:
    """As the app would read them, so that a key or an embedder in the environment counts here too."""
    options = ["--data", str(given.data), *(["--model", given.model] if given.model else []), *["--offline"] * given.offline]
    return read_settings(options, os.environ)


def _print(event: Event, as_json: bool) -> int:
    """Show one event; returns the exit status it stands for."""
    if as_json:
        print(json.dumps(to_dict(event), ensure_ascii=False), flush=True)
    else:
        _print_plain(event)
    return int(isinstance(event, TurnFinished) and event.reason in ("failed", "approval"))


def _print_plain(event: Event) -> None:
    match event:
        case TextDelta(text):
            print(text, end="", flush=True)
        case ToolStarted(call):
            print(f"[{call.name} {json.dumps(dict(call.arguments), ensure_ascii=False)}]", file=sys.stderr)
        case ToolFinished(result, seconds):
            print(f"[{result.name}: {result.text} ({seconds:.1f} s)]", file=sys.stderr)
            for ref in result.media:
                print(f"[{ref.kind}: {ref.name}; ask in the page to see or hear it]", file=sys.stderr)
        case TurnFinished(reason=reason, error=error):
            print()
            if error:
                print(error["en"], file=sys.stderr)
            if reason == "approval":
                print(
                    "The call was not made: it changes something and needs your click. Ask for it in the page.", file=sys.stderr
                )


if __name__ == "__main__":
    status = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # A model may still be loading in a thread of native code, which aborts an interpreter that is taken down under it.
    os._exit(status)
