"""Name the colours of labels; their values for light and dark pages stand in static/css/tokens.css."""

from collections.abc import Iterable

# In the order in which they stay apart best: the first labels of a project get the clearest differences.
PALETTE: tuple[str, ...] = (
    "cobalt",
    "vermilion",
    "ochre",
    "viridian",
    "plum",
    "sky",
    "moss",
    "rose",
    "umber",
    "violet",
    "slate",
    "lime",
)


def next_colour(taken: Iterable[str]) -> str:
    """Choose the colour that the fewest labels have; of equals, the first of the palette."""
    used = list(taken)
    return min(PALETTE, key=used.count)
