import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Answer, Role, Suggestions, TruthValue
from app.models import Account, Prediction
from app.models.types import now
from app.services import bulk_answers, desk_settings, light_tables, thresholds
from app.services.images import ImageFilter, LabelState
from app.services.light_tables import Instead, Laid, TableOrder, Wanted
from tests.factories import AccountFactory, ImageFactory, LabelFactory
from tests.run_factory import World, make_world
from tests.vectors import keep_vectors

EVERYTHING = ImageFilter()


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=30, unknown=0.4)


def lay(session: Session, world: World, *, account: Account | None = None, open_: bool = True, **more: object) -> Laid:
    wanted = Wanted(**({"filter": EVERYTHING} | more))  # type: ignore[arg-type]
    return light_tables.lay_out(session, world.project, account or world.lead, wanted, open_=open_)


def ids_of(world: World) -> list[int]:
    return [image.id for image in world.images]


def test_all_images_lie_in_the_order_in_which_they_came_or_by_name(session: Session, world: World) -> None:
    world.images[0].name = "zebra.jpg"
    world.images[3].excluded_at = now()
    session.flush()
    there = [image_id for image_id in ids_of(world) if image_id != world.images[3].id]
    assert lay(session, world).ids.tolist() == there
    assert lay(session, world, order=TableOrder.NAME).ids.tolist() == [*there[1:], there[0]]


def test_a_filter_stands_in_front(session: Session, world: World) -> None:
    wanted = ImageFilter(label_id=world.labels[1].id, label_state=LabelState.UNKNOWN)
    unknown = np.array(ids_of(world))[world.truth[:, 1] < 0]
    assert lay(session, world, filter=wanted).ids.tolist() == unknown.tolist()


@pytest.mark.parametrize("order", [TableOrder.LIKELY, TableOrder.UNLIKELY, TableOrder.UNCERTAIN])
def test_the_models_probability_of_one_label_orders(session: Session, world: World, order: TableOrder) -> None:
    later = ImageFactory.create(session=session, project_id=world.project.id)
    said = dict(zip(ids_of(world), world.probabilities[:, 2].tolist(), strict=True))
    limit = thresholds.limits_of(session, world.run.id)[world.labels[2].id]
    keys = {
        TableOrder.LIKELY: lambda each: -said[each],
        TableOrder.UNLIKELY: lambda each: said[each],
        TableOrder.UNCERTAIN: lambda each: abs(said[each] - limit),
    }
    laid = lay(session, world, order=order, label_id=world.labels[2].id)
    # Of an image that came later the model has said nothing: it lies at the end.
    assert laid.ids.tolist() == [*sorted(said, key=keys[order]), later.id]
    assert laid.instead is None


def test_without_a_model_that_knows_the_label_it_is_said(session: Session, world: World) -> None:
    late = LabelFactory.create(session=session, project_id=world.project.id, key="")
    laid = lay(session, world, order=TableOrder.LIKELY, label_id=late.id)
    assert (laid.ids.tolist(), laid.instead) == (ids_of(world), Instead.NO_MODEL)
    world.run.is_active = False
    session.flush()
    assert lay(session, world, order=TableOrder.LIKELY, label_id=world.labels[0].id).instead is Instead.NO_MODEL


def test_the_models_limit_is_told_where_a_run_knows_the_label(session: Session, world: World) -> None:
    known = thresholds.limits_of(session, world.run.id)
    assert light_tables.limit(session, world.project, world.labels[1].id) == known[world.labels[1].id]
    assert light_tables.limit(session, world.project, None) is None
    late = LabelFactory.create(session=session, project_id=world.project.id, key="")
    assert light_tables.limit(session, world.project, late.id) is None
    world.run.is_active = False
    session.flush()
    assert light_tables.limit(session, world.project, world.labels[1].id) is None


def test_the_most_alike_come_first_and_those_without_a_vector_last(session: Session, world: World) -> None:
    ids = ids_of(world)
    like = ids[4]
    assert lay(session, world, order=TableOrder.ALIKE, like=like).instead is Instead.NO_VECTORS
    angles = np.linspace(0, 2, 29)
    keep_vectors(world.project, ids[:29], np.stack([np.cos(angles), np.sin(angles)], axis=1))
    laid = lay(session, world, order=TableOrder.ALIKE, like=like)
    assert laid.instead is None
    assert laid.ids[0] == like
    assert set(laid.ids[:3].tolist()) == set(ids[3:6])
    assert laid.ids[-1] == ids[29]
    assert lay(session, world, order=TableOrder.ALIKE, like=ids[29]).instead is Instead.NO_VECTORS


def test_near_duplicates_lie_together_if_wished(session: Session, world: World) -> None:
    for row in (2, 9, 20):
        world.images[row].group_key = "near-1"
    session.flush()
    ids = ids_of(world)
    together = lay(session, world).ids.tolist()
    assert together[:6] == [ids[0], ids[1], ids[2], ids[9], ids[20], ids[3]]
    assert sorted(together) == ids
    assert lay(session, world, together=False).ids.tolist() == ids


def test_a_label_is_asked_where_nothing_is_known_and_the_person_has_not_answered(
    session: Session, world: World
) -> None:
    label = world.labels[0]
    unknown = [image.id for image, cell in zip(world.images, world.truth[:, 0], strict=True) if cell < 0]
    assert lay(session, world, ask=True, label_id=label.id).ids.tolist() == unknown
    # Unsure answers settle nothing, but this person is not asked again; somebody else is.
    bulk_answers.give(
        session,
        project=world.project,
        account=world.lead,
        label_id=label.id,
        version=1,
        answers={unknown[0]: Answer.UNSURE},
        batch_key="one",
    )
    assert lay(session, world, ask=True, label_id=label.id).ids.tolist() == unknown[1:]
    assert lay(session, world, ask=True, label_id=label.id, account=world.reviewer).ids.tolist() == unknown


def test_who_must_not_see_the_others_is_asked_whatever_they_answered(session: Session, world: World) -> None:
    stranger = AccountFactory.create(session=session)
    laid = lay(session, world, ask=True, label_id=world.labels[0].id, account=stranger, open_=False)
    assert laid.ids.tolist() == ids_of(world)


def test_annotators_see_others_unless_several_opinions_are_asked_blind(session: Session, world: World) -> None:
    assert light_tables.sees_others(session, world.project, Role.ANNOTATOR)
    desk_settings.change(session, world.project, {"opinions": 2})
    assert not light_tables.sees_others(session, world.project, Role.ANNOTATOR)
    assert light_tables.sees_others(session, world.project, Role.REVIEWER)
    desk_settings.change(session, world.project, {"blind": False})
    assert light_tables.sees_others(session, world.project, Role.ANNOTATOR)


def test_annotators_hear_the_model_only_where_it_does_not_keep_quiet(session: Session, world: World) -> None:
    heard = {}
    for mode in Suggestions:
        desk_settings.change(session, world.project, {"suggestions": mode})
        heard[mode] = light_tables.hears_model(session, world.project, Role.ANNOTATOR)
        assert light_tables.hears_model(session, world.project, Role.REVIEWER)
    assert [mode.value for mode, each in heard.items() if each] == ["shown", "preselected"]


def test_of_what_is_seen_the_truth_the_own_answers_and_the_models_word_are_told(session: Session, world: World) -> None:
    ids, label = ids_of(world), world.labels[3]
    seen = light_tables.see(session, world.project, world.annotator, [ids[5], 10**6, ids[1]], label.id)
    assert [one.image.id for one in seen] == [ids[5], ids[1]]
    for one, row in zip(seen, (5, 1), strict=True):
        cells = dict(zip((each.id for each in world.labels), world.truth[row].tolist(), strict=True))
        known = {key: TruthValue.PRESENT if cell else TruthValue.ABSENT for key, cell in cells.items() if cell >= 0}
        assert one.truth == known
        assert {key: value.value for key, value in one.own.items()} == {key: each.value for key, each in known.items()}
        assert one.probability == pytest.approx(float(world.probabilities[row, 3]), abs=1e-6)
    assert light_tables.see(session, world.project, world.lead, [ids[0]], None)[0].probability is None
    session.delete(session.get_one(Prediction, (world.run.id, ids[0])))
    session.flush()
    assert light_tables.see(session, world.project, world.lead, [ids[0]], label.id)[0].probability is None


def test_progress_counts_what_is_known_of_a_label(session: Session, world: World) -> None:
    column = world.truth[:, 2]
    world.images[int(np.flatnonzero(column == 1)[0])].excluded_at = now()
    session.flush()
    told = light_tables.progress(session, world.project, world.labels[2].id)
    assert (told.total, told.known, told.present) == (29, int((column >= 0).sum()) - 1, int((column == 1).sum()) - 1)
