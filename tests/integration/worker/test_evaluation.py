"""Measuring a run on its validation images."""

import numpy as np
from sklearn.metrics import accuracy_score, recall_score

from app.domain.metrics import evaluate
from app.domain.statuses import Labelling
from app.domain.thresholds import F1, Objective, ObjectiveKind, tune
from worker.jobs.evaluation import measure

LABELS = [(7, "human"), (9, "animal"), (11, "landscape")]


def matrices(n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(3)
    truth = (chance.random((n, 3)) < [0.5, 0.06, 0.3]).astype(np.int8)
    truth[:5] = -1
    noise = chance.normal(0, 0.3, (n, 3))
    return truth, np.clip(np.where(truth == 1, 0.6, 0.3) + noise, 0, 1)


def test_the_figures_are_those_of_the_domain() -> None:
    truth, probabilities = matrices()
    measured = measure(truth, probabilities, LABELS, F1, seed=1)
    tuned = tune(truth, probabilities, F1, 1)
    assert [(each.label_id, each.value) for each in measured.chosen] == [
        (label_id, each.threshold) for (label_id, _name), each in zip(LABELS, tuned, strict=True)
    ]
    assert measured.evaluation["at_half"] == evaluate(truth, probabilities, 0.5).to_dict()
    honest = [label["f1"] for label in measured.evaluation["tuned"]["labels"]]
    assert honest == [each.cross_fitted.f1 for each in tuned]
    assert measured.evaluation["n_validation"] == 120


def test_the_objective_is_kept_with_the_figures() -> None:
    truth, probabilities = matrices()
    objective = Objective(ObjectiveKind.RECALL_AT_PRECISION, 0.8)
    measured = measure(truth, probabilities, LABELS, objective, seed=1)
    assert measured.evaluation["objective"] == {"kind": "recall_at_precision", "value": 0.8}
    assert set(measured.evaluation["outcomes"]) <= {"tuned", "floor_not_met"}


def test_what_the_figures_cannot_say_is_said_in_sentences() -> None:
    truth, probabilities = matrices()
    truth[:, 2] = 0
    notes = " ".join(measure(truth, probabilities, LABELS, F1, seed=1).notes)
    assert f"animal ({(truth[:, 1] == 1).sum()})" in notes
    assert "recall cannot be measured: landscape" in notes


def test_a_label_without_a_positive_keeps_one_half_and_is_not_called_tuned() -> None:
    truth, probabilities = matrices()
    truth[:, 2] = 0
    chosen = measure(truth, probabilities, LABELS, F1, seed=1).chosen[2]
    assert (chosen.value, chosen.tuned) == (0.5, False)


def test_without_validation_images_nothing_is_claimed() -> None:
    measured = measure(np.zeros((0, 3), dtype=np.int8), np.zeros((0, 3)), LABELS, F1, seed=1)
    assert measured.evaluation["tuned"]["macro"]["f1"] is None
    assert "nothing is known" in measured.notes[0]


def test_labels_that_exclude_each_other_are_measured_without_thresholds() -> None:
    chance = np.random.default_rng(5)
    true, probabilities = chance.integers(0, 3, 80), chance.dirichlet([1, 1, 1], 80)
    truth = np.eye(3, dtype=np.int8)[true]
    measured = measure(truth, probabilities, LABELS, F1, seed=1, labelling=Labelling.EXCLUSIVE)
    said = probabilities.argmax(axis=1)
    assert measured.chosen == ()
    assert measured.evaluation["accuracy"] == accuracy_score(true, said)
    recalls = [label["recall"] for label in measured.evaluation["tuned"]["labels"]]
    np.testing.assert_allclose(recalls, recall_score(true, said, average=None), rtol=0, atol=1e-12)
    none = measure(truth[:0], probabilities[:0], LABELS, F1, seed=1, labelling=Labelling.EXCLUSIVE)
    assert none.evaluation["accuracy"] is None
