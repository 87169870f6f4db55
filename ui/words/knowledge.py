"""Words of the knowledge page, and of adding files anywhere."""

WORDS: dict[str, tuple[str, str]] = {
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
}
