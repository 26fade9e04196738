"""Draw docs/images/dependencies.svg: the layers of the import contracts, and what the code really imports.

Every layer of the two `layers` contracts in pyproject.toml is a row. From it a line leads to one lane for each layer
that it imports from; the number on the lane counts the imports of one module by another, and the lane ends at the
imported layer.
"""

import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import grimp

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "images" / "dependencies.svg"
# Everybody imports these three: as one target they take one lane instead of three.
BASE = ("app.errors", "app.i18n", "app.config")
# Rows of the workers' layers beside those of the web application, so that every import points down or straight across.
WORKER_ROWS = (1, 2, 3, 4, 8)

ROW, BOX, LANE, DOT = 46, 34, 30, 11
APP_WIDTH, WORKER_WIDTH = 388, 236
MARGIN, HEAD = 26, 96
# Lines leave a box above its middle and enter it below, so that the two can be told apart.
LEAVE, ENTER = -6, 9
# From so many imports on a number stands out.
MANY = 10

# Ink, pale lines, boxes and dots; on paper and on a dark page.
STYLE = """
svg { --paper: #ffffff; --ink: #20242b; --soft: #596170; --line: #ccd2db; --box: #f2f4f7; --edge: #8b94a3;
  --dot: #1f5fbf; --on-dot: #ffffff;
  font-family: ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
@media (prefers-color-scheme: dark) { svg { --paper: #15181d; --ink: #e8eaee; --soft: #a6aebb; --line: #3a414c;
  --box: #20252d; --edge: #77818f; --dot: #7fb0ff; --on-dot: #10141a; } }
.paper { fill: var(--paper); } .box { fill: var(--box); stroke: var(--edge); }
.name { fill: var(--ink); font-size: 14px; text-anchor: middle; }
.title { fill: var(--ink); font-size: 17px; font-weight: 600; }
.note { fill: var(--soft); font-size: 13px; } .over { text-anchor: middle; }
.line { fill: none; stroke: var(--line); stroke-width: 1.5; }
.lane { fill: none; stroke: var(--edge); stroke-width: 2; } .tip { fill: var(--edge); }
.dot { fill: var(--paper); stroke: var(--dot); stroke-width: 1.5; } .many .dot { fill: var(--dot); }
.count { fill: var(--ink); font-size: 11px; text-anchor: middle; }
.many .count { fill: var(--on-dot); font-weight: 600; }
"""


@dataclass(frozen=True)
class Layer:
    """A row: the packages of one layer, and where its box stands."""

    packages: tuple[str, ...]
    x: int
    row: int
    width: int

    @property
    def middle(self) -> int:
        """Return the height of the box's middle."""
        return HEAD + self.row * ROW + BOX // 2

    @property
    def text(self) -> str:
        """Return the names in the box, the package they share said once."""
        names = [package.partition(".")[2] for package in self.packages]
        return f"{self.packages[0].partition('.')[0]}.{names[0]}" + "".join(f" · {name}" for name in names[1:])


@dataclass(frozen=True)
class Lane:
    """All imports from some layers of one side into one layer."""

    target: Layer
    x: int
    # -1 where the lane is left of the boxes that import, 1 where it is right of them.
    side: int
    counts: tuple[tuple[Layer, int], ...]


def contract_layers() -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Read the layers of the web application and of the workers, from the top."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    app, worker = (
        [tuple(part.strip() for part in layer.split("|")) for layer in contract["layers"]]
        for contract in contracts
        if contract["type"] == "layers"
    )
    return app, worker


def place(app: Iterable[tuple[str, ...]], worker: Iterable[tuple[str, ...]]) -> tuple[list[Layer], list[Layer]]:
    """Give every layer its box; those that everybody imports share one."""
    own = [layer for layer in app if layer[0] not in BASE]
    left = MARGIN + LANE * len(own)
    rows = [Layer(packages, left, row, APP_WIDTH) for row, packages in enumerate(own)]
    rows.append(Layer(BASE, left, len(own), APP_WIDTH))
    # Between the two stand the lanes of what workers import from the web application: at most one for each of its rows.
    right = left + APP_WIDTH + LANE * 8
    return rows, [Layer(layer, right, row, WORKER_WIDTH) for layer, row in zip(worker, WORKER_ROWS, strict=True)]


def imports(layers: Sequence[Layer]) -> Counter[tuple[Layer, Layer]]:
    """Count the imports of modules of one layer by modules of another."""
    graph = grimp.build_graph("app", "worker", cache_dir=None)
    home = {package: layer for layer in layers for package in layer.packages}

    def layer_of(module: str) -> Layer | None:
        return home.get(".".join(module.split(".")[:2]))

    counted: Counter[tuple[Layer, Layer]] = Counter()
    for module in graph.modules:
        here = layer_of(module)
        for imported in graph.find_modules_directly_imported_by(module):
            there = layer_of(imported)
            if here and there and here is not there:
                counted[here, there] += 1
    return counted


def lanes(counted: Counter[tuple[Layer, Layer]], app: Sequence[Layer], worker: Sequence[Layer]) -> Iterator[Lane]:
    """Make the lanes, the nearest to the boxes for the highest target, so that no lane crosses an arrow."""
    yield from _lanes(counted, app, app, app[0].x, -1)
    yield from _lanes(counted, worker, app, worker[0].x, -1)
    yield from _lanes(counted, worker, worker, worker[0].x + WORKER_WIDTH, 1)


def _lanes(
    counted: Counter[tuple[Layer, Layer]], sources: Sequence[Layer], targets: Sequence[Layer], edge: int, side: int
) -> Iterator[Lane]:
    number = 0
    for target in targets:
        counts = tuple((source, counted[source, target]) for source in sources if counted[source, target])
        if counts:
            number += 1
            yield Lane(target, edge + side * (LANE * number - 4), side, counts)


def draw_lane(lane: Lane) -> Iterator[str]:
    """Draw a lane with its arrow."""
    target = lane.target
    # Lanes left of a box enter it from the left, all others from the right.
    from_left = lane.x < target.x
    end, back = (target.x, -1) if from_left else (target.x + target.width, 1)
    top = min(source.middle for source, _count in lane.counts) + LEAVE
    y = target.middle + ENTER
    yield f'<path class="lane" d="M{lane.x} {top}V{y}H{end + back * 8}"/>'
    yield f'<path class="tip" d="M{end} {y}l{back * 11} -5v10z"/>'


def draw_lines(lane: Lane) -> Iterator[str]:
    """Draw the lines that lead from the boxes to a lane."""
    for source, _count in lane.counts:
        edge = source.x if lane.side < 0 else source.x + source.width
        yield f'<path class="line" d="M{edge} {source.middle + LEAVE}H{lane.x}"/>'


def draw_counts(lane: Lane) -> Iterator[str]:
    """Draw the counts of a lane, each with a sentence that shows on pointing at it."""
    for source, count in lane.counts:
        y = source.middle + LEAVE
        sentence = f"{source.text} imports from {lane.target.text}: {count}"
        yield f'<g class="{"many" if count >= MANY else "few"}"><title>{escape(sentence)}</title>'
        yield f'<circle class="dot" cx="{lane.x}" cy="{y}" r="{DOT}"/>'
        yield f'<text class="count" x="{lane.x}" y="{y + 4}">{count}</text></g>'


def draw_box(layer: Layer) -> Iterator[str]:
    """Draw the box of a layer."""
    y = HEAD + layer.row * ROW
    yield f'<rect class="box" x="{layer.x}" y="{y}" width="{layer.width}" height="{BOX}" rx="6"/>'
    yield f'<text class="name" x="{layer.x + layer.width // 2}" y="{layer.middle + 5}">{escape(layer.text)}</text>'


def draw_words(app: Sequence[Layer], worker: Sequence[Layer]) -> Iterator[str]:
    """Write what the picture shows."""
    yield f'<text class="title" x="{MARGIN}" y="36">Imports point down</text>'
    words = "A number counts imports by modules of its row; the lane it stands on leads to what they import."
    yield f'<text class="note" x="{MARGIN}" y="58">{words}</text>'
    for layers, text in ((app, "the web application"), (worker, "the workers")):
        first = layers[0]
        y = HEAD + first.row * ROW - 10
        yield f'<text class="note over" x="{first.x + first.width // 2}" y="{y}">{text}</text>'


def draw() -> str:
    """Draw the picture."""
    app, worker = place(*contract_layers())
    made = list(lanes(imports([*app, *worker]), app, worker))
    width = max(lane.x for lane in made) + DOT + MARGIN
    height = HEAD + len(app) * ROW + MARGIN // 2
    meaning = "The layers of the web application and of the workers from top to bottom; every import points down."
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="t d">',
        f'<title id="t">What imports what in Loupe</title><desc id="d">{meaning}</desc>',
        f'<style>{STYLE}</style><rect class="paper" width="{width}" height="{height}" rx="10"/>',
        *draw_words(app, worker),
    ]
    for drawing in (draw_lines, draw_lane):
        parts += [part for lane in made for part in drawing(lane)]
    parts += [part for layer in (*app, *worker) for part in draw_box(layer)]
    parts += [part for lane in made for part in draw_counts(lane)]
    return "\n".join([*parts, "</svg>"]) + "\n"


def main() -> None:
    """Write the picture."""
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(draw(), encoding="utf-8")


if __name__ == "__main__":
    main()
