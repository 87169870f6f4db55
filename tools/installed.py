"""Tools that other packages bring: subclasses of `Tool` named by the entry point group `hearth.tools`.

Whoever installs such a package runs its code, as with any package; no document can name one.
"""

import logging
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points

from tools.base import Tool

GROUP = "hearth.tools"


def installed_tools(found: Iterable[EntryPoint] | None = None) -> Sequence[Tool]:
    """One tool of each entry point, made without arguments; one that cannot be made is left out, with its reason in the log."""
    tools: list[Tool] = []
    for point in entry_points(group=GROUP) if found is None else found:
        try:
            tool = point.load()()
            if not isinstance(tool, Tool):
                raise TypeError(f"{point.value} is no subclass of tools.base.Tool")
        except Exception:  # the code of others may fail in any way, and the app starts all the same
            logging.getLogger(__name__).exception("the tool %r of an installed package cannot be used", point.name)
            continue
        tools.append(tool)
    return tools
