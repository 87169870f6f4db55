"""Words of the personas page."""

WORDS: dict[str, tuple[str, str]] = {
    "personas_lead": ("Everyone you can talk to here.", "这里可以和你聊天的人设。"),
    "starters": ("You could begin with", "可以这样开始"),
}
