import json

import numpy as np
import pytest
from hypothesis import given
from sklearn.calibration import calibration_curve

from app.domain.calibration import calibrate, histogram
from app.domain.intervals import wilson
from tests.unit.domain.strategies import Matrix, cases, noisy, reproducible

one_label = cases(unknown=True, min_labels=1, max_labels=1, max_rows=25)


@reproducible
@given(one_label)
def test_the_bins_are_those_of_scikit_learn(case: tuple[Matrix, Matrix, Matrix]) -> None:
    truth, probabilities = case[0][:, 0], case[1][:, 0]
    known = truth >= 0

    made = calibrate(truth, probabilities)

    filled = [each for each in made.bins if each.n]
    assert sum(each.n for each in filled) == int(known.sum())
    assert sum(each.n_present for each in filled) == int((truth == 1).sum())
    if not known.any():
        assert np.isnan(made.error)
        return
    shares, means = calibration_curve(truth[known] == 1, probabilities[known], n_bins=10, strategy="uniform")
    assert [each.share for each in filled] == pytest.approx(shares, abs=1e-9)
    assert [each.mean for each in filled] == pytest.approx(means, abs=1e-9)
    assert [each.interval for each in filled] == [wilson(each.n_present, each.n) for each in filled]
    sizes = [each.n for each in filled]
    assert made.error == pytest.approx(np.average(np.abs(shares - means), weights=sizes), abs=1e-9)


def test_probabilities_that_mean_what_they_say_have_next_to_no_error() -> None:
    generator = np.random.default_rng(3)
    probabilities = generator.random(40_000)
    truth = (generator.random(40_000) < probabilities).astype(np.int8)

    assert calibrate(truth, probabilities).error < 0.01
    # Squared, they are too low by p - p * p, a sixth on average.
    assert calibrate(truth, probabilities**2).error == pytest.approx(1 / 6, abs=0.01)


def test_the_histogram_counts_every_known_image_once_by_its_answer() -> None:
    truth, probabilities = noisy(300, 1, seed=1, unknown=0.2)
    cells, said = truth[:, 0], probabilities[:, 0]

    without, showing = histogram(cells, said)

    assert (without.sum(), showing.sum()) == ((cells == 0).sum(), (cells == 1).sum())
    edges = np.linspace(0, 1, 21)
    for place in range(1, 20):
        inside = (said > edges[place]) & (said <= edges[place + 1]) & (cells == 1)
        assert showing[place] == inside.sum()


def test_the_ends_of_the_scale_are_in_the_outer_bins() -> None:
    truth = np.array([0, 1, 0, 1], dtype=np.int8)
    said = np.array([0.0, 0.05, 1.0, 0.999])

    assert histogram(truth, said).tolist() == [[1, *[0] * 18, 1], [1, *[0] * 18, 1]]


def test_json_holds_none_for_an_empty_bin() -> None:
    made = calibrate(np.array([1], dtype=np.int8), np.array([0.95])).to_dict()

    told = json.loads(json.dumps(made))
    assert told["error"] == pytest.approx(0.05)
    assert told["bins"][0] == {
        "low": 0.0, "high": 0.1, "n": 0, "n_present": 0, "mean": None, "share": None, "interval": None
    }  # fmt: skip
