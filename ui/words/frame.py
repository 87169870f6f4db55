"""Words of the frame: header, pages, and what several pages say."""

WORDS: dict[str, tuple[str, str]] = {
    # the frame
    "title": ("Hearth", "Hearth"),
    "nav": ("Pages", "页面"),
    "chat": ("Chat", "对话"),
    "personas": ("Personas", "人设"),
    "knowledge": ("Knowledge", "知识"),
    "tools": ("Tools", "工具"),
    "models": ("Models", "模型"),
    "settings": ("Settings", "设置"),
    "to_the_list": ("All of them", "返回列表"),
    "in_en": ("English", "英文"),
    "in_zh": ("Chinese", "中文"),
    "saved_at": ("saved {time}", "已保存 {time}"),
    "saving": ("saving…", "正在保存……"),
    "undo": ("Undo", "撤销"),
    "nothing_fits": ("Nothing in the list fits.", "列表里没有符合的。"),
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
        "A small English model that comes with Hearth. The Models page has stronger ones.",
        "这是随 Hearth 附带的英文小模型。“模型”页里有更强的。",
    ),
}
