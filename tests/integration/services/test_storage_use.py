import pytest
from sqlalchemy.orm import Session

from app.domain.statuses import JobKind
from app.errors import ConflictError
from app.models import Job
from app.services import run_deletion, storage_use
from app.services.file_sizes import Kind
from app.storage import get_storage, write_atomically
from tests.factories import ProjectFactory
from tests.run_factory import World, make_world


@pytest.fixture
def world(session: Session, sent: list[tuple[str, int]]) -> World:
    made, storage = make_world(session, n=12), get_storage()
    for image in made.images:
        write_atomically(storage.rendition(image.sha256, "screen"), [b"x" * 70])
        write_atomically(storage.rendition(image.sha256, "thumbnail"), [b"x" * 30])
    write_atomically(storage.checkpoints / str(made.run.id) / "weights.safetensors", [b"x" * 50])
    write_atomically(storage.activation_map(made.run.id, 1, 1), [b"x" * 7])
    write_atomically(storage.model_files(made.run.id) / "onnx-1.zip", [b"x" * 9])
    write_atomically(storage.unfinished(made.run.id) / "state.pt", [b"x" * 3])
    write_atomically(storage.embeddings / "some" / "one.npz", [b"x" * 11])
    return made


def test_each_part_is_counted(session: Session, world: World) -> None:
    found = storage_use.use(session, get_storage(), world.project)
    assert (found.originals, found.renditions, found.tiles, found.embeddings) == (12_000, 1200, 0, 11)
    assert not found.estimated
    assert found.of_runs == {Kind.CHECKPOINT: 50, Kind.MAPS: 7, Kind.FILES: 9, Kind.UNFINISHED: 3}
    assert [each.total for each in found.runs] == [69]


def test_many_images_are_reckoned_from_some(session: Session, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_use, "SAMPLE", 4)
    found = storage_use.use(session, get_storage(), world.project)
    assert found.estimated
    assert found.renditions == 1200


def test_an_empty_project_takes_nothing(session: Session) -> None:
    found = storage_use.use(session, get_storage(), ProjectFactory.create(session=session))
    assert (found.originals, found.renditions, found.runs) == (0, 0, ())


@pytest.mark.parametrize(("kind", "freed"), [(Kind.MAPS, 7), (Kind.FILES, 9)])
def test_what_can_be_made_again_is_freed_and_nothing_else(
    session: Session, world: World, kind: Kind, freed: int
) -> None:
    assert storage_use.free(session, get_storage(), world.project, kind) == freed
    left = storage_use.use(session, get_storage(), world.project).of_runs
    assert left[kind] == 0
    assert sum(left.values()) == 69 - freed


def test_nothing_is_taken_from_under_a_worker(session: Session, world: World) -> None:
    session.add(Job(project_id=world.project.id, kind=JobKind.ACTIVATION))
    session.flush()
    with pytest.raises(ConflictError):
        storage_use.free(session, get_storage(), world.project, Kind.MAPS)


def test_a_deleted_run_takes_no_room(session: Session, world: World) -> None:
    run_deletion.delete_run(session, world.run)
    run_deletion.free(get_storage(), world.run.id)
    assert storage_use.use(session, get_storage(), world.project).runs == ()
