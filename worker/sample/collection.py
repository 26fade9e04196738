"""The sample collection: newspaper cuts that never were, with their true labels and some planted errors."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from worker.sample.canvas import Canvas
from worker.sample.pages import Page
from worker.sample.press import choose_press, print_cut
from worker.sample.scenes import ANIMAL, HUMAN, LANDSCAPE, STRUCTURE, compose
from worker.sample.titles import caption, newspaper

LABELS = (HUMAN, ANIMAL, STRUCTURE, LANDSCAPE)

# One recorded label in about fifty is wrong: as many as careful people make, enough to be worth finding.
PLANTED_ERRORS = 12

# How many of 160 cuts carry which labels; every pair, every triple and all four occur, and so does none.
_MIXTURE: tuple[tuple[tuple[str, ...], int], ...] = (
    ((), 20),
    ((HUMAN,), 22),
    ((ANIMAL,), 15),
    ((STRUCTURE,), 14),
    ((LANDSCAPE,), 15),
    ((HUMAN, ANIMAL), 9),
    ((HUMAN, STRUCTURE), 11),
    ((HUMAN, LANDSCAPE), 9),
    ((ANIMAL, STRUCTURE), 6),
    ((ANIMAL, LANDSCAPE), 9),
    ((STRUCTURE, LANDSCAPE), 12),
    ((HUMAN, ANIMAL, STRUCTURE), 4),
    ((HUMAN, ANIMAL, LANDSCAPE), 5),
    ((HUMAN, STRUCTURE, LANDSCAPE), 4),
    ((ANIMAL, STRUCTURE, LANDSCAPE), 3),
    (LABELS, 2),
)

_FIRST_YEAR, _LAST_YEAR = 1888, 1912


@dataclass(frozen=True)
class SampleImage:
    """A drawn cut; `recorded_labels` are what the sample project starts with, `labels` what the picture shows."""

    name: str
    image: Image.Image
    labels: frozenset[str]
    recorded_labels: frozenset[str]
    title: str
    year: int
    newspaper: str

    @property
    def details(self) -> dict[str, str]:
        """Tell where the cut is said to come from, as the columns of a table would."""
        return {"date": str(self.year), "newspaper": self.newspaper, "caption": self.title}

    @property
    def planted_errors(self) -> frozenset[str]:
        """Name the labels recorded wrongly on purpose."""
        return self.labels ^ self.recorded_labels


def draw_sample(seed: int = 1895, count: int = 160) -> Iterator[SampleImage]:
    """Draw the collection image by image; the same seed and count give the same pixels."""
    planning = np.random.default_rng([seed, count])
    wanted = _plan(planning, count)
    wrong = _plant_errors(planning, wanted)
    for index, labels in enumerate(wanted):
        # Each image has its own source of chance, so that a change to one kind of scene leaves the others alone.
        rng = np.random.default_rng([seed, count, index])
        image, subject = _draw(rng, labels)
        year = int(rng.integers(_FIRST_YEAR, _LAST_YEAR + 1))
        recorded = labels ^ wrong.get(index, frozenset())
        title = caption(rng, subject)
        name = f"cut-{index + 1:03d}-{year}.jpg"
        yield SampleImage(name, image, labels, recorded, title, year, newspaper(rng))


def _plan(rng: np.random.Generator, count: int) -> list[frozenset[str]]:
    """Share the mixture out over a count, by largest remainder, in random order."""
    total = sum(share for _labels, share in _MIXTURE)
    exact = np.array([share * count / total for _labels, share in _MIXTURE])
    numbers = np.floor(exact).astype(int)
    for index in np.argsort(numbers - exact, kind="stable")[: count - int(numbers.sum())]:
        numbers[index] += 1
    wanted = [
        frozenset(labels) for (labels, _share), number in zip(_MIXTURE, numbers, strict=True) for _copy in range(number)
    ]
    return [wanted[index] for index in rng.permutation(count)]


def _plant_errors(rng: np.random.Generator, wanted: list[frozenset[str]]) -> dict[int, frozenset[str]]:
    """Choose images and the one label recorded wrongly on each: missed and wrongly added in turn."""
    number = round(PLANTED_ERRORS * len(wanted) / sum(share for _labels, share in _MIXTURE))
    errors: dict[int, frozenset[str]] = {}
    for index in rng.permutation(len(wanted)).tolist():
        if len(errors) == number:
            break
        misses = len(errors) % 2 == 0
        # Every label takes its turn, so that each has errors to be found.
        label = LABELS[len(errors) // 2 % len(LABELS)]
        if (label in wanted[index]) == misses and len(wanted[index]) <= 2:
            errors[index] = frozenset({label})
    return errors


def _draw(rng: np.random.Generator, labels: frozenset[str]) -> tuple[Image.Image, str]:
    longest = int(rng.integers(480, 641))
    shorter = int(longest * rng.uniform(0.68, 0.82))
    upright = rng.random() < (0.75 if labels == {HUMAN} else 0.5 if not labels else 0.06)
    page = Page(rng, *((shorter, longest) if upright else (longest, shorter)))
    picture = Canvas(*page.picture_size)
    subject = compose(picture, rng, labels)
    press = choose_press(rng, engraved=bool(rng.random() < (0.45 if not labels else 0.27)))
    return print_cut(picture.tones, press, rng, page), subject
