"""Words of the MCP servers within the tools page."""

WORDS: dict[str, tuple[str, str]] = {
    "servers": ("MCP servers", "MCP 服务"),
    "servers_lead": (
        "Programs and web services that bring tools of their own. Nothing is started or called before you allow it.",
        "自带工具的程序或网络服务。在你允许之前，不会启动或连接任何东西。",
    ),
    "servers_none": ("None yet. Add the first one below.", "还没有。可以在下面添加第一个。"),
    "servers_hosted": (
        "This page is hosted and starts no programs. Servers with an http address can be used.",
        "这是托管的页面，不能启动程序。可以使用有 http 网址的服务。",
    ),
    "servers_add": ("Add a server", "添加服务"),
    "servers_line": ("Its command or address", "命令或网址"),
    "servers_line_hint": (
        "Such as npx -y @modelcontextprotocol/server-everything, or https://example.com/mcp",
        "例如 npx -y @modelcontextprotocol/server-everything，或 https://example.com/mcp",
    ),
    "servers_title": ("Its name here", "显示名称"),
    "servers_paste": ("Or the settings from its README", "或粘贴 README 里的配置"),
    "servers_paste_hint": (
        "The JSON with mcpServers or servers in it; several at once are fine.",
        "含有 mcpServers 或 servers 的 JSON，可以一次粘贴多个。",
    ),
    "servers_keep": ("Keep the keys in it, encrypted", "加密保存其中的密钥"),
    "servers_keep_hint": (
        "Values of environment variables and tokens. Otherwise they are left out and can be entered later.",
        "指环境变量的值和令牌。不勾选则不保存，可以之后再填。",
    ),
    "servers_empty": ("Give a command, an address or settings first.", "请先填写命令、网址或配置。"),
    "servers_added": ("“{title}” is added. It is not started yet.", "已添加“{title}”，尚未启动。"),
    "servers_refused": ("“{title}” is not added. {why}", "没有添加“{title}”。{why}"),
    "servers_said_of": ("“{title}”: {said}", "服务“{title}”：{said}"),
    "servers_keys_kept": ("Kept encrypted: {names}.", "已加密保存：{names}。"),
    "servers_keys_left": (
        "Left out: the values of {names}. Enter them under “Keys”.",
        "没有保存 {names} 的值，可以在“密钥”里填写。",
    ),
    "servers_keys_wanted": ("Still to be entered under “Keys”: {names}.", "还需要在“密钥”里填写：{names}。"),
    "servers_gone": ("This server is not there any more.", "这个服务已经不在了。"),
    "servers_this": ("this server", "这个服务"),
    "servers_all": ("All MCP servers", "全部 MCP 服务"),
    # how a server is
    "server_never": ("never connected", "从未连接"),
    "server_resting": ("not connected; its first call connects it", "未连接，首次调用时会自动连接"),
    "server_connecting": ("connecting…", "正在连接……"),
    "server_connected": ("connected", "已连接"),
    "server_failed": ("failed", "连接失败"),
    "server_needs_grant": ("needs your permission", "需要你的许可"),
    "server_hosted": ("not on a hosted page", "托管页面不能启动"),
    "server_again": ("Tried again in {time}.", "{time}后重试。"),
    "server_tools_count": ("{count} tools used", "选用 {count} 个工具"),
    "server_patience": (
        "This can take a minute, longer where a command first fetches itself. You can go on meanwhile.",
        "可能要一分钟；有些命令要先下载，时间会更长。你可以先做别的事。",
    ),
    "server_connect": ("Connect now", "立即连接"),
    "server_reread": ("Read its lists again", "重新读取列表"),
    "server_disconnect": ("Disconnect", "断开连接"),
    "server_says": ("Says of itself", "自述"),
    # the grant
    "server_command": ("This command is started on this machine, with your rights:", "将以你的权限在这台机器上启动这个命令："),
    "server_program": ("Command", "命令"),
    "server_argument": ("Argument {n}", "参数 {n}"),
    "server_variable": ("Variable {name}", "变量 {name}"),
    "server_gets": ("the key “{name}”", "密钥“{name}”"),
    "server_no_arguments": ("It has no arguments.", "没有参数。"),
    "server_command_hint": (
        "Allow only what you trust: it can read your files. A change of anything above needs a new permission.",
        "只允许你信任的命令：它可以读取你的文件。上面任何一处改动后都要重新许可。",
    ),
    "server_address": ("This address is called:", "将访问这个网址："),
    "server_private": (
        "{place} is on this machine, in its network, an unusual port, or would get a key in the open.",
        "{place} 在本机或内部网络里，或使用不常见的端口，或密钥会以明文发送给它。",
    ),
    "server_public": (
        "A public address needs no permission. One that turns out to be private does.",
        "公开网址不需要许可；如果实际指向内部网络，则需要许可。",
    ),
    "server_allow": ("Allow", "允许"),
    "server_take_back": ("Take back", "收回许可"),
    "server_allowed": ("Allowed", "已允许"),
    "server_was_allowed": ("Allowed. Now connect, to see its tools.", "已允许。现在可以连接，查看它的工具。"),
    "server_taken_back": ("The permission is taken back; nothing of it runs.", "已收回许可，它不再运行。"),
    # its document
    "server_settings": ("Settings", "设置"),
    "server_args": ("Arguments", "参数"),
    "server_args_hint": (
        "One a line, exactly as they are given: no quotation marks are needed. It starts in the folder /.",
        "每行一个，原样传给命令，不需要引号。启动时所在的文件夹是 /。",
    ),
    "server_command_field": ("Command", "命令"),
    "server_command_field_hint": (
        "A full path is safest. Changing it needs a new permission.",
        "建议写完整路径。改动后需要重新许可。",
    ),
    "server_url": ("Address", "网址"),
    "server_variables": ("Environment variables it gets a key in", "通过环境变量传给它的密钥"),
    "server_variables_hint": (
        "Names alone, one a line, such as GITHUB_TOKEN. Their values are entered under “Keys”.",
        "只写变量名，每行一个，例如 GITHUB_TOKEN。值在“密钥”里填写。",
    ),
    "server_token": ("It wants a key", "它需要密钥"),
    "server_token_hint": (
        "Sent as Authorization: Bearer; entered under “Keys”.",
        "以 Authorization: Bearer 发送，在“密钥”里填写。",
    ),
    "server_deadline": ("Seconds that a call may take", "每次调用的时限（秒）"),
    "server_believes": ("Believe what its tools say of themselves", "相信它对自己工具的说明"),
    "server_believes_hint": (
        "A tool that says it only reads then needs no permission for each call. Otherwise every tool counts as one that "
        "changes things.",
        "自称只读取的工具就不必每次征求同意；否则所有工具都按会改动内容处理。",
    ),
    "server_wrong": ("{n} to correct before it is saved.", "有 {n} 处要改正，改好后会自动保存。"),
    "server_conflict": (
        "These settings were changed elsewhere since you opened them, and yours are not saved.",
        "打开之后，这些设置在别处被改过，你的改动还没有保存。",
    ),
    # its tools
    "server_tools": ("Tools", "工具"),
    "server_tools_none": ("Connect to see its tools.", "连接后可以看到它的工具。"),
    "server_tools_no": ("It has no tools.", "它没有工具。"),
    "server_uses_all": (
        "All of its tools are used, and those it adds later too. Untick what you do not want.",
        "选用它的全部工具，以后新增的也会选用。不想要的可以取消勾选。",
    ),
    "server_uses_some": (
        "Only the ticked ones are used. What it adds later waits for you.",
        "只选用勾选的工具，以后新增的由你决定。",
    ),
    "server_use_all": ("Use all of them, later ones too", "全部选用，包括以后新增的"),
    "server_risk": ("What {tool} does", "{tool} 的风险"),
    "server_assumed": ("assumed: {risk}", "默认：{risk}"),
    "server_to_tool": ("Open and try it", "打开并试用"),
    "server_withdrawn": ("It was taken out of: {personas}.", "已从这些人设中去掉：{personas}。"),
    # the rest
    "server_keys": ("Keys", "密钥"),
    "server_key_hint": (
        "It is kept encrypted, given to this command alone, and never shown again.",
        "加密保存，只交给这个命令，不会再显示。",
    ),
    "server_no_keys": (
        "It wants no key. Settings says which ones it is given.",
        "它不需要密钥。需要哪些密钥可以在“设置”里写明。",
    ),
    "server_offers": ("Resources and prompts", "资源与提示词"),
    "server_offers_none": ("It offers neither resources nor prompts.", "它没有提供资源或提示词。"),
    "server_offers_hint": ("They are listed only: no conversation reads them yet.", "这里只列出，对话里还不会用到。"),
    "server_resources": ("Resources", "资源"),
    "server_prompts": ("Prompts", "提示词"),
    "server_delete": ("Delete this server", "删除这个服务"),
    "server_deleted": (
        "Deleted the server “{title}” with its tools and its permission.",
        "已删除服务“{title}”、它的工具和许可。",
    ),
    "server_restored": (
        "“{title}” is back. It needs your permission again where it needed one.",
        "“{title}”已恢复；原先需要许可的，要重新许可。",
    ),
    "server_of_tool": ("MCP server", "MCP 服务"),
}
