"""Where places are in time: cities and countries, in Chinese and English, and the IANA zone of each.

Only what the names of the zones do not say themselves stands here ("Tokyo" is in "Asia/Tokyo", "东京" is in none). A country
with several zones is left out on purpose: its name does not tell the time.
"""

from collections.abc import Mapping

_ZONES = {
    "Asia/Shanghai": (
        "北京 上海 广州 深圳 杭州 南京 武汉 成都 重庆 西安 天津 苏州 拉萨 昆明 哈尔滨 沈阳 大连 青岛 济南 郑州 长沙 合肥 福州 "
        "厦门 南昌 南宁 贵阳 海口 三亚 兰州 西宁 银川 太原 石家庄 长春 宁波 无锡 中国 国内 beijing shenzhen "
        "guangzhou hangzhou chengdu china nanjing wuhan xian tianjin xiamen suzhou lhasa"
    ),
    "Asia/Hong_Kong": "香港 hk",
    "Asia/Macau": "澳门 macao",
    "Asia/Taipei": "台北 台湾 高雄 taiwan",
    "Asia/Urumqi": "乌鲁木齐",
    "Asia/Tokyo": "东京 大阪 京都 名古屋 札幌 福冈 日本 osaka kyoto japan jst sapporo",
    "Asia/Seoul": "首尔 釜山 韩国 korea south_korea busan",
    "Asia/Pyongyang": "平壤 朝鲜 north_korea",
    "Asia/Singapore": "新加坡 狮城",
    "Asia/Kuala_Lumpur": "吉隆坡 马来西亚 malaysia",
    "Asia/Bangkok": "曼谷 泰国 清迈 普吉 thailand phuket",
    "Asia/Jakarta": "雅加达",
    "Asia/Makassar": "巴厘岛 bali",
    "Asia/Manila": "马尼拉 菲律宾 philippines",
    "Asia/Ho_Chi_Minh": "胡志明市 河内 越南 西贡 hanoi vietnam saigon",
    "Asia/Phnom_Penh": "金边 柬埔寨 cambodia",
    "Asia/Yangon": "仰光 缅甸 myanmar",
    "Asia/Kolkata": ("孟买 新德里 德里 班加罗尔 印度 加尔各答 mumbai delhi new_delhi bangalore bengaluru chennai india"),
    "Asia/Kathmandu": "加德满都 尼泊尔 nepal",
    "Asia/Dhaka": "达卡 孟加拉国 bangladesh",
    "Asia/Karachi": "卡拉奇 巴基斯坦 伊斯兰堡 pakistan",
    "Asia/Colombo": "科伦坡 斯里兰卡 sri_lanka",
    "Asia/Dubai": "迪拜 阿布扎比 阿联酋 abu_dhabi uae",
    "Asia/Riyadh": "利雅得 沙特 沙特阿拉伯 saudi_arabia",
    "Asia/Qatar": "多哈 卡塔尔 doha",
    "Asia/Tehran": "德黑兰 伊朗 iran",
    "Asia/Baghdad": "巴格达 伊拉克 iraq",
    "Asia/Jerusalem": "耶路撒冷 特拉维夫 以色列 tel_aviv israel",
    "Asia/Tashkent": "塔什干",
    "Asia/Almaty": "阿拉木图",
    "Asia/Ulaanbaatar": "乌兰巴托",
    "Asia/Vladivostok": "海参崴 符拉迪沃斯托克",
    "Europe/London": ("伦敦 英国 爱丁堡 曼彻斯特 uk england britain united_kingdom great_britain edinburgh manchester"),
    "Europe/Dublin": "都柏林 爱尔兰 ireland",
    "Europe/Paris": "巴黎 法国 里昂 马赛 france lyon",
    "Europe/Berlin": "柏林 德国 慕尼黑 法兰克福 汉堡 germany munich frankfurt hamburg cologne",
    "Europe/Rome": "罗马 意大利 米兰 威尼斯 佛罗伦萨 italy milan venice florence",
    "Europe/Madrid": "马德里 巴塞罗那 barcelona",
    "Europe/Lisbon": "里斯本",
    "Europe/Amsterdam": "阿姆斯特丹 荷兰 netherlands",
    "Europe/Brussels": "布鲁塞尔 比利时 belgium",
    "Europe/Zurich": "苏黎世 日内瓦 瑞士 伯尔尼 geneva switzerland bern",
    "Europe/Vienna": "维也纳 奥地利 austria",
    "Europe/Prague": "布拉格 捷克 czechia",
    "Europe/Warsaw": "华沙 波兰 poland",
    "Europe/Budapest": "布达佩斯 匈牙利 hungary",
    "Europe/Stockholm": "斯德哥尔摩 瑞典 sweden",
    "Europe/Oslo": "奥斯陆 挪威 norway",
    "Europe/Copenhagen": "哥本哈根 丹麦 denmark",
    "Europe/Helsinki": "赫尔辛基 芬兰 finland",
    "Europe/Athens": "雅典 希腊 greece",
    "Europe/Istanbul": "伊斯坦布尔 土耳其 安卡拉 turkey ankara",
    "Europe/Moscow": "莫斯科 圣彼得堡 st_petersburg",
    "Europe/Kyiv": "基辅 乌克兰 kiev ukraine",
    "Atlantic/Reykjavik": "雷克雅未克 冰岛 iceland",
    "America/New_York": (
        "纽约 华盛顿 波士顿 费城 迈阿密 亚特兰大 美东 nyc boston washington washington_dc dc "
        "philadelphia miami atlanta est edt et eastern"
    ),
    "America/Chicago": "芝加哥 休斯顿 达拉斯 houston dallas austin",
    "America/Denver": "丹佛 盐湖城 salt_lake_city",
    "America/Phoenix": "凤凰城",
    "America/Los_Angeles": (
        "洛杉矶 旧金山 西雅图 拉斯维加斯 圣地亚哥市 硅谷 美西 la san_francisco seattle "
        "las_vegas san_diego silicon_valley pst pdt pt pacific"
    ),
    "America/Anchorage": "安克雷奇 阿拉斯加 alaska",
    "Pacific/Honolulu": "檀香山 夏威夷 火奴鲁鲁 hawaii",
    "America/Toronto": "多伦多 渥太华 蒙特利尔 ottawa montreal",
    "America/Vancouver": "温哥华",
    "America/Mexico_City": "墨西哥城",
    "America/Havana": "哈瓦那 古巴 cuba",
    "America/Bogota": "波哥大 哥伦比亚 colombia",
    "America/Lima": "利马 秘鲁 peru",
    "America/Santiago": "圣地亚哥",
    "America/Argentina/Buenos_Aires": "布宜诺斯艾利斯 阿根廷 argentina",
    "America/Sao_Paulo": "圣保罗 里约热内卢 里约 巴西利亚 rio rio_de_janeiro são_paulo brasilia",
    "Africa/Cairo": "开罗 埃及 egypt",
    "Africa/Johannesburg": "约翰内斯堡 开普敦 南非 cape_town south_africa",
    "Africa/Nairobi": "内罗毕 肯尼亚 kenya",
    "Africa/Lagos": "拉各斯 尼日利亚 nigeria",
    "Africa/Casablanca": "卡萨布兰卡 摩洛哥 morocco",
    "Africa/Addis_Ababa": "亚的斯亚贝巴 埃塞俄比亚 ethiopia",
    "Africa/Algiers": "阿尔及尔",
    "Australia/Sydney": "悉尼 堪培拉 canberra",
    "Australia/Melbourne": "墨尔本",
    "Australia/Brisbane": "布里斯班 黄金海岸 gold_coast",
    "Australia/Perth": "珀斯",
    "Australia/Adelaide": "阿德莱德",
    "Pacific/Auckland": "奥克兰 惠灵顿 新西兰 wellington new_zealand",
    "Pacific/Fiji": "斐济",
    "UTC": "世界协调时 协调世界时 格林尼治 格林威治 gmt utc z",
}

_SEVERAL = {
    "美国 usa us u.s. america united_states the_united_states the_us": ("New York or Los Angeles", "纽约、洛杉矶"),
    "加拿大 canada": ("Toronto or Vancouver", "多伦多、温哥华"),
    "澳大利亚 澳洲 australia": ("Sydney or Perth", "悉尼、珀斯"),
    "俄罗斯 russia": ("Moscow or Vladivostok", "莫斯科、符拉迪沃斯托克"),
    "巴西 brazil": ("Sao Paulo", "圣保罗"),
    "墨西哥 mexico": ("Mexico City", "墨西哥城"),
    "印度尼西亚 印尼 indonesia": ("Jakarta or Bali", "雅加达、巴厘岛"),
    "cst": ("Shanghai or Chicago", "上海、芝加哥"),
    "ist": ("Mumbai or Dublin", "孟买、都柏林"),
    "bst": ("London or Dhaka", "伦敦、达卡"),
}

PLACES: Mapping[str, str] = {name.replace("_", " "): zone for zone, names in _ZONES.items() for name in names.split()}
"""Lower-case name -> IANA zone."""

LARGE: Mapping[str, tuple[str, str]] = {
    name.replace("_", " "): cities for names, cities in _SEVERAL.items() for name in names.split()
}
"""What has several time zones, or means several, by its lower-case name: cities to choose from (English, Chinese)."""
