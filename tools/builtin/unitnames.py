"""What people call units, Chinese and English, and the name that pint knows each by.

Only names that pint lacks or reads otherwise than people mean them stand here: to pint `C` is a coulomb and `Mb` a unit of
nuclear physics. A value may be a factor and a unit (a Chinese mile is 500 m).
"""

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    # temperature
    "C": "degC", "F": "degF", "K": "kelvin", "c": "degC", "°c": "degC", "℃": "degC", "celsius": "degC", "centigrade": "degC",
    "摄氏度": "degC", "摄氏": "degC", "degree celsius": "degC", "degrees celsius": "degC", "f": "degF", "°f": "degF",
    "℉": "degF", "fahrenheit": "degF", "华氏度": "degF", "华氏": "degF", "degree fahrenheit": "degF",
    "degrees fahrenheit": "degF", "k": "kelvin", "开尔文": "kelvin", "开": "kelvin",
    "degree c": "degC", "degrees c": "degC", "deg c": "degC", "degree f": "degF", "degrees f": "degF", "deg f": "degF",
    # length
    "公里": "kilometer", "千米": "kilometer", "米": "meter", "公尺": "meter", "分米": "decimeter", "厘米": "centimeter",
    "公分": "centimeter", "毫米": "millimeter", "微米": "micrometer", "纳米": "nanometer", "英里": "mile", "英尺": "foot",
    "呎": "foot", "英寸": "inch", "吋": "inch", "码": "yard", "海里": "nautical_mile", "光年": "light_year",
    "天文单位": "astronomical_unit", "里": "500 meter", "华里": "500 meter", "丈": "10/3 meter", "尺": "1/3 meter",
    "寸": "1/30 meter", "km": "kilometer", "m": "meter", "nautical mile": "nautical_mile", "nautical miles": "nautical_mile",
    "light year": "light_year", "light years": "light_year", "\"": "inch", "'": "foot", "klick": "kilometer",
    "KM": "kilometer", "CM": "centimeter", "MM": "millimeter", "FT": "foot",
    # mass
    "公斤": "kilogram", "千克": "kilogram", "克": "gram", "毫克": "milligram", "微克": "microgram", "吨": "metric_ton",
    "公吨": "metric_ton", "斤": "500 gram", "市斤": "500 gram", "两": "50 gram", "钱": "5 gram", "担": "50 kilogram",
    "磅": "pound", "盎司": "ounce", "克拉": "carat", "英石": "stone", "kilo": "kilogram", "kilos": "kilogram",
    "kgs": "kilogram", "lbs": "pound", "tonnes": "metric_ton", "metric ton": "metric_ton", "metric tons": "metric_ton",
    "catty": "500 gram", "jin": "500 gram", "stones": "stone", "KG": "kilogram", "OZ": "ounce", "LB": "pound",
    # area and volume
    "英亩": "4046.8564224 meter**2", "acre": "4046.8564224 meter**2", "acres": "4046.8564224 meter**2", "平方": "meter**2",
    "立方": "meter**3",
    "亩": "2000/3 meter**2", "mu": "2000/3 meter**2", "公顷": "hectare", "坪": "400/121 meter**2",
    "升": "liter", "公升": "liter", "毫升": "milliliter", "分升": "deciliter", "加仑": "gallon", "美制加仑": "gallon",
    "英制加仑": "imperial_gallon", "uk gallon": "imperial_gallon", "imperial gallon": "imperial_gallon",
    "us gallon": "gallon", "品脱": "pint", "夸脱": "quart", "杯": "cup", "汤匙": "tablespoon", "茶匙": "teaspoon",
    "fl oz": "fluid_ounce", "fluid ounce": "fluid_ounce", "fluid ounces": "fluid_ounce", "液量盎司": "fluid_ounce",
    "cc": "milliliter", "桶": "oil_barrel", "sqm": "meter**2", "sqft": "foot**2", "sq m": "meter**2", "sq ft": "foot**2",
    "㎡": "meter**2", "平米": "meter**2", "方": "meter**3", "m2": "meter**2", "m3": "meter**3", "km2": "kilometer**2",
    "cm2": "centimeter**2", "cm3": "centimeter**3", "ft2": "foot**2", "ft3": "foot**3",
    # time
    "秒": "second", "秒钟": "second", "毫秒": "millisecond", "微秒": "microsecond", "分钟": "minute", "分": "minute",
    "小时": "hour", "时": "hour", "钟头": "hour", "天": "day", "日": "day", "周": "week", "星期": "week", "礼拜": "week",
    "个月": "month", "月": "month", "年": "year", "刻钟": "15 minute", "mins": "minute", "hrs": "hour", "secs": "second",
    "weeks": "week",
    "decade": "10 year", "decades": "10 year", "世纪": "century",
    # speed and consumption
    "节": "knot", "迈": "mile/hour", "马赫": "343 meter/second", "mach": "343 meter/second", "mph": "mile/hour",
    "kph": "kilometer/hour", "kmh": "kilometer/hour", "mpg": "mile/gallon", "mpg us": "mile/gallon",
    "mpg uk": "mile/imperial_gallon", "光速": "speed_of_light",
    # energy, power, pressure, force
    "Cal": "kilocalorie", "Calorie": "kilocalorie", "Calories": "kilocalorie",
    "焦耳": "joule", "焦": "joule", "千焦": "kilojoule", "卡": "calorie", "卡路里": "calorie", "千卡": "kilocalorie",
    "大卡": "kilocalorie", "千瓦时": "kilowatt_hour", "度": "kilowatt_hour", "度电": "kilowatt_hour", "瓦": "watt",
    "瓦特": "watt", "千瓦": "kilowatt", "兆瓦": "megawatt", "马力": "metric_horsepower", "匹": "metric_horsepower",
    "hp": "horsepower", "电子伏": "electron_volt", "kcal": "kilocalorie", "帕": "pascal", "帕斯卡": "pascal",
    "千帕": "kilopascal", "兆帕": "megapascal", "巴": "bar", "大气压": "atmosphere", "毫米汞柱": "mmHg", "牛": "newton",
    "牛顿": "newton", "赫兹": "hertz", "赫": "hertz", "千赫": "kilohertz", "兆赫": "megahertz", "吉赫": "gigahertz",
    "伏": "volt", "伏特": "volt", "安": "ampere", "安培": "ampere", "毫安": "milliampere", "欧姆": "ohm", "欧": "ohm",
    "库仑": "coulomb", "法拉": "farad", "弧度": "radian", "角度": "degree", "°": "degree",
    # data
    "比特": "bit", "位": "bit", "字节": "byte", "千字节": "kilobyte", "兆字节": "megabyte", "兆": "megabyte",
    "吉字节": "gigabyte", "太字节": "terabyte", "b": "bit", "B": "byte", "kb": "kilobyte", "mb": "megabyte", "gb": "gigabyte",
    "tb": "terabyte", "pb": "petabyte", "kib": "kibibyte", "mib": "mebibyte", "gib": "gibibyte", "tib": "tebibyte",
    "Kb": "kilobit", "Mb": "megabit", "Gb": "gigabit", "bps": "bit/second", "kbps": "kilobit/second",
    "mbps": "megabit/second", "gbps": "gigabit/second",
}  # fmt: skip

SHOWN: Mapping[str, tuple[str, str]] = {
    "degC": ("°C", "摄氏度"), "degF": ("°F", "华氏度"), "kelvin": ("K", "开尔文"),
}  # fmt: skip
