import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Labelling, Split
from app.errors import InvalidInputError
from app.formats.model_card import model_card
from app.services import evaluations, model_cards
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=60)


def test_the_card_tells_what_the_report_tells(session: Session, world: World) -> None:
    card, report = model_cards.card_of(session, world.run), evaluations.report(session, world.run)
    assert card.macro_f1 == report.evaluation.macro.f1
    assert card.mean_average_precision == report.evaluation.mean_average_precision
    for told, row in zip(card.labels, report.labels, strict=True):
        assert told.validation == row.metrics.support
        assert told.threshold == row.threshold
        assert told.recall is not None
        assert told.recall == (row.metrics.recall, *row.metrics.recall_interval)
    present = (world.truth[world.rows(Split.TRAIN)] == 1).sum(axis=0).tolist()
    assert [told.training for told in card.labels] == present
    assert card.n_images == 60


def test_people_are_counted_and_not_named(session: Session, world: World) -> None:
    world.annotator.name = "Aurelia Unmistakable"
    session.flush()
    card = model_cards.card_of(session, world.run)
    assert card.annotators == 1
    assert "Aurelia" not in model_card(card)


def test_sources_and_dates_are_told_as_far_as_known(session: Session, world: World) -> None:
    assert model_cards.card_of(session, world.run).dates is None
    for number, image in enumerate(world.images):
        image.details = {"date": str(1930 + number % 10), "newspaper": "The Herald" if number % 2 else "The Star"}
    session.flush()
    card = model_cards.card_of(session, world.run)
    assert card.dates == ("1930", "1939")
    assert sorted(card.sources) == [("The Herald", 30), ("The Star", 30)]


def test_names_are_no_markdown(session: Session, world: World) -> None:
    world.project.name = "# [Box](javascript:alert(1)) | *3*"
    session.flush()
    text = model_card(model_cards.card_of(session, world.run))
    assert text.startswith("# \\# \\[Box\\](javascript:alert(1)) \\| \\*3\\*, run 1")


def test_labels_that_exclude_each_other_have_no_thresholds(session: Session, world: World) -> None:
    world.run.labelling = Labelling.EXCLUSIVE
    session.flush()
    text = model_card(model_cards.card_of(session, world.run))
    assert "Exactly one label applies" in text
    assert "tuned for" not in text


def test_labels_seen_on_one_side_only_are_told(session: Session, world: World) -> None:
    card = model_cards.card_of(session, make_world(session, n=12, n_labels=2, seed=3).run)
    assert card.rare
    assert "fewer than ten validation images" in model_card(card)


def test_a_paragraph_is_bounded(session: Session, world: World) -> None:
    model_cards.remark_on(world.run, "  Kept for the paper. \n")
    assert world.run.remark == "Kept for the paper."
    with pytest.raises(InvalidInputError):
        model_cards.remark_on(world.run, "x" * (model_cards.REMARK_MOST + 1))
