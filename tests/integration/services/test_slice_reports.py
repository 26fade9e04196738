from math import isnan

import numpy as np
import pytest
from scipy.stats import fisher_exact
from sklearn.metrics import precision_recall_fscore_support
from sqlalchemy.orm import Session
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from app.domain.slice_comparison import Figure, Gap, Measure
from app.domain.statuses import Split
from app.errors import NotFoundError
from app.models import Image, Prediction, SnapshotItem
from app.services import evidence, review_lists, slice_reports, slices
from app.services.evidence import Basis
from app.services.list_queries import ListQuery
from app.services.slice_reports import SliceReport
from tests.run_factory import World, make_world

KEY = "detail.paper"


def sliced_world(session: Session, *, n: int = 240, unknown: float = 0.1, worse: str = "Star") -> World:
    """Make a finished run over images of three papers, of which one is judged badly, and some without a paper."""
    world = make_world(session, n=n, seed=3, unknown=unknown)
    papers = ["Star", "Courier", "Beacon", ""]
    for row, image in enumerate(world.images):
        paper = papers[(row // 3) % 4]
        image.details = {"paper": paper} if paper else {}
    session.flush()
    ids = {image.id for image in world.images if image.details.get("paper") == worse}
    _spoil(session, world, ids)
    return world


def _spoil(session: Session, world: World, ids: set[int]) -> None:
    """Turn what the run says of the first label around for some images."""
    for prediction in session.query(Prediction).filter_by(run_id=world.run.id):
        if prediction.image_id in ids:
            row = np.frombuffer(prediction.probabilities, dtype="<f4").copy()
            row[0] = 1 - row[0]
            prediction.probabilities = row.tobytes()
    session.flush()


def report(session: Session, world: World, key: str = KEY) -> SliceReport:
    return slice_reports.slice_report(session, world.run, Split.VALIDATION, Basis.HALF, key)


def test_every_figure_is_that_of_the_slice_by_itself(session: Session) -> None:
    world = sliced_world(session)
    seen = evidence.load(session, world.run, basis=Basis.HALF)
    papers = {image.id: image.details.get("paper", "") for image in session.query(Image)}
    made = report(session, world)
    assert [row.value.name for row in made.rows][-1] == "not given"
    for row in made.rows:
        rows = [papers[i] == row.value.address.partition(":")[2] for i in seen.image_ids.tolist()]
        assert row.value.count == sum(rows)
        for column, cell in enumerate(row.cells):
            known = np.array(rows) & (seen.truth[:, column] >= 0)
            truth, predicted = seen.truth[known, column], seen.predictions[known, column]
            theirs = precision_recall_fscore_support(truth, predicted, average="binary", zero_division=0)
            figures = cell.figures
            ours = [figures[each].value for each in (Measure.PRECISION, Measure.RECALL, Measure.F1)]
            assert ours == pytest.approx(theirs[:3], abs=1e-12)
            assert (cell.support, cell.n_known) == (truth.sum(), len(truth))
            for measure in (Measure.PRECISION, Measure.RECALL):
                each = figures[measure]
                assert each.interval == pytest.approx(
                    proportion_confint(each.successes, each.trials, method="wilson"), abs=1e-9
                )


def exact_p(figure: Figure) -> float:
    here = [figure.successes, figure.trials - figure.successes]
    return float(fisher_exact([here, [figure.rest_successes, figure.rest_trials - figure.rest_successes]]).pvalue)


def test_probabilities_are_exact_ones_raised_for_all_comparisons(session: Session) -> None:
    made = report(session, sliced_world(session))
    figures = [figure for row in made.rows for cell in row.cells for figure in cell.figures.values()]
    compared = [figure for figure in figures if figure.is_compared]
    exact = [
        fisher_exact(
            [[f.successes, f.trials - f.successes], [f.rest_successes, f.rest_trials - f.rest_successes]]
        ).pvalue
        for f in compared
    ]
    assert made.n_compared == len(compared) == len(figures)
    rejected, raised = multipletests(exact, method="fdr_bh")[:2]
    assert [f.p for f in compared] == pytest.approx(raised.tolist(), rel=1e-9)
    assert [f.is_gap for f in compared] == rejected.tolist()


def test_a_slice_that_is_judged_badly_is_named_first(session: Session) -> None:
    world = sliced_world(session)
    made = report(session, world)
    first = made.findings[0]
    assert (first.row.value.name, first.label.id, first.figure.gap) == ("Star", world.labels[0].id, Gap.LOWER)
    assert {each.label.id for each in made.findings} == {world.labels[0].id}
    assert first.figure.p == min(each.figure.p for each in made.findings)
    assert first.measure is not Measure.F1


def test_the_rest_is_what_is_outside_the_slice(session: Session) -> None:
    made = report(session, sliced_world(session))
    assert made.whole is not None
    for column, whole in enumerate(made.whole.cells):
        assert sum(row.cells[column].support for row in made.rows) == whole.support
        assert all(figure.gap is Gap.NOTHING for figure in whole.figures.values())
        for row in made.rows:
            for measure, figure in row.cells[column].figures.items():
                assert figure.trials + figure.rest_trials == whole.figures[measure].trials
                assert figure.successes + figure.rest_successes == whole.figures[measure].successes


def test_a_slice_of_two_images_is_said_to_be_too_small(session: Session) -> None:
    world = make_world(session, n=90)
    validation = world.rows(Split.VALIDATION)
    for row in validation[:2]:
        world.images[row].details = {"paper": "Tiny"}
    session.flush()
    made = report(session, world)
    tiny = next(row for row in made.rows if row.value.name == "Tiny")
    assert tiny.is_small
    gaps = {figure.gap for cell in tiny.cells for figure in cell.figures.values()}
    assert gaps <= {Gap.TOO_FEW, Gap.NOTHING, Gap.ALIKE}
    assert Gap.TOO_FEW in gaps
    assert not made.findings


def test_labels_that_nobody_shows_or_everybody_does_leave_no_gaps(session: Session) -> None:
    world = make_world(session, n=60)
    for number, image in enumerate(world.images):
        image.details = {"paper": "Star" if number % 2 else "Courier"}
    for item in session.query(SnapshotItem).filter_by(run_id=world.run.id):
        item.truth = np.array([0, 1, -1, 0], dtype=np.int8).tobytes()
    session.flush()
    made = report(session, world)
    for row in made.rows:
        assert isnan(row.cells[0].figures[Measure.RECALL].value)
        assert row.cells[0].figures[Measure.RECALL].gap is Gap.NOTHING
        assert row.cells[1].figures[Measure.PRECISION].gap in {Gap.TOO_FEW, Gap.ALIKE, Gap.NOTHING}
        assert row.cells[2].n_known == 0
        assert all(figure.gap is Gap.NOTHING for figure in row.cells[2].figures.values())


def test_without_a_choice_the_first_dimension_is_taken_and_an_unknown_one_is_refused(session: Session) -> None:
    world = sliced_world(session)
    made = report(session, world, "")
    assert made.dimension is not None
    assert made.dimension.key == slices.dimensions(session, world.project.id)[0].key
    with pytest.raises(NotFoundError):
        report(session, world, "detail.gone")


def test_where_nothing_tells_images_apart_there_are_no_rows(session: Session) -> None:
    world = make_world(session, n=12)
    made = slice_reports.slice_report(session, world.run, Split.TEST, Basis.HALF)
    assert (made.n_images, made.rows, made.whole, made.n_compared) == (0, (), None, 0)
    assert slice_reports.to_dict(world.run, made)["slices"] == []


def test_the_files_hold_what_the_page_shows(session: Session) -> None:
    world = sliced_world(session)
    made = report(session, world)
    told = slice_reports.to_dict(world.run, made)
    assert (told["dimension"], told["n_compared"], len(told["slices"])) == (KEY, made.n_compared, len(made.rows) + 1)
    for row, each in zip(made.rows, told["slices"][1:], strict=True):
        assert (each["slice"], each["n_images"]) == (row.value.address, row.value.count)
        for cell, label in zip(row.cells, each["labels"], strict=True):
            figure = cell.figures[Measure.RECALL]
            assert (label["support"], label["recall"]["value"]) == (cell.support, figure.value)
            counts = (figure.successes, figure.trials, figure.rest_successes, figure.rest_trials)
            apart = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
            assert label["recall"]["share_difference_interval"] == pytest.approx(list(apart), abs=1e-9)


def test_every_count_of_wrong_images_is_the_length_of_its_list(session: Session) -> None:
    world = sliced_world(session, n=90)
    made = report(session, world)
    for row in made.rows:
        for label, cell in zip(made.labels, row.cells, strict=True):
            query = ListQuery(basis=Basis.HALF, label=label.id, slice=row.value.address)
            assert len(review_lists.open_list(session, world.run, query)) == cell.n_errors
