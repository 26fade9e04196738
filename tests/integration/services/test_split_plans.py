"""Which split each image gets, asked of a real database and held to what a training does."""

import numpy as np
import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Split, SplitMethod, TruthValue
from app.models import Image, Project, Truth
from app.models.types import now
from app.services import labels, snapshots, split_plans
from app.services.split_choices import FOLDER, SplitChoice
from tests.factories import ImageFactory, LabelFactory, ProjectFactory

VALUES = (TruthValue.PRESENT, TruthValue.ABSENT, TruthValue.DISPUTED, None)


def choice(method: SplitMethod = SplitMethod.STRATIFIED, detail: str = "", seed: int = 42) -> SplitChoice:
    return SplitChoice(method, detail, 30, 10, seed)


@pytest.fixture
def project(session: Session) -> Project:
    """Sixty images of ten sources in six folders, some without an answer, excluded, in groups or with a split."""
    made: Project = ProjectFactory.create(session=session)
    rng = np.random.default_rng(8)
    known = [LabelFactory.create(session=session, project_id=made.id, position=place) for place in range(3)]
    for row in range(60):
        details = {"source": f"box {row % 10}", "split": str(rng.choice(["train", "val", "?"]))} if row % 7 else {}
        image = ImageFactory.create(
            session=session,
            project_id=made.id,
            name=f"reel {row % 6}/{row:03}.jpg" if row % 5 else f"{row:03}.jpg",
            details=details,
            group_key=f"near-{row // 2}" if row < 20 else None,
            split=Split.TRAIN if row in {0, 30, 31} else None,
            excluded_at=now() if row == 40 else None,
        )
        for label in known:
            value = VALUES[rng.integers(0, 4)] if row < 55 else None
            if value is not None:
                session.add(Truth(image_id=image.id, label_id=label.id, value=value))
    session.flush()
    return made


def both(session: Session, project: Project, wanted: SplitChoice) -> tuple[split_plans.Material, split_plans.Material]:
    seen = snapshots.collect(session, project.id)
    live = labels.live_labels(session, project.id)
    return split_plans.material_of(seen.images, seen.truth, wanted), split_plans.read(session, project.id, live, wanted)


CHOICES = [
    choice(),
    choice(SplitMethod.RANDOM),
    choice(SplitMethod.GROUPED, "source"),
    choice(SplitMethod.GROUPED, FOLDER),
    choice(SplitMethod.COLUMN, "split"),
    choice(SplitMethod.COLUMN, "nothing"),
]


@pytest.mark.parametrize("wanted", CHOICES, ids=lambda each: f"{each.method} {each.detail}")
def test_a_preview_divides_as_the_training_will(session: Session, project: Project, wanted: SplitChoice) -> None:
    trained, shown = both(session, project, wanted)
    assert shown.ids.tolist() == trained.ids.tolist()
    assert (shown.known == trained.known).all()
    assert ((shown.truth == 1) == (trained.truth == 1)).all()
    assert shown.values == trained.values
    for anew in (False, True):
        assert split_plans.divide(shown, wanted, anew=anew) == split_plans.divide(trained, wanted, anew=anew)


@pytest.mark.parametrize("wanted", CHOICES, ids=lambda each: f"{each.method} {each.detail}")
def test_a_given_split_stays_and_who_has_no_answer_gets_none(
    session: Session, project: Project, wanted: SplitChoice
) -> None:
    _trained, shown = both(session, project, wanted)
    given = split_plans.divide(shown, wanted)
    for old, new, known in zip(shown.splits, given, shown.known, strict=True):
        assert new is old if old is not None else (new is not None) == known


@pytest.mark.parametrize("wanted", CHOICES, ids=lambda each: f"{each.method} {each.detail}")
def test_no_group_straddles_when_all_are_divided_anew(session: Session, project: Project, wanted: SplitChoice) -> None:
    _trained, shown = both(session, project, wanted)
    given = split_plans.divide(shown, wanted, anew=True)
    for key in {each for each in shown.near_alike if each}:
        found = {split for split, each in zip(given, shown.near_alike, strict=True) if each == key and split}
        assert len(found) <= 1


def test_by_source_no_source_straddles_and_images_without_one_stand_alone(session: Session, project: Project) -> None:
    wanted = choice(SplitMethod.GROUPED, "source")
    _trained, shown = both(session, project, wanted)
    given = split_plans.divide(shown, wanted, anew=True)
    for source in {each for each in shown.values if each}:
        found = {split for split, each in zip(given, shown.values, strict=True) if each == source and split}
        assert len(found) <= 1
    groups = split_plans.groups_of(shown, wanted)
    images = [session.get_one(Image, image_id) for image_id in shown.ids.tolist()]
    assert split_plans.groups_among(images, wanted).tolist() == groups.tolist()
    lone = [
        row
        for row, (value, key) in enumerate(zip(shown.values, shown.near_alike, strict=True))
        if not value and not key
    ]
    assert lone
    assert all((groups == groups[row]).sum() == 1 for row in lone)


def test_a_column_is_followed_where_it_names_a_split(session: Session, project: Project) -> None:
    wanted = choice(SplitMethod.COLUMN, "split")
    _trained, shown = both(session, project, wanted)
    named = split_plans.named_splits(shown, wanted)
    assert {*named} == {Split.TRAIN, Split.VALIDATION, None}
    given = split_plans.divide(shown, wanted)
    free = [row for row in np.flatnonzero(shown.new) if named[row] and not shown.near_alike[row]]
    assert free
    assert [given[row] for row in free] == [named[row] for row in free]


def test_a_project_without_images_or_labels_has_nothing_to_divide(session: Session) -> None:
    empty: Project = ProjectFactory.create(session=session)
    shown = split_plans.read(session, empty.id, [], choice())
    assert (len(shown.ids), split_plans.divide(shown, choice())) == (0, [])
    ImageFactory.create(session=session, project_id=empty.id)
    shown = split_plans.read(session, empty.id, [], choice())
    assert split_plans.divide(shown, choice()) == [None]


def test_a_value_is_the_detail_or_the_folder(session: Session, project: Project) -> None:
    image = session.query(Image).filter_by(name="reel 1/001.jpg").one()
    assert split_plans.value_of(image, "source") == "box 1"
    assert split_plans.value_of(image, FOLDER) == "reel 1"
    assert split_plans.value_of(image, "photographer") is None
