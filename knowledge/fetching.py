"""Pages of the web on their way into a collection: fetched in a thread of their own, so that nobody waits for a slow site.

Who adds a page has typed its address, and so may mean a machine of their own: the place that the address names may be private.
A redirect to another place may not.
"""

import threading
import uuid
from collections.abc import Callable
from pathlib import Path

from common.egress import Egress, place_of
from knowledge.loading import refusals
from knowledge.loading.web import Fetched, fetch

_LOOK_S = 0.1  # between two looks at whether it is still wanted


def fetch_typed(url: str, to: Path, egress: Egress | None, stopped: Callable[[], bool] = lambda: False) -> Fetched:
    """Fetch the page at an address that somebody typed into the file `to`.

    Raises as `fetch` does, and `UnreadableFile` as soon as it is `stopped`.
    """
    made: list[Fetched] = []
    failed: list[Exception] = []
    wanted = threading.Event()
    wanted.set()
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = to.with_name(uuid.uuid4().hex)  # nobody reads what a thread writes that was left alone

    def work() -> None:
        try:
            made.append(fetch(url, own, egress, granted_hosts=frozenset([place_of(url)])))
        except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
            failed.append(error)
        if not wanted.is_set():
            own.unlink(missing_ok=True)

    thread = threading.Thread(target=work, name="page", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_LOOK_S)
        if thread.is_alive() and stopped():
            wanted.clear()
            raise refusals.cancelled(url)
    if failed:
        raise failed[0]
    own.replace(to)
    return made[0]
