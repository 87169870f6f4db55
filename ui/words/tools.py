"""Words of the tools page."""

WORDS: dict[str, tuple[str, str]] = {
    "tools_lead": ("What personas can do besides talking.", "人设除了聊天还能做的事。"),
    "model_reads": ("What the model reads", "模型读到的说明"),
    "parameters": ("Parameters", "参数"),
    "required": ("required", "必填"),
    "risk_reads": ("only reads", "只读取"),
    "risk_writes": ("changes things; asks first", "会改动内容，先征求同意"),
    "risk_spends": ("costs money; asks first", "会花钱，先征求同意"),
    "deadline": ("at most {seconds} s", "最多 {seconds} 秒"),
}
