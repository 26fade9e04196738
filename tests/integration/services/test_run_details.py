import csv
import io

import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import Split
from app.models.types import now
from app.services import run_details
from tests.run_factory import World, make_run, make_world


@pytest.fixture
def world(session: Session) -> World:
    return make_world(session, n=30, unknown=0.2, test_share=0.2)


def test_settings_stand_in_words_and_those_that_were_changed_come_first(session: Session, world: World) -> None:
    world.run.config = {"backbone": "resnet34"}
    told = run_details.details(session, world.run)
    assert told.settings[0].name == "backbone"
    assert told.settings[0].is_changed
    assert told.settings[0].value == "resnet34"
    assert not any(setting.is_changed for setting in told.settings[1:])


def test_what_the_run_knew_is_counted_by_split_and_label(session: Session, world: World) -> None:
    told = run_details.snapshot(session, world.run)
    known = [row for row in range(30) if (world.truth[row] >= 0).any()]
    assert told.n_images == len(known)
    assert told.n_without == 0
    for split in Split:
        rows = [row for row in known if world.splits[row] is split]
        assert told.splits[split] == len(rows)
        for column, each in enumerate(told.labels):
            cells = world.truth[rows, column]
            assert each.counts[split] == tuple(int((cells == value).sum()) for value in (1, 0, -1))


def test_the_computer_is_told_in_words(session: Session, world: World) -> None:
    noted = {"processor": "Some", "cores": 2, "memory_bytes": 24 << 30, "graphics": "", "precision": "bf16"}
    told = run_details.hardware_words(noted)
    assert told[:4] == [("Processor", "Some"), ("Cores", "2"), ("Memory", "24 GB"), ("Graphics card", "none")]
    assert run_details.hardware_words({}) == []


def test_a_run_that_went_on_from_another_names_it(session: Session, world: World) -> None:
    assert run_details.details(session, world.run).parent is None
    world.run.parent_id = world.run.id
    found = run_details.details(session, world.run).parent
    assert found is not None
    assert found.number == 1


def test_a_run_lists_those_that_went_on_from_it(session: Session, world: World) -> None:
    assert run_details.details(session, world.run).children == ()
    given = (session, world.project, world.labels, world.images, world.splits, world.truth, world.probabilities)
    for number in (2, 3):
        child = make_run(*given, number=number, account=world.lead, active=False)
        child.parent_id = world.run.id
    child.deleted_at = now()
    session.flush()
    assert run_details.details(session, world.run).children == (2,)


@pytest.mark.parametrize("batch", [7, 2000])
def test_the_snapshot_is_written_as_a_table(
    session: Session, world: World, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(run_details, "BATCH", batch)
    text = b"".join(run_details.stream(world.run.id)).decode("utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text, newline=""))
    assert head == ["file", "sha256", "split", *(f"label: {label.name}" for label in world.labels)]
    words = {1: "present", 0: "absent", -1: "unknown"}
    expected = [
        [image.name, image.sha256, split.value, *(words[int(cell)] for cell in cells)]
        for image, split, cells in zip(world.images, world.splits, world.truth, strict=True)
        if (cells >= 0).any()
    ]
    assert rows == expected
