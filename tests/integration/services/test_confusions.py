"""The tables of a run are those of independent sources, and every number opens as many places as it says."""

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.metrics import confusion_matrix, multilabel_confusion_matrix
from sqlalchemy.orm import Session

from app.domain.statuses import Split
from app.services import confusions, evidence, review_lists
from app.services.confusions import Confusions
from app.services.evidence import Basis
from app.services.list_queries import CellKind, ListKind, ListQuery
from tests.run_factory import World, answer, make_run, make_world


def of_one_label(session: Session, *, n: int = 60, unknown: float = 0.0) -> tuple[World, npt.NDArray[np.int8]]:
    """Make a world whose newest run knows images that show exactly one of three labels each."""
    world = make_world(session, n=n, n_labels=3)
    generator = np.random.default_rng(7)
    truth = np.eye(3, dtype=np.int8)[generator.integers(0, 3, n)]
    probabilities = np.clip(0.5 * truth + generator.random((n, 3)) / 2, 0, 1).astype(np.float32)
    truth[generator.random(truth.shape) < unknown] = -1
    answer(session, world.images, world.labels, truth, world.lead)
    given = (session, world.project, world.labels, world.images, world.splits, truth, probabilities)
    world.run = make_run(*given, number=2, active=False)
    world.probabilities = probabilities
    return world, truth


def number_of_places(session: Session, world: World, query: ListQuery) -> int:
    return len(review_lists.open_list(session, world.run, query))


def check_every_number(session: Session, world: World, made: Confusions) -> None:
    kinds = {
        "label_by_label": ListKind.CONFUSED,
        "shown": ListKind.SHOWN_TOGETHER,
        "predicted": ListKind.PREDICTED_TOGETHER,
        "one_label": ListKind.ONE_LABEL,
    }
    ids: list[int | None] = [label.id for label in made.labels] + [None]
    for name, counts in made.tables().items():
        for (row, column), count in np.ndenumerate(counts):
            query = ListQuery(kind=kinds[name], split=made.split, basis=made.basis, label=ids[row], added=ids[column])
            assert number_of_places(session, world, query) == count
    for row in made.by_label:
        cells = zip(CellKind, (row.found, row.wrongly_added, row.missed, row.rightly_left_out), strict=True)
        for cell, number in cells:
            query = ListQuery(ListKind.CELL, made.split, made.basis, row.label.id, cell=cell)
            assert number_of_places(session, world, query) == number
    for pair in made.confused:
        query = ListQuery(ListKind.INSTEAD, made.split, made.basis, ids[pair.label], added=ids[pair.added])
        assert number_of_places(session, world, query) == pair.count


@pytest.mark.parametrize("split", [Split.VALIDATION, Split.TRAIN])
@pytest.mark.parametrize("basis", list(Basis))
def test_every_number_opens_as_many_places_as_it_says(session: Session, split: Split, basis: Basis) -> None:
    world = make_world(session, n=120, n_labels=3, unknown=0.15, seed=5)
    made = confusions.reckon(session, world.run, split, basis)
    assert made.one_label is None
    assert made.confused
    check_every_number(session, world, made)


def test_every_number_opens_its_places_where_labels_exclude_each_other(session: Session) -> None:
    world, _truth = of_one_label(session, unknown=0.05)
    made = confusions.reckon(session, world.run)
    assert made.one_label is not None
    check_every_number(session, world, made)


def test_by_label_it_is_scikit_learns_table(session: Session) -> None:
    world = make_world(session)
    made = confusions.reckon(session, world.run)
    seen = evidence.load(session, world.run)
    expected = multilabel_confusion_matrix(seen.truth, seen.predictions).tolist()
    rows = made.by_label
    assert [[[r.rightly_left_out, r.wrongly_added], [r.missed, r.found]] for r in rows] == expected
    assert [(r.showing, r.lacking) for r in rows] == [(int(c.sum()), int((1 - c).sum())) for c in seen.truth.T]


@pytest.mark.parametrize("split", [Split.VALIDATION, Split.TRAIN])
def test_where_labels_exclude_each_other_it_is_the_ordinary_table(session: Session, split: Split) -> None:
    world, truth = of_one_label(session)
    rows = world.rows(split)
    expected = confusion_matrix(truth[rows].argmax(axis=1), world.probabilities[rows].argmax(axis=1))
    made = confusions.reckon(session, world.run, split)
    assert made.one_label is not None
    assert made.one_label.tolist() == expected.tolist()


def test_an_image_with_two_labels_in_another_split_ends_the_ordinary_table(session: Session) -> None:
    world, truth = of_one_label(session, n=30)
    truth[world.rows(Split.TRAIN)[0]] = 1
    given = (session, world.project, world.labels, world.images, world.splits, truth, world.probabilities)
    run = make_run(*given, number=3, active=False)
    assert confusions.reckon(session, run).one_label is None


def test_unknown_answers_are_told_and_count_nowhere(session: Session) -> None:
    world = make_world(session, unknown=0.3)
    made = confusions.reckon(session, world.run)
    seen = evidence.load(session, world.run)
    assert [row.unknown for row in made.by_label] == (seen.truth < 0).sum(axis=0).tolist()
    assert {row.showing + row.lacking + row.unknown for row in made.by_label} == {made.n_images}


def test_json_holds_counts_and_shares_and_null_where_there_is_nothing(session: Session) -> None:
    world = make_world(session, n=6)
    made = confusions.to_dict(world.run, confusions.reckon(session, world.run))
    table = made["tables"]["label_by_label"]
    assert table["rows"] == table["columns"] == [*(label.name for label in world.labels), None]
    for counts, shares in zip(table["counts"], table["row_shares"], strict=True):
        total = sum(counts)
        assert shares == [count / total if total else None for count in counts]
    assert (made["run"], made["split"], made["basis"]) == (1, "validation", "tuned")
    assert "one_label" not in made["tables"]
