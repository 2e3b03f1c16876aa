"""Pictures as inline SVG. Places across are percents of the width and heights are pixels, so that a picture fills a phone
and a desk alike and its letters keep their size. Each has a title and a description for those who don't see it."""

from collections.abc import Sequence
from html import escape
from itertools import pairwise

LEFT, RIGHT = 12.0, 97.0
"""Percents of the width between which curves are drawn; the labels of the axis stand before."""
CURVE_TOP, CURVE_BOTTOM, CURVE_HEIGHT = 14.0, 190.0, 214
RHYTHM_HEIGHT = 96
BINS_HEIGHT = 116
Curve = Sequence[float | None]


def picture(key: str, title: str, description: str, height: int, inside: str, kind: str = "") -> str:
    """*key* is unique on the page."""
    return (
        f'<svg class="{kind}" width="100%" height="{height}" role="img" aria-labelledby="{key}-title {key}-text">'
        f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-text">{escape(description)}</desc>{inside}</svg>'
    )


def strip(key: str, title: str, description: str, percentile: float) -> str:
    """A place among 100 others: the middle half shaded, a ring inside of it, a full dot outside."""
    kind = "ring" if 25 <= percentile <= 75 else "dot"
    low, high = _along(25), _along(75)
    inside = (
        f'<line class="axis" x1="{_along(0):.1f}%" x2="{_along(100):.1f}%" y1="11" y2="11"/>'
        f'<rect class="band" x="{low:.1f}%" width="{high - low:.1f}%" y="3" height="16" rx="3"/>'
        f'<line class="middle" x1="50%" x2="50%" y1="3" y2="19"/>'
        f'<circle class="{kind}" cx="{_along(percentile):.1f}%" cy="11" r="6"/>'
    )
    return picture(key, title, description, 22, inside, "strip")


def bar(key: str, title: str, description: str, start: float, length: float) -> str:
    """From *start* on, both in percent; a sliver is still seen."""
    inside = (
        '<rect class="track" x="0" width="100%" y="3" height="12" rx="3"/>'
        f'<rect class="full" x="{min(start, 99):.1f}%" width="{max(min(length, 100 - start), 0.8 if length else 0):.1f}%" '
        'y="3" height="12" rx="2"/>'
    )
    return picture(key, title, description, 18, inside)


def curve(key: str, title: str, description: str, median: Curve, others: Sequence[Curve]) -> str:
    """The median bold with dots, the others thin; the axis holds all of them and need not begin at 0."""
    known = [value for one in (median, *others) for value in one if value is not None]
    if not known:
        return ""
    step = _step(max(known) - min(known))
    lowest, highest = step * int(min(known) // step), step * (int(max(known) // step) + 1)

    def height(value: float) -> float:
        return CURVE_BOTTOM - (CURVE_BOTTOM - CURVE_TOP) * (value - lowest) / (highest - lowest)

    ticks = "".join(
        f'<line class="axis" x1="0" x2="100%" y1="{height(value):.1f}" y2="{height(value):.1f}"/>'
        f'<text x="0" y="{height(value) - 3:.1f}">{value}</text>'
        for value in range(lowest, highest + 1, step)
    )
    places = [LEFT + (RIGHT - LEFT) * index / max(1, len(median) - 1) for index in range(len(median))]
    below = "".join(
        f'<text class="centre" x="{x:.1f}%" y="{CURVE_HEIGHT - 6}">{index}</text>' for index, x in enumerate(places, 1)
    )

    def drawn(values: Curve, kind: str) -> str:
        points = [(x, None if value is None else height(value)) for x, value in zip(places, values, strict=False)]
        return "".join(
            f'<line class="{kind}" x1="{x1:.1f}%" y1="{y1:.1f}" x2="{x2:.1f}%" y2="{y2:.1f}"/>'
            for (x1, y1), (x2, y2) in pairwise(points)
            if y1 is not None and y2 is not None
        )

    dots = "".join(
        f'<circle class="dot" cx="{x:.1f}%" cy="{height(value):.1f}" r="4"/>'
        for x, value in zip(places, median, strict=True)
        if value is not None
    )
    lines = "".join(drawn(one, "faint") for one in others) + drawn(median, "bold")
    return picture(key, title, description, CURVE_HEIGHT, ticks + lines + dots + below, "curve")


def columns(key: str, title: str, description: str, values: Sequence[int]) -> str:
    """A count in each of equal parts, the number above its column."""
    width, tallest = 100 / max(1, len(values)), max(values, default=0)
    parts = []
    for index, value in enumerate(values):
        tall = 68 * value / tallest if tallest else 0
        middle = width * (index + 0.5)
        parts.append(
            f'<rect class="full" x="{width * index + 1:.1f}%" width="{width - 2:.1f}%" y="{90 - tall:.1f}" height="{tall:.1f}"/>'
            f'<text class="centre" x="{middle:.1f}%" y="{84 - tall:.1f}">{value}</text>'
        )
    base = '<line class="axis" x1="0" x2="100%" y1="90" y2="90"/>'
    ends = '<text x="0" y="108">start</text><text class="centre" x="50%" y="108">middle</text><text class="end" x="100%" y="108">end</text>'
    return picture(key, title, description, BINS_HEIGHT, base + "".join(parts) + ends)


def rhythm(key: str, title: str, description: str, lengths: Sequence[int]) -> str:
    """A bar for each sentence, as tall as it is long."""
    step, tallest = 100 / max(1, len(lengths)), max(lengths, default=1)
    bars = "".join(
        f'<rect class="full" x="{index * step:.2f}%" width="{step * 0.72:.2f}%" y="{RHYTHM_HEIGHT - 2 - 90 * length / tallest:.1f}" '
        f'height="{90 * length / tallest:.1f}"/>'
        for index, length in enumerate(lengths)
    )
    return picture(key, title, description, RHYTHM_HEIGHT, bars)


def _along(percentile: float) -> float:
    """Within a margin, so that a dot at either end stays whole."""
    return 3 + 0.94 * min(100.0, max(0.0, percentile))


def _step(spread: float) -> int:
    """Between the lines of an axis: three to six of them."""
    return next((step for step in (5, 10, 20, 50, 100) if spread / step <= 5), max(200, int(spread / 4)))
