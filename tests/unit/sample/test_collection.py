"""The drawn collection: the same every time, its labels and planted errors known."""

import hashlib
import os
import subprocess
import sys
from collections import Counter
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from worker.sample import LABELS, PLANTED_ERRORS, SampleImage, draw_sample
from worker.sample.collection import _plan, _plant_errors

ROOT = Path(__file__).resolve().parents[3]


def digest(sample: SampleImage) -> str:
    return hashlib.sha256(sample.image.tobytes()).hexdigest()


@pytest.fixture(scope="module")
def first() -> list[SampleImage]:
    return list(islice(draw_sample(), 8))


def test_the_same_seed_draws_the_same_pixels(first: list[SampleImage]) -> None:
    again = list(islice(draw_sample(), 3))
    assert [digest(sample) for sample in again] == [digest(sample) for sample in first[:3]]
    assert [(sample.name, sample.details, sample.labels) for sample in again] == [
        (sample.name, sample.details, sample.labels) for sample in first[:3]
    ]


def test_another_process_draws_the_same_pixels(first: list[SampleImage]) -> None:
    program = (
        "import hashlib; from worker.sample import draw_sample; s = next(draw_sample());"
        " print(s.name, hashlib.sha256(s.image.tobytes()).hexdigest())"
    )
    # Another hash seed puts the members of sets into another order, which must not matter.
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == [first[0].name, digest(first[0])]


def test_another_seed_draws_something_else(first: list[SampleImage]) -> None:
    assert digest(next(draw_sample(seed=1))) != digest(first[0])


def test_every_cut_is_a_picture_of_its_size_and_time(first: list[SampleImage]) -> None:
    for sample in first:
        assert sample.image.mode == "RGB"
        # The longest side is drawn at 480 to 640 pixels; straightening cuts off a few.
        assert 455 <= max(sample.image.size) <= 640
        assert 1888 <= sample.year <= 1912
        assert sample.name.endswith(f"-{sample.year}.jpg")
        assert sample.title
        # There is ink, there is paper, and the paper has yellowed.
        pixels = np.asarray(sample.image).astype(int)
        assert pixels.min() < 90
        assert pixels.max() > 170
        assert pixels[..., 0].mean() > pixels[..., 2].mean() + 5


def test_names_are_distinct(first: list[SampleImage]) -> None:
    assert len({sample.name for sample in first}) == len(first)


def test_every_combination_of_labels_occurs() -> None:
    wanted = _plan(np.random.default_rng(1), 160)
    assert len(wanted) == 160
    assert len(set(wanted)) == 2 ** len(LABELS)
    counts = Counter(label for labels in wanted for label in labels)
    assert all(45 <= counts[label] <= 80 for label in LABELS)
    assert wanted.count(frozenset()) == 20


@pytest.mark.parametrize("count", [0, 1, 7, 40, 161, 500])
def test_any_number_of_cuts_can_be_asked_for(count: int) -> None:
    assert len(_plan(np.random.default_rng(1), count)) == count


def test_the_planted_errors_are_known_and_of_both_kinds() -> None:
    rng = np.random.default_rng([1895, 160])
    wanted = _plan(rng, 160)
    errors = _plant_errors(rng, wanted)
    assert len(errors) == PLANTED_ERRORS == 12
    assert all(len(labels) == 1 for labels in errors.values())
    missed = sum(labels <= wanted[index] for index, labels in errors.items())
    assert missed == 6
    assert {label for labels in errors.values() for label in labels} == set(LABELS)


def test_recorded_labels_differ_only_where_an_error_was_planted(first: list[SampleImage]) -> None:
    for sample in first:
        assert sample.recorded_labels ^ sample.planted_errors == sample.labels
    assert sum(bool(sample.planted_errors) for sample in first) <= 2


def test_drawing_needs_no_training_stack() -> None:
    program = (
        "import sys; import worker.sample, worker.imaging;"
        " print([m for m in ('torch', 'fastai', 'sklearn', 'matplotlib') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "[]"
