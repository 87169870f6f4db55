"""Units of measurement: one quantity said in another unit.

pint knows the units and their sizes, and counts in decimals, so that an inch is exactly 2.54 cm; this file reads what people call
them. The text of a unit is taken apart here and never given to pint to evaluate.
"""

import difflib
import math
import re
import threading
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, DecimalException, localcontext
from fractions import Fraction
from typing import Any

from common.errors import ToolFailed
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.builtin.unitnames import NAMES, SHOWN

_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3, "平方": 2, "立方": 3}
_PREFIXED = re.compile(r"(square|sq|cubic|cu)\.?\s+(.+)|(平方|立方)(.+)", re.I)
_RAISED = re.compile(r"(.*?[^\d^*\s-])\s*(?:\^|\*\*)\s*(-?[1-4])")
_SMALL_POWER = re.compile("(?<=[A-Za-zµμΩÅ米尺寸里码])[²³]")
_MONEY = {
    "usd", "eur", "cny", "rmb", "jpy", "gbp", "hkd", "dollar", "dollars", "euro", "euros", "yuan", "yen", "美元", "欧元",
    "人民币", "元", "日元", "英镑", "港币",
}  # fmt: skip
_PER_HUNDRED = re.compile(r"(?:l|升|liters?|litres?)\s*(?:/|每|per)\s*(?:100\s*|百)(?:km|公里|千米|kilomet(?:er|re)s?)", re.I)
_IDENTIFIER = re.compile(r"[A-Za-zµμΩÅ](?:[A-Za-zµμΩÅ_0-9]*[A-Za-z0-9])?")
_SIGNIFICANT = 10  # digits of a result


class Units(Tool):
    """Converts a value between units."""

    id = "units"
    titles: Mapping[str, str] = {"en": "Units", "zh": "单位换算"}
    about: Mapping[str, str] = {
        "en": "Converts between units of length, weight, temperature, area, volume, speed, energy, data and more.",
        "zh": "换算长度、重量、温度、面积、体积、速度、能量、数据大小等单位。",
    }
    spec = ToolSpec(
        "convert_units",
        "Convert a value from one unit of measurement to another: length, weight, temperature, area, volume, time, speed, "
        "energy, power, pressure, fuel use, data size. English and Chinese unit names. 单位换算，如公里、斤、华氏度、亩、mpg。",
        {
            "type": "object",
            "properties": {
                "value": {"type": "number", "description": "The number to convert. 数值。"},
                "from_unit": {
                    "type": "string",
                    "description": "Its unit, such as km, °F, mpg, GB, km/h. 原单位，如 斤、亩。",
                    "minLength": 1,
                    "maxLength": 60,
                },
                "to_unit": {
                    "type": "string",
                    "description": "The unit wanted. 目标单位。",
                    "minLength": 1,
                    "maxLength": 60,
                },
            },
            "required": ["value", "from_unit", "to_unit"],
            "additionalProperties": False,
        },
    )

    def __init__(self) -> None:
        self._loading = threading.Lock()
        self._registry: Any = None

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` for a unit that is not known, and for two that do not measure the same."""
        value = Decimal(str(arguments["value"]))
        source, target = arguments["from_unit"].strip(), arguments["to_unit"].strip()
        registry = self._units()
        from pint import PintError

        with localcontext(prec=40):
            try:
                number = _written(_converted(registry, value, self._quantity(source), self._quantity(target), source, target))
                if not math.isfinite(float(number)) or not math.isfinite(float(value)):
                    raise OverflowError
            except PintError:  # degrees within a compound unit, which have no zero to count from
                raise _unlike(source, target) from None
            except (DecimalException, OverflowError):
                raise ToolFailed(
                    f"{value} {source} is too large or too small to convert.", f"{value} {source} 太大或太小，无法换算。"
                ) from None
        shown = [_shown(unit, context) for unit in (source, target)]
        text = f"{_written(value)} {shown[0]} = {number} {shown[1]}"
        return ToolOutput(text, {"value": float(value), "from_unit": source, "to_unit": target, "result": float(number)})

    def _units(self) -> Any:
        """pint's registry, made at the first call: it reads its definitions for a third of a second."""
        with self._loading:
            if self._registry is None:
                from pint import UnitRegistry

                self._registry = UnitRegistry(non_int_type=Decimal)
            return self._registry

    def _quantity(self, text: str) -> Any:
        """One of the unit `text` as a quantity of pint's: factor and unit."""
        written = _SMALL_POWER.sub(lambda sign: f"^{'23'['²³'.index(sign[0])]}", unicodedata.normalize("NFC", text))
        registry = self._units()
        if _PER_HUNDRED.fullmatch(written.strip()):
            return registry.Quantity(Decimal("0.01"), registry.Unit("liter") / registry.Unit("kilometer"))
        if (whole := self._single(written)) is not None:
            return whole
        parts = re.split(r"(/|\bper\b|每|·|\*(?!\*)(?<!\*\*))", written.replace("**", "^"))
        quantity = self._required(parts[0], text)
        for operator, part in zip(parts[1::2], parts[2::2], strict=True):
            unit = self._required(part, text)
            quantity = quantity * unit if operator in "·*" else quantity / unit
        return quantity

    def _required(self, part: str, whole: str) -> Any:
        found = self._single(part)
        if found is None:
            if part.strip().lower() in _MONEY:
                raise ToolFailed(
                    f"{whole!r} is money: its rates change every day, and the exchange rates are another tool's.",
                    f"{whole!r} 是货币，汇率每天都在变，请用汇率工具换算。",
                )
            near = difflib.get_close_matches(part.strip().lower(), list(NAMES), 3, 0.5)
            english = f" Did you mean {', '.join(near)}?" if near else " Write it as km, kg, °C, mpg or GB."
            chinese = f"你是不是要 {'、'.join(near)}？" if near else "请写成 公里、千克、摄氏度 这样的单位。"
            raise ToolFailed(f"{whole!r} is not a unit I know.{english}", f"不认识单位 {whole!r}。{chinese}")
        return found

    def _single(self, text: str) -> Any:
        """A unit without / and *, as people call it; None for one that nobody knows."""
        name = re.sub(r"\s+", " ", text).strip().rstrip(".")
        if found := _PREFIXED.fullmatch(name):
            power = _POWERS[(found[1] or found[3]).lower()]
            unit = self._single(found[2] or found[4])
            return None if unit is None else unit**power
        if found := _RAISED.fullmatch(name):
            unit = self._single(found[1])
            return None if unit is None else unit ** int(found[2])
        for known in (name, name.lower(), name.lower().removesuffix("s")):
            # The exact spelling decides first: Mb are bits and MB are bytes.
            if known in NAMES and (known == name or not self._is_known(name)):
                return self._defined(NAMES[known])
        registry = self._units()
        for candidate in (name, name.lower(), name.lower().replace(" ", "_")):
            if self._is_known(candidate):
                return registry.Quantity(Decimal(1), registry.Unit(candidate))
        return None

    def _is_known(self, name: str) -> bool:
        # pint reads "nan" as a number, and has no name for that which is none.
        return bool(_IDENTIFIER.fullmatch(name)) and name.lower() != "nan" and name in self._units()

    def _defined(self, definition: str) -> Any:
        """A definition of our own table: `unit`, `unit/unit`, `factor unit` or `factor unit**power`."""
        registry = self._units()
        factor, _, unit = definition.rpartition(" ")
        fraction = Fraction(factor or "1")
        size = Decimal(fraction.numerator) / Decimal(fraction.denominator)
        return registry.Quantity(size, registry.Unit(unit))


def _converted(registry: Any, value: Decimal, source: Any, target: Any, from_text: str, to_text: str) -> Decimal:
    """How many `target` make `value` of `source`; fuel use and its inverse (mpg, l/100 km) are one thing to people."""
    if source.units in (registry.degC, registry.degF) or target.units in (registry.degC, registry.degF):
        if source.dimensionality != target.dimensionality:
            raise _unlike(from_text, to_text)
        degrees: Decimal = registry.Quantity(value * source.magnitude, source.units).to(target.units).magnitude
        if registry.Quantity(degrees, target.units).to("kelvin").magnitude < Decimal("-1e-20"):
            raise ToolFailed(f"{value} {from_text} is below absolute zero.", f"{value} {from_text} 低于绝对零度。")
        return degrees
    quantity, wanted = (value * source).to_root_units(), target.to_root_units()
    if quantity.units == wanted.units:
        ratio: Decimal = quantity.magnitude / wanted.magnitude
        return ratio
    if (1 / (1 * source)).to_root_units().units == wanted.units:
        if value == 0:
            raise ToolFailed(f"0 {from_text} has no equal in {to_text}.", f"0 {from_text} 没有对应的 {to_text}。")
        inverse: Decimal = 1 / (quantity.magnitude * wanted.magnitude)
        return inverse
    raise _unlike(from_text, to_text)


def _unlike(source: str, target: str) -> ToolFailed:
    return ToolFailed(
        f"{source!r} and {target!r} measure different things, so one cannot be converted to the other.",
        f"{source!r} 和 {target!r} 量的不是同一种东西，无法换算。",
    )


def _written(value: Decimal) -> str:
    with localcontext(prec=_SIGNIFICANT):
        rounded = (+value).normalize()
    return f"{rounded:f}" if -8 <= rounded.adjusted() <= 15 else f"{rounded:e}"


def _shown(unit: str, context: ToolContext) -> str:
    names = SHOWN.get(NAMES.get(unit.lower(), unit))
    return context.say(*names) if names else unit
