"""Words of the train page."""

WORDS: dict[str, tuple[str, str]] = {
    "train_lead": (
        "Teach a small model to call tools and to answer from passages, on this machine.",
        "在这台机器上，教小模型调用工具、根据资料回答。",
    ),
    "train_maker_only": ("Only the maker can train models.", "只有维护者可以训练模型。"),
    "train_cannot": (
        "Nothing can be trained here: {names} is not installed.",
        "这里无法训练：没有安装 {names}。",
    ),
    "train_find": ("Find a run or a recipe", "查找运行或配方"),
    "train_new": ("Train", "新的训练"),
    "train_empty": (
        "Choose a recipe from the list, say where its data lie, and start. The result can be used as a model.",
        "从列表里选一个配方，填写数据的位置，然后开始。训练结果可以当作模型使用。",
    ),
    "train_recipe_builtin": ("Tools for the built-in model", "让内置模型会用工具"),
    "train_about_builtin": (
        "Makes an adapter for the model that comes with Hearth: calling tools it has never seen, quoting passages, "
        "saying when none fits, and talking as before.",
        "为 Hearth 自带的模型做一个适配器：会调用没见过的工具，会引用资料，没有合适的会直说，聊天和原来一样。",
    ),
    "train_recipe_wlm_plain": ("Weighing compared: plain", "加权对比：不加权"),
    "train_about_wlm_plain": (
        "One third of a comparison: calls, answers and talk, and every token of a reply weighs the same. Not meant for use.",
        "对比试验的三分之一：工具调用、回答和聊天，回复里每个词元同样重要。不是为使用而做的。",
    ),
    "train_recipe_wlm_weighted": ("Weighing compared: weighted", "加权对比：加权"),
    "train_about_wlm_weighted": (
        "One third of a comparison: the same conversations, with the tokens of calls weighing twice. Not meant for use.",
        "对比试验的三分之一：同样的对话，调用部分的词元权重加倍。不是为使用而做的。",
    ),
    "train_recipe_wlm_negatives": ("Weighing compared: weighted, with negatives", "加权对比：加权并加负例"),
    "train_about_wlm_negatives": (
        "One third of a comparison: weighted, and in a part of the conversations there is nothing to call: a request without "
        "the tool that it needs, or mere talk beside tools. Not meant for use.",
        "对比试验的三分之一：加权，并让一部分对话无需或无法调用工具：请求缺少所需的工具，或有工具但只是聊天。不是为使用而做的。",
    ),
    "train_data_hint": (
        "The folder of public data that “sealtools” lies in. Everything else is made up by the recipe itself.",
        "“sealtools” 所在的公开数据文件夹。其余的数据由配方自己生成。",
    ),
    "train_cost": (
        "Training takes this machine: about {minutes} minutes on two processor cores, some of them before the first step. "
        "Chat is slower meanwhile. You may close this page; it goes on as long as Hearth runs. "
        "A run that was stopped goes on from its last checkpoint, at most three minutes back.",
        "训练会占用这台机器：两个处理器核心大约要 {minutes} 分钟，第一步之前就要好几分钟，期间聊天会变慢。"
        "可以关掉这个页面，只要 Hearth 还在运行，训练就会继续。停止后再继续，会从最近的存档点开始，最多退回三分钟。",
    ),
    "train_start": ("Start training", "开始训练"),
    "train_beginning": (
        "gathering conversations and loading the model; this takes some minutes…",
        "正在准备对话数据、加载模型，需要几分钟……",
    ),
    "train_going_on": ("loading the model and the last checkpoint…", "正在加载模型和最近的存档点……"),
    "train_step": ("step {step} of {steps}", "第 {step} 步，共 {steps} 步"),
    "train_step_left": (
        "step {step} of {steps} · about {left} left · {speed} tokens a second",
        "第 {step} 步，共 {steps} 步 · 约剩 {left} · 每秒 {speed} 词元",
    ),
    "train_use": ("Use this model", "使用这个模型"),
    "train_used": ("This model is in use.", "正在使用这个模型。"),
    "train_loading": ("The model is being loaded: {percent} %.", "正在加载模型：{percent} %。"),
    "train_stopped": (
        "Stopped. Going on begins at the last checkpoint.",
        "已停止。继续时从最近的存档点开始。",
    ),
    "train_done": ("Done. The result is ready to be used.", "训练完成，可以使用了。"),
    "train_curve": ("Loss, in nats a learnt token", "损失（每个学习的词元，单位 nat）"),
    "train_curve_told": (
        "The loss went from {first} to {last} in {step} of {steps} steps.",
        "在 {steps} 步中的 {step} 步里，损失从 {first} 降到 {last}。",
    ),
    "train_curve_key": ("thin: each step · thick: mean of 20 steps", "细线：每一步 · 粗线：20 步的平均"),
    "train_loss": ("Loss, mean of 20 steps", "损失（20 步平均）"),
    "train_speed": ("Tokens a second", "每秒词元"),
    "train_model_name": ("Name as a model", "作为模型的名字"),
}
