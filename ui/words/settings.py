"""Words of the settings page."""

# ruff: noqa: E501 -- sentences

WORDS: dict[str, tuple[str, str]] = {
    "settings_lead": ("How Hearth looks, what it starts with, and what it keeps.", "外观、默认选项，以及 Hearth 保存的内容。"),
    "settings_lead_visitor": ("How Hearth looks, and what it keeps of you.", "外观，以及 Hearth 保存的与你有关的内容。"),
    "settings_sections": ("Sections", "分类"),
    # the sections
    "settings_look": ("Language and look", "语言与外观"),
    "settings_look_sub": ("kept in this browser", "保存在这个浏览器里"),
    "settings_start": ("Defaults", "默认选项"),
    "settings_start_sub": ("persona and model", "人设与模型"),
    "settings_care": ("Help in need", "紧急求助"),
    "settings_care_sub": ("region and help lines", "地区与求助电话"),
    "settings_search": ("Web search", "网页搜索"),
    "settings_search_sub": ("the address of a SearXNG", "SearXNG 的地址"),
    "settings_data": ("Data and backup", "数据与备份"),
    "settings_data_sub": ("sizes, backup, restore", "占用空间、备份、恢复"),
    "settings_delete": ("Delete my data", "删除我的数据"),
    "settings_delete_sub": ("for good", "永久删除"),
    "settings_sign_in": ("Sign in", "登录"),
    "settings_sign_in_sub": ("for whoever looks after this page", "供维护者使用"),
    "settings_sign_out": ("Sign out", "退出登录"),
    "settings_sign_out_sub": ("you look after this page", "你是维护者"),
    "settings_about": ("About Hearth", "关于 Hearth"),
    "settings_about_sub": ("version and licence", "版本与许可证"),
    # look
    "settings_language": ("Language", "语言"),
    "settings_english": ("English", "英文"),
    "settings_chinese": ("Chinese", "中文"),
    "settings_theme": ("Light or dark", "明暗"),
    "settings_theme_device": ("As this device", "跟随设备"),
    "settings_theme_light": ("Light", "浅色"),
    "settings_theme_dark": ("Dark", "深色"),
    "settings_look_hint": (
        "Both are kept in this browser alone; others choose for themselves.",
        "这两项只保存在这个浏览器里，别人可以各选各的。",
    ),
    # defaults
    "settings_persona": ("A new conversation begins with", "新对话默认的人设"),
    "settings_persona_first": ("the first of the gallery ({title})", "列表里的第一个（{title}）"),
    "settings_persona_hint": (
        "Visitors get it too where it is published; else the first that is.",
        "公开后访客也默认用它；否则访客用第一个公开的人设。",
    ),
    "settings_model": ("Hearth starts with the model", "启动时加载的模型"),
    "settings_model_auto": ("the best that is on this machine", "这台机器上最合适的"),
    "settings_model_hint": (
        "It counts from the next start. To change the model now, or to add one, go to Models.",
        "从下次启动起生效。想马上换模型或添加模型，请到“模型”页。",
    ),
    "settings_model_given": (
        "This start was given a model ({name}) on the command line or in the environment. It wins over what is chosen here.",
        "这次启动用命令行或环境变量指定了模型（{name}），它优先于这里的选择。",
    ),
    # care
    "settings_region": ("Region", "地区"),
    "settings_region_default": ("As it was started: {name}", "按启动时的设置：{name}"),
    "settings_care_lead": (
        "When somebody speaks of danger (suicide, self-harm, being hurt, hurting others), Hearth answers with these places to turn "
        "to, and keeps them in view. A change counts from the next message.",
        "当有人说到危险（自杀、自伤、被伤害、想伤害别人）时，Hearth 会给出下面这些求助方式，并一直显示在对话上方。改动从下一条消息起生效。",
    ),
    "settings_care_check": (
        "Numbers change. Before you let others in, call or look up those of your region.",
        "号码可能会变。让别人使用之前，请先核实你所在地区的号码。",
    ),
    "settings_region_given": (
        "This start was given the region {name} (HEARTH_REGION). It wins over what is chosen here.",
        "这次启动用 HEARTH_REGION 指定了地区（{name}），它优先于这里的选择。",
    ),
    # web search
    "settings_search_lead": (
        "The tool “Web search” asks a SearXNG, a search engine that you can run yourself. Until its address is here, the tool is off.",
        "“网页搜索”这个工具要用到 SearXNG，一个可以自己搭建的搜索引擎。填写地址之前，这个工具不能用。",
    ),
    "settings_search_address": ("Address of your SearXNG", "你的 SearXNG 的地址"),
    "settings_search_hint": (
        "It may be on this machine or in your network, such as http://127.0.0.1:8080: entering it lets the tool reach that very place. "
        "In its settings.yml, search.formats must hold json. Leave it empty to turn web search off.",
        "可以在本机或你的内网里，例如 http://127.0.0.1:8080；填写后，这个工具就可以访问这一处。"
        "它的 settings.yml 里，search.formats 要包含 json。留空则关闭网页搜索。",
    ),
    "settings_search_save": ("Save", "保存"),
    "settings_line": ("Where to turn", "求助对象"),
    "settings_number": ("Number", "号码"),
    "settings_hours": ("When", "时间"),
    # data
    "settings_folder": ("Data folder", "数据文件夹"),
    "settings_whole": ("Everything in it", "总占用"),
    "settings_free": ("Free on this disk", "磁盘剩余"),
    "settings_counting": ("counting…", "正在统计……"),
    "settings_not_lasting": (
        "Nothing here outlives a restart of this page: it has no folder that lasts. Download a backup before you leave.",
        "这个页面没有持久的文件夹，重启后内容不会保留。离开前请下载备份。",
    ),
    "settings_conversations": ("Conversations", "对话"),
    "settings_knowledge": ("Knowledge", "知识"),
    "settings_index": ("Search indexes", "检索索引"),
    "settings_models": ("Models unpacked here", "解包的模型"),
    "settings_kept": ("States before a restore", "恢复前的状态"),
    "settings_other": ("Journal and the rest", "数据库日志等其他内容"),
    "settings_hubs": ("Models of the hubs, outside of the folder", "下载的模型（在该文件夹之外）"),
    "settings_backup": ("Backup", "备份"),
    "settings_backup_what": (
        "One file with everything that was made here: personas, knowledge with its documents, tools, settings and the conversations "
        "of everybody. It holds no models, no keys and no passwords. Whoever has it can read it all; keep it somewhere safe.",
        "一个文件，包含这里的全部内容：人设、知识及其文档、工具、设置，以及所有人的对话。其中没有模型、密钥和密码。拿到它的人能读到全部内容，请妥善保管。",
    ),
    "settings_backup_do": ("Download a backup", "下载备份"),
    "settings_backup_begun": (
        "The backup is on its way to your downloads.",
        "备份已开始下载。",
    ),
    "settings_restore": ("Restore", "恢复"),
    "settings_restore_what": (
        "What is in the backup takes the place of everything that is here now. The file is checked first; if it is not whole, "
        "nothing changes. What was here is kept for two weeks, so that you can go back.",
        "备份里的内容会取代现在的全部内容。文件会先经过检查，不完整就不会有任何改动。原来的状态会保留两周，可以退回。",
    ),
    "settings_restore_do": ("Choose a backup…", "选择备份文件……"),
    "settings_sending": ("sending {percent} %", "正在上传 {percent} %"),
    "settings_restoring": ("checking and restoring…", "正在检查并恢复……"),
    "settings_restored": ("Everything was restored from the backup of {time}.", "已从 {time} 的备份恢复全部内容。"),
    "settings_restored_elsewhere": (
        "A backup was restored: everything here is as it was when it was made.",
        "刚刚恢复了一个备份：这里的内容都回到了备份时的样子。",
    ),
    "settings_before": ("The state before the restore of {time}", "{time} 恢复之前的状态"),
    "settings_go_back": ("Go back to it", "退回到这里"),
    "settings_went_back": (
        "You are back at that state. What was here until now is kept in its turn.",
        "已退回。刚才的状态也留了一份。",
    ),
    "settings_forget": ("Delete it", "删除它"),
    "settings_forgotten": ("That state was deleted.", "已删除那个状态。"),
    "settings_send_failed": (
        "The file did not arrive. See whether Hearth is still running, then try again.",
        "文件没有传到。请看看 Hearth 是否还在运行，然后再试一次。",
    ),
    # delete
    "settings_delete_lead": ("What you delete here cannot be brought back.", "在这里删除的内容无法找回。"),
    "settings_delete_talk": ("My conversations", "我的对话"),
    "settings_delete_talk_what": (
        "Conversations: {conversations}, with their answers and ratings. Files, pictures and sounds in them: {attachments}.",
        "{conversations} 个对话，连同其中的回答、评价，以及文件、图片和声音（{attachments} 份）。",
    ),
    "settings_delete_made": ("Everything I made", "我做的一切"),
    "settings_delete_made_what": (
        "My conversations and my settings. Personas: {personas}. Collections: {collections}. Documents: {documents}. Tools: {tools}. "
        "What came with Hearth is as new. Downloaded models and conversations of visitors stay.",
        "我的对话，以及 {personas} 个人设、{collections} 个资料库、{documents} 份文档、{tools} 个工具和我的设置。随 Hearth 附带的内容恢复原样。下载的模型和访客的对话不会动。",
    ),
    "settings_delete_do": ("Delete…", "删除……"),
    "settings_delete_sure": ("Delete for good", "永久删除"),
    "settings_delete_not": ("Keep them", "不删除"),
    "settings_delete_kept": (
        "States before a restore are kept apart; delete them under Data and backup.",
        "恢复前的状态另外保存着，可在“数据与备份”里删除。",
    ),
    "settings_nothing_held": ("There is nothing of yours here yet.", "这里还没有你的内容。"),
    "settings_deleted": ("Deleted. Nothing of it is left.", "已删除，没有留下任何内容。"),
    # signing in and out
    "settings_sign_in_what": (
        "If you look after this page, enter the token. It was printed when Hearth started, or set as HEARTH_TOKEN.",
        "如果你是这个页面的维护者，请输入令牌。它在 Hearth 启动时显示过，或由 HEARTH_TOKEN 设定。",
    ),
    "settings_token": ("Token", "令牌"),
    "settings_sign_in_do": ("Sign in", "登录"),
    "settings_sign_out_what": (
        "You are signed in in this browser. Sign out where others use it too.",
        "你在这个浏览器里已登录。如果别人也用这个浏览器，请退出。",
    ),
    "settings_sign_out_do": ("Sign out", "退出登录"),
    "settings_unreachable": ("Hearth cannot be reached. Try again.", "连不上 Hearth，请再试一次。"),
    # about
    "settings_about_what": (
        "An assistant studio on open models: personas, knowledge with sources, tools and a voice, on one machine of your own. "
        "Free software under the Apache License 2.0, without warranty.",
        "基于开放模型的助手工作室：人设、带出处的知识、工具和语音，都在你自己的机器上。自由软件，按 Apache License 2.0 发布，不附带任何担保。",
    ),
    "settings_about_care": (
        "Hearth is a program. It is no doctor and no therapist, and what it says may be wrong.",
        "Hearth 是程序，不是医生或咨询师，它说的话可能有错。",
    ),
    "settings_version": ("Version", "版本"),
    "settings_model_now": ("Model in use", "正在使用的模型"),
    "settings_system": ("System", "系统"),
    "settings_libraries": ("Libraries", "软件库"),
    "settings_licence": ("Licence", "许可证"),
}
