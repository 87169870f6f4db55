"""Any file that tools can be made of, told apart by what it holds."""

from common.errors import DocumentInvalid
from tools import agentfabric
from tools.bundle import from_bundle, is_bundle
from tools.descriptions import read_description
from tools.imported import Import
from tools.openapi import from_description, is_description


def read_tools(text: str, server: str | None = None, found_at: str | None = None) -> Import:
    """The tools of an API's description, of AgentFabric's two files, or of another Hearth.

    `server` replaces the address that a description names, or is one of several; `found_at` is where it was fetched from. Raises
    `DocumentInvalid` for anything else.
    """
    if text.lstrip("\ufeff \t\r\n").startswith("<"):
        raise DocumentInvalid(
            "This is a web page or XML, not a description of tools. A page about an API mostly links to its description: look "
            "for openapi.json, swagger.json or a .yaml file, and give that one's address.",
            "这是网页或 XML，不是工具的描述文件。介绍接口的网页上一般有描述文件的链接：请找 openapi.json、swagger.json "
            "或 .yaml 文件，填它的网址。",
        )
    data = read_description(text)
    if is_description(data):
        return from_description(data, server, found_at)
    if is_bundle(data):
        return from_bundle(data)
    if agentfabric.is_plugin(data):
        return agentfabric.from_plugin(data, server)
    if agentfabric.is_tool_config(data):
        return agentfabric.from_tools(data)
    raise DocumentInvalid(
        "There are no tools in this file. It may be an OpenAPI or Swagger description, a file of tools that Hearth exported, "
        "or AgentFabric's openapi_plugin_config.json or tool_config.json.",
        "这个文件里没有工具。可以导入 OpenAPI 或 Swagger 文档、Hearth 导出的工具文件，"
        "或 AgentFabric 的 openapi_plugin_config.json 和 tool_config.json。",
    )
