"""What the long tests measure, told past pytest's capture."""

import sys


def say(text: str) -> None:
    sys.__stdout__.write(f"\n{text}\n")
    sys.__stdout__.flush()
