"""Every benchmark, one after another, in one run: `make bench`."""

import platform
import sys

from bench import browser, engine, knowledge, page, tools
from bench.report import show


def main() -> int:
    """Returns 1 when a figure misses its limit."""
    print(f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}")
    return max(show(measure()) for measure in (page.measure, browser.measure, engine.measure, knowledge.measure, tools.measure))


if __name__ == "__main__":
    sys.exit(main())
