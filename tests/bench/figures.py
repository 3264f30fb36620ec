"""What a benchmark reports: a figure beside the floor of the same run, and their ratio. Nothing here judges."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Figure", "against", "percentile", "table"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        benchmark: p1 to p4.
        what: what was measured.
        unit: of floor and figure.
        figure: median of the rounds.
        floor: median of the rounds; None where there is nothing to compare with.
        ratio: median of the rounds' own ratios, so that a machine that slows down between rounds changes nothing.
        goal: as the project states it.
    """

    benchmark: str
    what: str
    unit: str
    figure: float
    floor: float | None = None
    ratio: float | None = None
    goal: str = ""


def against(benchmark: str, what: str, unit: str, rounds: Iterable[tuple[float, float]], goal: str = "") -> Figure:
    """Give the medians of rounds, each measured as floor and figure one right after the other."""
    pairs = list(rounds)
    floors, figures = zip(*pairs, strict=True)
    ratio = statistics.median(figure / floor if floor else 0.0 for floor, figure in pairs)
    return Figure(benchmark, what, unit, statistics.median(figures), statistics.median(floors), ratio, goal)


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value below which this share of the values lies; 0 where there are none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def table(figures: Sequence[Figure]) -> str:
    """Give the table of all figures."""
    head = ("", "what", "unit", "floor", "figure", "ratio", "goal")
    rows = [
        (one.benchmark, one.what, one.unit, _text(one.floor), _text(one.figure), _ratio(one.ratio), one.goal)
        for one in figures
    ]
    widths = [max(len(row[at]) for row in (head, *rows)) for at in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    )


def _text(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
