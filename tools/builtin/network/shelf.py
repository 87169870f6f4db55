"""All tools that ask the network, as the app has them: with the real services, and what of them its maker named instead."""

from collections.abc import Callable

from common.egress import Egress
from tools.builtin.network.arxiv import Arxiv
from tools.builtin.network.github import GithubSearch
from tools.builtin.network.hubs import HUGGING_FACE, MODELSCOPE, ModelSearch
from tools.builtin.network.rates import ExchangeRates
from tools.builtin.network.service import NetworkTool, Service
from tools.builtin.network.weather import Weather
from tools.builtin.network.webreader import WebReader
from tools.builtin.network.websearch import WebSearch
from tools.builtin.network.wikipedia import Wikipedia

CONNECT_S = 3.0
"""Seconds in which a service must be found and connected to: whoever has no network is told so soon."""


def network_tools(
    egress: Egress,
    search_address: Callable[[], str],
    *,
    hugging_face: Service = HUGGING_FACE,
    modelscope: Service = MODELSCOPE,
    offline: bool = False,
) -> list[NetworkTool]:
    """The tools; `search_address` gives that of the maker's SearXNG, "" while there is none.

    Where Hearth was started `offline` they are there and cannot be called.
    """
    return [
        WebSearch(egress, address=search_address, offline=offline),
        WebReader(egress, offline=offline),
        Wikipedia(egress, offline=offline),
        Weather(egress, offline=offline),
        ExchangeRates(egress, offline=offline),
        Arxiv(egress, offline=offline),
        GithubSearch(egress, offline=offline),
        ModelSearch(egress, hugging_face=hugging_face, modelscope=modelscope, offline=offline),
    ]
