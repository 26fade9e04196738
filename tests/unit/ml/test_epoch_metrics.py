import numpy as np
import pytest
from sklearn import metrics as peer

from app.domain.statuses import Labelling
from worker.ml.epoch_metrics import METRICS, measure


def drawn(rows: int = 40, labels: int = 4) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    truth = (rng.random((rows, labels)) < 0.35).astype(np.int8)
    return truth, rng.random((rows, labels)).astype(np.float32)


def test_every_figure_is_scikit_learns() -> None:
    truth, given = drawn()
    said = (given >= 0.5).astype(int)
    loss, figures = measure(truth, given)
    assert list(figures) == list(METRICS[:-1])
    expected = {
        "macro_f1": peer.f1_score(truth, said, average="macro", zero_division=0),
        "micro_f1": peer.f1_score(truth, said, average="micro", zero_division=0),
        "samples_f1": peer.f1_score(truth, said, average="samples", zero_division=0),
        "f_beta": peer.fbeta_score(truth, said, beta=2, average="macro", zero_division=0),
        "precision": peer.precision_score(truth, said, average="macro", zero_division=0),
        "recall": peer.recall_score(truth, said, average="macro", zero_division=0),
        "mean_average_precision": peer.average_precision_score(truth, given, average="macro"),
        "accuracy_multi": (truth == said).mean(),
        "hamming_loss": peer.hamming_loss(truth, said),
    }
    for name, figure in expected.items():
        assert figures[name] == pytest.approx(figure), name
    assert loss == pytest.approx(peer.log_loss(truth.ravel(), given.ravel().astype(float)))


def test_unknown_cells_count_for_nothing() -> None:
    truth, given = drawn()
    truth[::3, 1] = -1
    _loss, figures = measure(truth, given)
    known = truth >= 0
    assert figures["accuracy_multi"] == pytest.approx(((given >= 0.5) == (truth == 1))[known].mean())
    each = [peer.f1_score(truth[known[:, k], k], given[known[:, k], k] >= 0.5) for k in range(truth.shape[1])]
    assert figures["macro_f1"] == pytest.approx(np.mean(each))


def test_where_nothing_is_known_no_figure_is_made_up() -> None:
    truth, given = drawn(3)
    loss, figures = measure(np.full_like(truth, -1), given)
    assert loss is None
    assert set(figures.values()) == {None}
    loss, figures = measure(np.zeros_like(truth), given, Labelling.EXCLUSIVE)
    assert loss is None
    assert set(figures.values()) == {None}


def test_of_labels_that_exclude_each_other_the_most_probable_is_predicted() -> None:
    rng = np.random.default_rng(5)
    only = rng.integers(0, 3, 30)
    truth = np.eye(3, dtype=np.int8)[only]
    given = rng.dirichlet(np.ones(3), 30).astype(np.float32)
    # An image of which only the present label is known counts as any other; one without a label does not.
    truth[0, (only[0] + 1) % 3] = -1
    loss, figures = measure(np.vstack([truth, [[0, 0, 0]]]), np.vstack([given, given[:1]]), Labelling.EXCLUSIVE)
    said = given.argmax(axis=1)
    assert figures["accuracy"] == pytest.approx(peer.accuracy_score(only, said))
    assert figures["macro_f1"] == pytest.approx(peer.f1_score(only, said, average="macro"))
    exact = given.astype(float) / given.astype(float).sum(axis=1, keepdims=True)
    assert loss == pytest.approx(peer.log_loss(only, exact), rel=1e-5)
