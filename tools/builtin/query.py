"""Questions to data: filter, select, sort and add up JSON and tables by JMESPath.

The expressions are those of jmespath.org and nothing of ours; this file bounds what one may cost, for a short expression can
double its data with every step, and words what is wrong with it.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from common.errors import ToolFailed
from tools.base import Tool, ToolContext, ToolOutput, ToolSpec
from tools.builtin.tables import LONGEST, as_records, is_json, read_json, read_rows

_WORK = 3_000_000  # values, and 64s of characters, that the steps of one expression may make in all
_RESULT = 100_000  # characters of a result
_FIELDS = 20  # that are named where nothing was found
_QUOTED = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`(?:\\.|[^`\\])*`"
_MEANT = re.compile(rf"({_QUOTED})|((?:[<>]=?|[=!]=)\s*)(-?\d+(?:\.\d+)?)(?![\w.])|(\w*[^\W\x00-\x7f]\w*)")
_TYPES = {
    "array": ("a list", "列表"),
    "array-number": ("a list of numbers", "数字列表"),
    "array-string": ("a list of texts", "文本列表"),
    "object": ("an object", "对象"),
    "string": ("text", "文本"),
    "number": ("a number", "数字"),
    "boolean": ("true or false", "true 或 false"),
    "null": ("null", "null"),
    "expref": ("an expression such as &price", "&price 这样的表达式"),
}


class Query(Tool):
    """Evaluates a JMESPath expression over data given as text."""

    id = "data-query"
    titles: Mapping[str, str] = {"en": "Data query", "zh": "数据查询"}
    about: Mapping[str, str] = {
        "en": "Filters, selects, sorts and adds up JSON or CSV data that is pasted in, by the query language JMESPath.",
        "zh": "对贴进来的 JSON 或 CSV 数据做筛选、取值、排序和汇总，查询语言是 JMESPath。",
    }
    spec = ToolSpec(
        "query_data",
        "Filter, select, sort or add up JSON or CSV data with a JMESPath query, such as [?price > `10`].name, "
        "sort_by(@, &price)[0], sum([].price), length(@). Each CSV row is an object. "
        "用 JMESPath 查询 JSON 或 CSV 数据：筛选、排序、求和。",
        {
            "type": "object",
            "properties": {
                "data": {
                    "type": "string",
                    "description": "The data: JSON, or CSV with a header row. 数据：JSON 或带表头的 CSV。",
                    "minLength": 1,
                    "maxLength": LONGEST,
                },
                "query": {
                    "type": "string",
                    "description": "JMESPath, such as [?city == 'Paris'].name. JMESPath 查询式。",
                    "minLength": 1,
                    "maxLength": 1000,
                },
            },
            "required": ["data", "query"],
            "additionalProperties": False,
        },
    )

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolOutput:
        """Raises `ToolFailed` for data and expressions that cannot be read, and for those that make too much of it."""
        text, query = arguments["data"], _MEANT.sub(_as_written, arguments["query"].strip())
        data = read_json(text) if is_json(text) else as_records(read_rows(text))
        result = _evaluated(query, data)
        try:
            told = json.dumps(result, ensure_ascii=False, allow_nan=False)
        except TypeError:
            raise ToolFailed(
                f"{query!r} gives an expression, which is no result: & stands within functions, such as sort_by(@, &price).",
                f"{query!r} 的结果是表达式，不是数据：& 只能用在函数里，例如 sort_by(@, &price)。",
            ) from None
        except (ValueError, RecursionError):
            raise ToolFailed(
                f"The result of {query!r} holds a number that is too large, or is nested too deeply.",
                f"{query!r} 的结果里有过大的数，或嵌套得太深。",
            ) from None
        if len(told) > _RESULT:
            raise ToolFailed(
                f"The result has {len(told):,} characters; {_RESULT:,} fit. Filter it further, or select fewer fields.",
                f"结果有 {len(told):,} 个字符，最多 {_RESULT:,} 个。请进一步筛选，或少取几个字段。",
            )
        if result is None or result == []:
            told += " " + _nothing(query, data, context)
        return ToolOutput(told, result)


def _as_written(found: re.Match[str]) -> str:
    """What JMESPath wants quoted, where nothing else can be meant: a number behind a comparison, a name that is not in ASCII."""
    quoted, sign, number, name = found.groups()
    if quoted:
        return str(quoted)
    return f"{sign}`{number}`" if number else f'"{name}"'


def _evaluated(query: str, data: Any) -> Any:
    import jmespath
    from jmespath.exceptions import ArityError, JMESPathTypeError, ParseError, UnknownFunctionError
    from jmespath.visitor import Options

    from tools.builtin.queryfunctions import Bounded, Functions

    functions = Functions()
    try:
        return Bounded(_WORK, Options(custom_functions=functions)).visit(jmespath.compile(query).parsed, data)
    except ArityError as error:
        raise ToolFailed(
            f"{error.function_name}() is given {error.actual_arity} and takes {error.expected_arity}: correct its arguments.",
            f"{error.function_name}() 需要 {error.expected_arity} 个参数，现在是 {error.actual_arity} 个。请修改查询式。",
        ) from None
    except ParseError as error:
        _unreadable(query, error.lex_position)
    except UnknownFunctionError:
        names = sorted(functions.FUNCTION_TABLE)
        raise ToolFailed(
            f"{query!r} calls a function that JMESPath does not have. There are: {', '.join(names)}.",
            f"{query!r} 用了 JMESPath 没有的函数。可用的函数有：{'、'.join(names)}。",
        ) from None
    except JMESPathTypeError as error:
        _mismatched(error)
    except (TypeError, ValueError, OverflowError):  # a slice that never steps, the rounding of what has no end
        raise ToolFailed(
            f"{query!r} has no value with this data. Try a simpler query first, such as @[0].",
            f"{query!r} 在这份数据上算不出结果。请先试简单一点的查询，例如 @[0]。",
        ) from None
    except RecursionError:
        raise ToolFailed(
            f"The query or its data is nested too deeply: {query[:60]!r}. Ask in several steps.",
            f"查询式或数据嵌套得太深：{query[:60]!r}。请分几步查询。",
        ) from None


def _unreadable(query: str, position: int) -> NoReturn:
    near = query[position : position + 12] or query[-12:]
    raise ToolFailed(
        f"The query cannot be read at character {position + 1}, near {near!r}. JMESPath writes numbers in backticks and text in "
        "single quotes: [?price > `10` && city == 'Paris'].name.",
        f"查询式从第 {position + 1} 个字符（{near!r}）起看不懂。JMESPath 的数字要加反引号，文本要加单引号："
        "[?price > `10` && city == '巴黎'].name。",
    ) from None


def _mismatched(error: Any) -> NoReturn:
    if error.current_value is None and error.function_name.endswith("_by"):
        raise ToolFailed(
            f"{error.function_name}() meets a row that lacks the value. Leave such rows out first: "
            f"{error.function_name}([?price], &price).",
            f"{error.function_name}() 遇到缺少该值的行。请先去掉这些行：{error.function_name}([?price], &price)。",
        ) from None
    english, chinese = ([_TYPES.get(kind, (kind, kind))[language] for kind in error.expected_types] for language in (0, 1))
    value = repr(error.current_value)
    value = value if len(value) <= 60 else value[:60] + "…"
    raise ToolFailed(
        f"{error.function_name}() needs {' or '.join(english)}, not {value}. Select that first, as in sum([].price).",
        f"{error.function_name}() 需要{'或'.join(chinese)}，而不是 {value}。请先取出来，例如 sum([].price)。",
    ) from None


def _nothing(query: str, data: Any, context: ToolContext) -> str:
    """Why nothing may have been found: the fields that there are, and the sign that is mistaken most."""
    first = data[0] if isinstance(data, list) and data else data
    names = list(first)[:_FIELDS] if isinstance(first, dict) else []
    told = context.say("Nothing matches.", "没有符合的内容。")
    if names:
        told += context.say(f" The fields are: {', '.join(names)}.", f"字段有：{'、'.join(names)}。")
    if re.search(r"[<>]=?\s*'-?\d", query):
        told += context.say(" Numbers stand in backticks: `10`.", "数字要用反引号：`10`。")
    if re.search(r'[=!]=\s*"', query):
        told += context.say(" Text stands in single quotes: 'Paris'.", "文本要用单引号：'巴黎'。")
    return told
