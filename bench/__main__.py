"""Every benchmark, one after another, in one run: `make bench`."""

import platform
import sys

from bench import browser, engine, knowledge, page, tools, workshop
from bench.report import show


def main() -> int:
    """Returns 1 when a figure misses its limit."""
    print(f"{platform.machine()}, {platform.python_implementation()} {platform.python_version()}")
    benches = (page, browser, engine, knowledge, tools, workshop)
    return max(show(bench.measure()) for bench in benches)


if __name__ == "__main__":
    sys.exit(main())
