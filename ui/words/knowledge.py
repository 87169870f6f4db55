"""Words of the knowledge page, and of adding files anywhere."""

WORDS: dict[str, tuple[str, str]] = {
    "knowledge_lead": (
        "Documents that your personas read and cite. Drop files here, then ask about them.",
        "人设会查阅并引用的文档。把文件拖进来，然后提问。",
    ),
    "collections": ("Collections", "资料库"),
    "knowledge_find": ("Find a collection", "查找资料库"),
    "new_collection": ("New collection", "新建资料库"),
    "create": ("Create", "创建"),
    "no_collections": ("No collection yet. Make one, then drop in a few files.", "还没有资料库。先建一个，再拖入几个文件。"),
    "documents_n": ("documents: {n}", "{n} 份文档"),
    "passages_n": ("passages: {n}", "{n} 个段落"),
    "knowledge_read_by": ("read by {names}", "{names} 会查阅"),
    "knowledge_read_by_none": ("no persona reads it yet", "还没有人设查阅"),
    "knowledge_is_trusted": ("trusted", "可信"),
    "knowledge_about": ("Name, who reads it, trust, deletion", "名字、谁来查阅、是否可信、删除"),
    "knowledge_trust": ("I trust what is in it", "我信任里面的内容"),
    "knowledge_trust_hint": (
        "Switch this on for what you or people you trust have written, whatever is added later included. Elsewhere, once a "
        "passage was read, each call that sends something out or changes something asks you first.",
        "如果内容是你自己或你信任的人写的，可以打开，以后添加的内容也算在内。"
        "没有打开时，只要读到了其中的段落，凡是要向外发送或改动内容的调用，都会先问你。",
    ),
    "knowledge_name": ("Name of the collection", "资料库的名字"),
    "knowledge_rename": ("Rename", "改名"),
    "knowledge_readers": ("Personas that read it", "查阅它的人设"),
    "knowledge_readers_hint": (
        "A persona looks here before it answers, from its next turn on.",
        "人设回答之前会先查阅这里，从下一轮开始生效。",
    ),
    "knowledge_delete": ("Delete this collection", "删除这个资料库"),
    "knowledge_deleted": ("Deleted the collection “{title}”.", "已删除资料库“{title}”。"),
    "knowledge_restored": ("“{title}” is back.", "“{title}”已恢复。"),
    "no_documents": (
        "This collection is empty. Drop in PDFs, Word or Excel files, slides, e-books, mails, web pages, texts, or a ZIP or a "
        "folder of them: a handbook, notes, a manual.",
        "这个资料库还是空的。拖入 PDF、Word、Excel、演示文稿、电子书、邮件、网页、文本，或装有这些文件的 ZIP 和文件夹："
        "手册、笔记、说明书都可以。",
    ),
    "knowledge_filter": ("Find a document by its name", "按名字查找文档"),
    "knowledge_none_named": ("No document is named like “{words}”.", "没有名字含“{words}”的文档。"),
    "knowledge_more": ("Show more ({n} left)", "显示更多（还有 {n} 份）"),
    "drop": ("Drop files here, or choose them", "把文件拖到这里，或点击选择"),
    "drop_kinds": (
        "PDF, Word, Excel, PowerPoint, OpenDocument, RTF, EPUB, e-mail, HTML, Markdown, CSV, JSON, notebooks, text, ZIP",
        "PDF、Word、Excel、PowerPoint、OpenDocument、RTF、EPUB、邮件、HTML、Markdown、CSV、JSON、笔记本、文本、ZIP",
    ),
    "uploading": ("Sending…", "正在上传……"),
    "adding": ("reading…", "正在读取……"),
    "waiting": ("waiting", "等待中"),
    "knowledge_embedding": ("taking in passages: {done} of {total}", "正在收入段落：{done}/{total}"),
    "knowledge_added_of": ("added: {done} of {n}", "已添加 {done}/{n}"),
    "knowledge_failed_n": ("not added: {n}", "未能添加 {n}"),
    "knowledge_reading": ("reading page {done} of {total}", "正在读取第 {done} 页，共 {total} 页"),
    "knowledge_cancelled": ("stopped", "已停止"),
    "knowledge_cancelled_n": ("stopped: {n}", "已停止 {n}"),
    "knowledge_cancel": ("Stop adding this file", "停止添加这个文件"),
    "knowledge_cancel_all": ("Stop all", "全部停止"),
    "knowledge_retry": ("Try again", "重试"),
    "knowledge_retry_all": ("Try all again", "全部重试"),
    "knowledge_dismiss": ("Take this line away", "清除这一行"),
    "knowledge_dismiss_all": ("Clear the list", "清空列表"),
    "knowledge_queue_more": ("and {n} more", "另有 {n} 个"),
    "knowledge_stranger": (
        "Its vectors come from the embedder “{name}”, which is not in use: only words find something here, and nothing can be "
        "added. Re-indexing makes all {n} passages' vectors anew beside the old ones; you can go on meanwhile.",
        "它的向量来自没有在用的向量模型“{name}”：现在只能按词语查找，也不能添加文件。"
        "重新索引会另外生成全部 {n} 个段落的向量，完成后一次替换，期间可以照常使用。",
    ),
    "knowledge_reindex": ("Re-index", "重新索引"),
    "knowledge_coming": ("being added: {n}", "正在添加 {n} 个"),
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
    "remove": ("Remove", "移除"),
    "removed": ("Removed “{title}”.", "已移除“{title}”。"),
    "search_knowledge": ("Search this collection", "在这个资料库里搜索"),
    "search": ("Search", "搜索"),
    "found_nothing": ("No passage fits “{query}”.", "没有段落符合“{query}”。"),
    "knowledge_given": (
        "Asked this, a persona is given the passages above the line: {n}. The best must fit at least {least}.",
        "这样提问时，人设会拿到横线以上的 {n} 个段落。最好的一段符合度至少要有 {least}。",
    ),
    "knowledge_not_given": (
        "Asked this, a persona is given none of these: the best fits {best}, and at least {least} is needed. Ask in the words of "
        "the document, or add a heading to it that says what it is about.",
        "这样提问时，人设一段也拿不到：最好的一段符合度只有 {best}，至少要有 {least}。"
        "可以换用文档里的说法，或给文档加上点明内容的标题。",
    ),
    "knowledge_cutoff": ("not given to a persona", "以下不会给人设"),
    "score": ("fit {score}", "符合度 {score}"),
    "score_dense": ("meaning {score}", "语义 {score}"),
    "score_lexical": ("words {score}", "词语 {score}"),
    "close_document": ("Back to the collection", "返回资料库"),
    "knowledge_text": ("Text", "原文"),
    "knowledge_passages": ("Passages", "段落"),
    "knowledge_cut": (
        "Cut into {n} passages of about {mean} characters, where a paragraph or sentence ends, never across a heading or a page; "
        "each holds at most {limit} tokens. The numbers in the text say where a passage begins.",
        "共切成 {n} 个段落，平均约 {mean} 字，在段落或句子结束处切开，不跨标题和页，"
        "每段最多 {limit} 个词元。原文中的数字标出每段的开头。",
    ),
    "knowledge_cut_records": (
        "It came cut already: each of its {n} records is a passage, about {mean} characters long.",
        "它本来就是一条条的：{n} 条记录各成一个段落，平均约 {mean} 字。",
    ),
    "knowledge_part": ("passages {first} to {last} of {n}", "第 {first} 到 {last} 段，共 {n} 段"),
    "knowledge_earlier": ("Earlier", "往前"),
    "knowledge_later": ("Later", "往后"),
    "knowledge_characters": ("{n} characters", "{n} 字"),
    # why a passage is found, and why another is not
    "why_this": ("Why this?", "为什么是它？"),
    "why_not": ("Why not this?", "为什么没有它？"),
    "why_sought": ("A document, or words of a passage, that you miss here", "这里缺少的文档名，或某个段落里的几个词"),
    "why_no_such": (
        "Nothing in this collection is called “{words}” or holds these words.",
        "资料库里没有叫“{words}”或含有这些词的内容。",
    ),
    "why_dense": ("meaning", "语义"),
    "why_lexical": ("words", "词语"),
    "why_fused": ("both together", "两者合计"),
    "why_place": ("place", "名次"),
    "why_score": ("score", "得分"),
    "why_far": ("far down", "很靠后"),
    "why_fit": (
        "fit {score}; it holds {coverage} % of what the question's words say",
        "符合度 {score}；含有问题词语信息量的 {coverage}%",
    ),
    "why_held": ("words of the question in it: {words}", "含有问题中的：{words}"),
    "why_missing": ("words of the question not in it: {words}", "缺少问题中的：{words}"),
    "why_unread": (
        "the embedder does not read {languages}, so meaning has no say; another embedder would help",
        "向量模型读不懂{languages}，语义不参与打分；换一个向量模型会有帮助",
    ),
    "why_stranger": (
        "its vectors come from the embedder “{name}”, which is not in use, so meaning has no say; re-index the collection",
        "它的向量来自没有在用的向量模型“{name}”，语义不参与打分；请重新索引资料库",
    ),
    "why_given": ("A persona is given it, in place {place}.", "会给人设，排在第 {place}。"),
    "why_neighbour": (
        "A persona is given it as part of passage {place}: they stand side by side in the document and were made one.",
        "会作为第 {place} 段的一部分给人设：两段在文档里相邻，已合为一段。",
    ),
    "why_copy": ("Left out as a copy of a passage in “{other}”, which is newer.", "与“{other}”里较新的一段重复，所以略去。"),
    "why_unfound": (
        "Not found: neither its words nor its meaning are among the {depth} best of this collection.",
        "没有找到：词语和语义都不在这个资料库的前 {depth} 名之内。",
    ),
    "why_nothing": (
        "Nothing is given: the best passage fits {best}, and at least {least} is needed.",
        "什么都不给：最好的一段符合度是 {best}，至少要有 {least}。",
    ),
    "why_below": (
        "Below the cut: it fits {score}, and beside a better passage at least {beside} is needed.",
        "低于分数线：符合度是 {score}，在更好的段落之外至少要有 {beside}。",
    ),
    "why_beyond": ("It fits, but {given} better passages are given already.", "它符合，但已有 {given} 个更好的段落。"),
    "tongue_zh": ("Chinese", "中文"),
    "tongue_en": ("English", "英文"),
    "tongue_ja": ("Japanese", "日文"),
    "tongue_ko": ("Korean", "韩文"),
    "tongue_ru": ("Russian", "俄文"),
    "tongue_ar": ("Arabic", "阿拉伯文"),
    "tongue_he": ("Hebrew", "希伯来文"),
    "tongue_hi": ("Hindi", "印地文"),
    "tongue_th": ("Thai", "泰文"),
    "tongue_el": ("Greek", "希腊文"),
}
