"""Words of the models page."""

WORDS: dict[str, tuple[str, str]] = {
    "models_lead": (
        "The models that Hearth writes with, and how much room they take.",
        "Hearth 用来写作的模型，以及它们占用的空间。",
    ),
}
