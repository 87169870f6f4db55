"""Words of the settings page."""

WORDS: dict[str, tuple[str, str]] = {
    "settings_lead": ("How Hearth looks, what it starts with, and what it keeps.", "外观、默认选项，以及 Hearth 保存的内容。"),
}
