"""Every word of the page, in English and in Chinese, under one key.

Nothing here is HTML. The sentences of failures are not here: an error carries its own.
"""

LANGUAGES = ("en", "zh")


def text(key: str, language: str, **values: object) -> str:
    """The words under `key` in `language` ("zh" and its variants, else English), with `values` filled in."""
    english, chinese = _TEXTS[key]
    words = chinese if language.startswith("zh") else english
    return words.format(**values) if values else words


def keys() -> tuple[str, ...]:
    return tuple(_TEXTS)


_TEXTS: dict[str, tuple[str, str]] = {
    # the frame
    "title": ("Hearth", "Hearth"),
    "nav": ("Pages", "页面"),
    "chat": ("Chat", "对话"),
    "personas": ("Personas", "人设"),
    "knowledge": ("Knowledge", "知识"),
    "tools": ("Tools", "工具"),
    "other_language": ("中文", "EN"),
    "theme": ("Light or dark", "明暗主题"),
    "conversations": ("Conversations", "对话列表"),
    "close": ("Close", "关闭"),
    "lost": ("Hearth cannot be reached. Trying again…", "连不上 Hearth，正在重试……"),
    "bug": (
        "Something went wrong on our side. Try again; the log has the details.",
        "我们这边出了错。请再试一次；详情在日志里。",
    ),
    # the model
    "model_percent": ("loading {title} · {percent} %", "正在加载 {title} · {percent} %"),
    "model_percent_left": ("loading {title} · {percent} %, about {seconds} s", "正在加载 {title} · {percent} %，约 {seconds} 秒"),
    "model_ready": ("{title}", "{title}"),
    "model_failed": ("{title} did not load", "{title} 没有加载成功"),
    "model_small": (
        "A small English model that comes with Hearth. For a stronger one start with: python app.py --model hf:ORG/NAME",
        "这是随 Hearth 附带的英文小模型。想用更强的模型，启动时加上：python app.py --model hf:ORG/NAME",
    ),
    # conversations
    "new_chat": ("New conversation", "新对话"),
    "search_chats": ("Search conversations", "搜索对话"),
    "today": ("Today", "今天"),
    "yesterday": ("Yesterday", "昨天"),
    "this_week": ("Last 7 days", "最近 7 天"),
    "earlier": ("Earlier", "更早"),
    "untitled": ("New conversation", "新对话"),
    "no_chats": ("Your conversations will be listed here.", "你的对话会列在这里。"),
    "no_chats_found": ("Nothing contains “{query}”.", "没有包含“{query}”的对话。"),
    "rename": ("Rename", "重命名"),
    "delete": ("Delete", "删除"),
    "deleted": ("Deleted “{title}”.", "已删除“{title}”。"),
    "undo": ("Undo", "撤销"),
    "export_markdown": ("Export as Markdown", "导出为 Markdown"),
    "export_json": ("Export as JSON", "导出为 JSON"),
    "import": ("Import a conversation", "导入对话"),
    "more": ("More", "更多"),
    "delete_all": ("Delete all my conversations", "删除我的全部对话"),
    "delete_all_sure": ("Press again to delete all for good", "再按一次，永久删除全部"),
    "deleted_all": ("All your conversations are deleted.", "你的全部对话已删除。"),
    # the gallery and an empty conversation
    "welcome": ("Who would you like to talk to?", "想和谁聊聊？"),
    "welcome_more": (
        "Everything you write stays on this machine, unless you connect a model elsewhere.",
        "你写的一切都留在这台机器上，除非你接入了别处的模型。",
    ),
    "welcome_hosted": (
        "Your conversations are kept on this server. Nobody else who chats here sees them, and you can delete them.",
        "你的对话保存在这台服务器上，其他来聊天的人看不到，你可以随时删除。",
    ),
    "nothing_lasts": (
        "This page has no lasting storage: everything is forgotten when it restarts. Export what you want to keep.",
        "这个页面没有持久存储，重启后一切都会消失。想保留的内容请先导出。",
    ),
    "start_with": ("Talk to {name}", "和{name}聊"),
    "can_read": ("reads documents", "会查资料"),
    "can_use": ("uses tools", "会用工具"),
    "can_speak": ("can be heard", "会说话"),
    "not_a_therapist": (
        "This is a program, not a therapist or a doctor. In an emergency turn to: {lines}.",
        "这是一个程序，不是心理咨询师，也不是医生。情况紧急时请联系：{lines}。",
    ),
    # a message
    "you": ("You", "你"),
    "message": ("Message", "消息"),
    "write": ("Write to {name}. Enter sends, Shift+Enter breaks the line.", "写给{name}。Enter 发送，Shift+Enter 换行。"),
    "write_short": ("Write to {name}", "写给{name}"),
    "send": ("Send", "发送"),
    "stop": ("Stop", "停止"),
    "attach": ("Add documents", "添加文档"),
    "copy": ("Copy", "复制"),
    "copied": ("Copied", "已复制"),
    "speak": ("Read aloud", "朗读"),
    "stop_speaking": ("Stop reading", "停止朗读"),
    "always_speak": ("Read answers aloud", "自动朗读回答"),
    "regenerate": ("Answer again", "重新回答"),
    "newest": ("Newest message", "最新消息"),
    "picture": ("picture", "图片"),
    "source_n": ("Source {n}", "来源 {n}"),
    "thinking_now": ("thinking…", "正在想……"),
    "reading_now": ("reading “{title}”…", "查阅《{title}》……"),
    "using_now": ("using {name}…", "正在使用{name}……"),
    "thought": ("What it thought", "思考过程"),
    "used": ("used: {name}", "用了：{name}"),
    "used_in": ("used: {name} · {seconds} s", "用了：{name} · {seconds} 秒"),
    "used_failed": ("did not work: {name}", "没有成功：{name}"),
    "not_run": ("not run: {name}", "没有运行：{name}"),
    "arguments": ("Arguments", "参数"),
    "result": ("Result", "结果"),
    "wants": ("{name} needs your permission", "{name}需要你的许可"),
    "wants_of_visitor": ("{name} may only be run by the owner of this page.", "{name}只能由本页面的主人运行。"),
    "allow": ("Allow", "允许"),
    "deny": ("Do not allow", "不允许"),
    "interrupted": ("Stopped here.", "到这里停止了。"),
    "cancelled": ("Stopped before there was an answer.", "还没有回答就停止了。"),
    "try_again": ("Try again", "再试一次"),
    "care": ("If you are in danger, people can help right now:", "如果你正处在危险中，现在就可以联系："),
    "speech_failed": ("This answer could not be read aloud.", "这条回答没能读出来。"),
    # the right panel
    "sources": ("Sources", "来源"),
    "steps": ("Steps", "步骤"),
    "no_sources": ("The passages an answer rests on appear here.", "回答所依据的段落会出现在这里。"),
    "open_document": ("Open in the document", "在原文中查看"),
    "back": ("Back", "返回"),
    "page_n": ("page {n}", "第 {n} 页"),
    "cut": ("The document goes on before and after what is shown here.", "这里只显示了文档的一部分，前后还有内容。"),
    "no_steps": ("What happened while answering appears here.", "回答过程中发生的事会出现在这里。"),
    "tools_seen": ("Tools on offer", "可用的工具"),
    "passages_found": ("Passages found", "找到的段落"),
    "calls_made": ("Calls", "调用"),
    "first_text": ("first word after {seconds} s", "{seconds} 秒后开始回答"),
    "total_time": ("{seconds} s in all", "共 {seconds} 秒"),
    "tokens": (
        "{read} tokens read ({cached} from cache), {written} written",
        "读 {read} 个词元（缓存 {cached}），写 {written} 个",
    ),
    # knowledge
    "knowledge_lead": (
        "Documents that your personas read and cite. Drop files here, then ask about them.",
        "人设会查阅并引用的文档。把文件拖进来，然后提问。",
    ),
    "collections": ("Collections", "资料库"),
    "new_collection": ("New collection", "新建资料库"),
    "create": ("Create", "创建"),
    "no_collections": ("No collection yet. Make one, then drop in a few files.", "还没有资料库。先建一个，再拖入几个文件。"),
    "documents_n": ("documents: {n}", "{n} 份文档"),
    "passages_n": ("passages: {n}", "{n} 个段落"),
    "no_documents": (
        "This collection is empty. Drop in a PDF, Word, HTML, Markdown or text file: a handbook, notes, a manual.",
        "这个资料库还是空的。拖入 PDF、Word、HTML、Markdown 或文本文件：手册、笔记、说明书都可以。",
    ),
    "drop": ("Drop files here, or choose them", "把文件拖到这里，或点击选择"),
    "drop_kinds": ("PDF, DOCX, HTML, Markdown, text", "PDF、DOCX、HTML、Markdown、文本"),
    "uploading": ("Sending…", "正在上传……"),
    "adding": ("reading…", "正在读取……"),
    "waiting": ("waiting", "等待中"),
    "outcome_done": ("added · passages: {n} · {seconds} s", "已添加 · {n} 个段落 · {seconds} 秒"),
    "upload_failed": (
        "{name} could not be sent: the connection broke, or there is no room left where Hearth keeps its files. Try again.",
        "{name} 没有传上来：可能是连接断了，或者 Hearth 存放文件的磁盘满了。请再试一次。",
    ),
    "upload_cut_short": (
        "Hearth stopped before it had said that this was added. Add it again; what is there already is not added twice.",
        "还没确认添加完成，Hearth 就停止了。请再添加一次，已有的内容不会重复。",
    ),
    "makers_only": ("Only the owner of this page can open and add documents.", "只有本页面的主人可以查看和添加文档。"),
    "no_collection_of_persona": (
        "{name} reads no collection yet. Add documents on the Knowledge page.",
        "{name}还没有资料库。请在“知识”页添加文档。",
    ),
    "remove": ("Remove", "移除"),
    "removed": ("Removed “{title}”.", "已移除“{title}”。"),
    "search_knowledge": ("Search this collection", "在这个资料库里搜索"),
    "search": ("Search", "搜索"),
    "found_nothing": ("No passage fits “{query}”.", "没有段落符合“{query}”。"),
    "score": ("fit {score}", "符合度 {score}"),
    "score_dense": ("meaning {score}", "语义 {score}"),
    "score_lexical": ("words {score}", "词语 {score}"),
    "close_document": ("Back to the collection", "返回资料库"),
    # personas and tools
    "personas_lead": ("Everyone you can talk to here.", "这里可以和你聊天的人设。"),
    "starters": ("You could begin with", "可以这样开始"),
    "tools_lead": ("What personas can do besides talking.", "人设除了聊天还能做的事。"),
    "model_reads": ("What the model reads", "模型读到的说明"),
    "parameters": ("Parameters", "参数"),
    "required": ("required", "必填"),
    "risk_reads": ("only reads", "只读取"),
    "risk_writes": ("changes things; asks first", "会改动内容，先征求同意"),
    "risk_spends": ("costs money; asks first", "会花钱，先征求同意"),
    "deadline": ("at most {seconds} s", "最多 {seconds} 秒"),
}
