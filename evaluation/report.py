"""Results as a page: tables and plots of every result file in a folder, written into the generated part of a Markdown file.

The page keeps what people wrote: only what stands between the two marks is replaced, and a page without marks gets them at its
end. The same files give the same page, byte for byte, so that a report can be made anew and compared. Runs are compared in one
table when they asked the same cases: the same task, data, split, kind, limit and seed.
"""

import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.errors import HearthError
from evaluation.kept import write_text

BEGIN = "<!-- Written by `python -m evaluation report`; what is changed by hand from here to the end mark is lost. -->"
END = "<!-- End of what is written by `python -m evaluation report`. -->"

_COLOURS = ("#2f6fb0", "#e08a2e", "#3d9a68", "#b5527a", "#7a68b3", "#8a8a8a")  # told apart by colour-blind people too
_PLOTTED = 6  # runs, and metrics a row


@dataclass(frozen=True, slots=True)
class Run:
    """A result file: `name` is that of the file, `result` what is in it."""

    name: str
    result: Mapping[str, Any]

    @property
    def asked(self) -> tuple[str, ...]:
        """What the run asked, as words: runs with the same may be compared."""
        settings = self.result["settings"]
        parts = (self.result["task"], *(settings.get(key) or "" for key in ("data", "split", "kind", "limit")))
        return tuple(map(str, (*parts, settings.get("seed") if settings.get("limit") else "")))


def read_runs(folder: Path) -> list[Run]:
    """The result files of a folder, by name. Raises `HearthError` where there is none, or one is something else."""
    files = sorted(folder.glob("*.json"))
    if not files:
        raise HearthError(
            f"There is no result in {str(folder)!r}. Make one with: python -m evaluation run TASK --out {folder}/NAME.json",
            f"{str(folder)!r} 里没有结果。可以用 python -m evaluation run TASK --out {folder}/NAME.json 生成。",
        )
    return [Run(file.stem, _read(file)) for file in files]


def write_report(folder: Path, page: Path) -> int:
    """Write tables into `page` and plots into `images/` beside it; returns how many results there are. Raises `HearthError`."""
    runs = read_runs(folder)
    groups: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault(run.asked, []).append(run)
    parts = []
    for asked in sorted(groups):
        image = f"results-{_slug(asked)}.svg"
        write_text(page.parent / "images" / image, plot(groups[asked]))
        parts.append(section(groups[asked], f"images/{image}"))
    try:
        before = page.read_text(encoding="utf-8")
    except FileNotFoundError:
        before = "# Results\n"
    except (OSError, ValueError) as error:
        raise _unread(page, error) from error
    write_text(page, put_in(before, "\n\n".join(parts)))
    return len(runs)


def put_in(page: str, generated: str) -> str:
    """The page with the generated part in its place."""
    body = f"{BEGIN}\n\n{generated}\n\n{END}"
    if BEGIN in page and END in page:
        before, rest = page.split(BEGIN, 1)
        return before + body + rest.split(END, 1)[1]
    return page.rstrip() + f"\n\n{body}\n"


def section(runs: Sequence[Run], image: str) -> str:
    """A heading, how the figures came about, the table with the floors, the plot and the failures of runs on the same cases."""
    first = runs[0].result
    names = _metric_names(runs)
    header = ["run", "model", *names, "seconds", "commit"]
    lines = [f"### {_title(first)}", "", _about(runs), "", _row(header), _row(["---"] * len(header))]
    primary = first["primary_metric"]
    leading = max if first["greater_is_better"] else min
    best = leading((run.result["metrics"][primary] for run in runs if primary in run.result["metrics"]), default=None)
    for run in runs:
        result, cells = run.result, [run.name, run.result["model"]]
        for name in names:
            figure = _figure(result["metrics"].get(name))
            leads = name == primary and best is not None and result["metrics"].get(name) == best
            cells.append(f"**{figure}**" if leads else figure)
        lines.append(_row([*cells, f"{result['seconds']:,.0f}", result["commit"]]))
    for floor, figures in _floors(runs).items():
        lines.append(_row([f"*{floor}*", "", *(_figure(figures.get(name)) for name in names), "", ""]))
    lines += ["", f"![{_title(first)}]({image})"]
    if left_out := [run.name for run in runs[_PLOTTED:]]:
        lines += ["", f"The plot shows the first {_PLOTTED} runs; {len(left_out)} are left out of it: {', '.join(left_out)}."]
    if failures := [line for run in runs for line in _failures(run)]:
        lines += ["", "What was wrong:", "", *failures]
    return "\n".join(lines)


def plot(runs: Sequence[Run]) -> str:
    """Bars of every metric, a colour a run, with the floors as black lines; an SVG that is the same for the same runs."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    shown = runs[:_PLOTTED]
    names = _metric_names(shown)
    floors = list(_floors(runs).values())
    rows = math.ceil(len(names) / _PLOTTED)
    across = math.ceil(len(names) / rows)
    fixed: Any = {"svg.hashsalt": "results", "svg.fonttype": "none", "font.size": 9, "font.family": "sans-serif"}
    with matplotlib.rc_context(fixed):
        figure, axes = pyplot.subplots(rows, 1, figsize=(7.2, 2.1 * rows + 0.5), squeeze=False, layout="constrained")
        for row, axis in enumerate(axes[:, 0]):
            _bars(axis, names[row * across : (row + 1) * across], shown, floors)
            axis.set_xlim(-0.6, across - 0.4)
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None}, facecolor="white")
        pyplot.close(figure)
    return written.getvalue()


def _bars(axis: Any, names: Sequence[str], runs: Sequence[Run], floors: Sequence[Mapping[str, float]]) -> None:
    width = 0.8 / len(runs)
    for index, run in enumerate(runs):
        middles = [place - 0.4 + width * (index + 0.5) for place in range(len(names))]
        figures = [run.result["metrics"].get(name, 0.0) for name in names]
        bars = axis.bar(middles, figures, width * 0.92, color=_COLOURS[index], label=run.name)
        if len(runs) <= 3:
            axis.bar_label(bars, [f"{figure:.0f}" for figure in figures], padding=1, fontsize=8)
    for number, floor in enumerate(floors):
        places = [place for place, name in enumerate(names) if name in floor]
        heights = [floor[names[place]] for place in places]
        left, right = [place - 0.44 for place in places], [place + 0.44 for place in places]
        axis.hlines(heights, left, right, colors="black", linewidth=1, label="floors" if number == 0 else None)
    axis.set_xticks(range(len(names)), names)
    axis.set_ylim(0, 118)
    axis.set_yticks([0, 25, 50, 75, 100])
    axis.set_ylabel("%")
    axis.grid(axis="y", color="#dddddd", linewidth=0.6)
    axis.set_axisbelow(True)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _floors(runs: Sequence[Run]) -> dict[str, dict[str, float]]:
    """The floors of all runs by name; those of the same cases are the same, but an earlier version may lack some."""
    found: dict[str, dict[str, float]] = {}
    for run in runs:
        for name, figures in run.result.get("floors", {}).items():
            found[name] = dict(figures) | found.get(name, {})
    return found


def _metric_names(runs: Sequence[Run]) -> list[str]:
    """The names of all metrics: the primary one first, then in the order of the results."""
    names = dict.fromkeys(name for run in runs for name in run.result["metrics"])
    primary = runs[0].result["primary_metric"]
    return [primary, *(name for name in names if name != primary)]


def _title(result: Mapping[str, Any]) -> str:
    settings = result["settings"]
    parts = [str(settings[key]) for key in ("data", "split", "kind") if settings.get(key)]
    return f"{result['task']}: {', '.join(parts)}" if parts else str(result["task"])


def _about(runs: Sequence[Run]) -> str:
    """How many cases there are and which, how sure the figures are, and what else they depend on."""
    result = runs[0].result
    settings: dict[str, Any] = {}
    for run in runs:
        settings |= {key: value for key, value in run.result["settings"].items() if key not in settings}
    cases = {name: count for name, count in settings.get("cases", {}).items() if name}
    counted = ", ".join(f"{name} {count}" for name, count in cases.items())
    limit = f"At most {settings['limit']} of each kind, drawn with seed {settings['seed']}. " if settings.get("limit") else ""
    smallest = min(cases.values(), default=result["n"])
    unsure = 98 / math.sqrt(smallest) if smallest else 0.0  # 1.96 standard errors of a share of a half
    known = {"data", "split", "kind", "limit", "seed", "cases", "together"}
    rest = ", ".join(f"{key.replace('_', ' ')} {_said(value)}" for key, value in settings.items() if key not in known)
    return (
        f"{result['n']} cases{f' ({counted})' if len(cases) > 1 else ''}. {limit}"
        f"Of {smallest} cases a share near half is known to ± {unsure:.0f} points (95 %). "
        f"First figure: the primary one, better when {'larger' if result['greater_is_better'] else 'smaller'}."
        f"{f' Settings: {rest}.' if rest else ''}"
    )


def _said(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_said(part)}" for key, part in value.items())
    return ", ".join(map(_said, value)) if isinstance(value, list) else str(value)


def _failures(run: Run) -> list[str]:
    groups = run.result.get("failures", {})
    kinds = [
        f"{group + ': ' if group else ''}" + ", ".join(f"{kind} {count}" for kind, count in counts.items())
        for group, counts in groups.items()
    ]
    return [f"- {run.name}: {'; '.join(kinds)}"] if kinds else []


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _slug(asked: Sequence[str]) -> str:
    return re.sub(r"[^a-z0-9]+", "-", "-".join(part for part in asked if part).lower()).strip("-")


def _read(file: Path) -> dict[str, Any]:
    needed = {"task", "model", "n", "metrics", "primary_metric", "greater_is_better", "seconds", "settings", "commit"}
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if not isinstance(found, dict) or not needed <= found.keys():
            raise ValueError("it is no result")
    except (OSError, ValueError) as error:
        raise _unread(file, error) from error
    return found


def _unread(path: Path, error: Exception) -> HearthError:
    return HearthError(
        f"{str(path)!r} cannot be read ({error}). Take it out of the folder, or make it anew.",
        f"无法读取 {str(path)!r}（{error}）。请把它移出文件夹，或重新生成。",
    )
