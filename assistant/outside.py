"""What asks the network: the client for pages that are added as documents, and the tools, with the addresses that this machine's
owner named: their SearXNG, their mirrors of the hubs.

The mirrors are those that downloads use, by the hubs' own environment variables, so that a model that was found can be fetched.
"""

import os
from collections.abc import Sequence

from assistant.access import MAKER
from assistant.models.hubs import hf_endpoint
from common.database import Database
from common.egress import Egress
from tools.addresses import AddressStore
from tools.base import Tool
from tools.builtin.network.hubs import HUGGING_FACE, MODELSCOPE
from tools.builtin.network.service import Service
from tools.builtin.network.shelf import CONNECT_S, network_tools


def way_out(offline: bool) -> Egress | None:
    """What fetches the pages of the web that are added to collections; None where Hearth was started `offline`."""
    return None if offline else Egress(connect_s=CONNECT_S)


def tools_outside(database: Database, offline: bool) -> Sequence[Tool]:
    """The tools; where Hearth was started `offline` they are there and cannot be called."""
    addresses = AddressStore(database)
    modelscope = os.environ.get("MODELSCOPE_ENDPOINT") or MODELSCOPE.base
    return network_tools(
        Egress(connect_s=CONNECT_S),
        lambda: addresses.current(MAKER.owner).search,
        hugging_face=_service(hf_endpoint(), HUGGING_FACE),
        modelscope=_service(modelscope if "://" in modelscope else f"https://{modelscope}", MODELSCOPE),
        offline=offline,
    )


def _service(address: str, usual: Service) -> Service:
    """Who names another address than the usual one may mean a machine of their own."""
    return usual if address.rstrip("/") == usual.base else Service(address.rstrip("/"), own=True)
