"""Say which keys labels may have beside those that the annotation desk keeps for itself."""

from collections.abc import Collection
from string import ascii_lowercase

# What the desk does with a key of its own: none apply, skip, back, undo, zoom, definitions, guide, full screen,
# comment, invert, contrast, rotate, help, find a label (twice), submit, submit too, move about, zoom in and out, fit.
# Where an older label has one of these keys, the label keeps it and the desk does without.
RESERVED_KEYS = frozenset(
    {"n", "s", "b", "u", "z", "d", "g", "f", "c", "i", "k", "r", "?", "/", ",", "Enter", " "}
    | {"ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"}
    | {"+", "-", "0"}
)

# Digits first: they stand in a row in the order of the labels, on every keyboard.
LABEL_KEYS: tuple[str, ...] = tuple(key for key in "123456789" + ascii_lowercase if key not in RESERVED_KEYS)


def free_keys(taken: Collection[str]) -> list[str]:
    """List the keys that no label has yet, the best first."""
    return [key for key in LABEL_KEYS if key not in taken]
