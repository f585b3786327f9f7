"""Draws how time and memory grow with the member list: a plain SVG, both axes logarithmic."""

import math
import pathlib

WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 70, 150, 30, 60
# Told apart by colour and by mark, on white and on black alike.
SERIES = (
    ("import", "cpu", "import", "#d9541e"),
    ("forecast", "cpu", "forecast", "#2f7ed8"),
    ("plan", "cpu", "plan a step", "#1f9d55"),
    ("memory", "cpu", "start", "#9b59b6"),
    ("memory", "mb", "memory, MB", "#8a8a2a"),
)
STYLE = """
  svg { color-scheme: light dark; font: 13px sans-serif; }
  .ground { fill: #ffffff; } text { fill: #222222; } .grid { stroke: #cccccc; } .linear { stroke: #777777; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #16181c; } text { fill: #e6e6e6; } .grid { stroke: #444444; } .linear { stroke: #999999; }
  }
"""


def draw(found: dict[str, list[tuple[int, dict]]], out: pathlib.Path) -> None:
    """Writes growth.svg: a line a measurement, and what growing linearly looks like."""
    lines = []
    for part, key, name, colour in SERIES:
        # What is quicker than the system's clock ticks has no place on such an axis.
        dots = [(size, max(row[key], 0.01)) for size, row in found.get(part, [])]
        if dots:
            lines.append((name, colour, dots))
    if not lines:
        return
    sizes = [size for _, _, dots in lines for size, _ in dots]
    values = [value for _, _, dots in lines for _, value in dots]
    x_low, x_high = decades(sizes)
    y_low, y_high = decades(values)

    def x(size: float) -> float:
        return LEFT + (math.log10(size) - x_low) / max(x_high - x_low, 1) * (WIDTH - LEFT - RIGHT)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (math.log10(value) - y_low) / max(y_high - y_low, 1) * (HEIGHT - TOP - BOTTOM)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        "<title>Seconds and megabytes by number of members, both axes logarithmic</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>',
    ]
    for power in range(x_low, x_high + 1):
        at = x(10**power)
        parts.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
        parts.append(f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{10**power:,}</text>')
    for power in range(y_low, y_high + 1):
        at = y(10.0**power)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 18}" text-anchor="middle">members</text>')
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(
        f'<text x="18" y="{middle}" text-anchor="middle" transform="rotate(-90 18 {middle})">'
        "processor seconds; MB</text>"
    )
    parts += slope(x, y, (x_low, x_high), (y_low, y_high))
    labels: list[float] = []
    for name, colour, dots in lines:
        way = " ".join(f"{x(size):.1f},{y(value):.1f}" for size, value in dots)
        parts.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x(s):.1f}" cy="{y(v):.1f}" r="4" fill="{colour}"/>' for s, v in dots]
        at = y(dots[-1][1]) + 4
        while any(abs(at - other) < 15 for other in labels):
            at += 3
        labels.append(at)
        parts.append(f'<text x="{WIDTH - RIGHT + 12}" y="{at:.1f}" style="fill:{colour}">{name}</text>')
    parts.append("</svg>\n")
    (out / "growth.svg").write_text("\n".join(parts))


def slope(x, y, across: tuple[int, int], up: tuple[int, int]) -> list[str]:
    """A dashed line that rises as fast as the number of members, from the lower left."""
    decades_shown = min(across[1] - across[0], up[1] - up[0])
    ends = [(10.0 ** (across[0] + n), 10.0 ** (up[0] + n)) for n in (0, decades_shown)]
    (x1, y1), (x2, y2) = [(x(size), y(value)) for size, value in ends]
    return [
        f'<line class="linear" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke-dasharray="5 4"/>',
        f'<text x="{(x1 + x2) / 2 + 8:.1f}" y="{(y1 + y2) / 2 + 16:.1f}">linear</text>',
    ]


def decades(values: list[float]) -> tuple[int, int]:
    return math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) - 1e-9)
