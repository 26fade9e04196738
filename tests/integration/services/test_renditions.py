"""Finding the file that shows an image, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import JobKind, JobStatus
from app.errors import NotFoundError
from app.models import Image, Job
from app.services import renditions
from app.storage import get_storage, write_atomically
from tests.factories import ImageFactory, ProjectFactory


@pytest.fixture
def image(session: Session, sent: list[tuple[str, int]]) -> Image:
    project = ProjectFactory.create(session=session)
    made: Image = ImageFactory.create(session=session, project_id=project.id)
    session.commit()
    return made


def jobs_asked_for() -> list[Job]:
    with session_scope(writes=False) as session:
        return list(session.scalars(select(Job).where(Job.kind == JobKind.IMAGES)))


def test_a_version_that_is_there_is_served_and_nothing_asked_for(image: Image) -> None:
    path = get_storage().rendition(image.sha256, "thumbnail")
    write_atomically(path, [b"small"])
    served = renditions.find_rendition(get_storage(), image, "thumbnail")
    assert (served.path, served.media_type, served.is_substitute) == (path, "image/jpeg", False)
    assert jobs_asked_for() == []


def test_another_version_stands_in_for_a_lost_one_which_is_asked_for_once(image: Image) -> None:
    write_atomically(get_storage().rendition(image.sha256, "screen"), [b"large"])
    for _ in range(3):
        assert renditions.find_rendition(get_storage(), image, "thumbnail").is_substitute
    (job,) = jobs_asked_for()
    with session_scope() as session:
        session.get_one(Job, job.id).status = JobStatus.SUCCEEDED
    renditions.find_rendition(get_storage(), image, "thumbnail")
    assert len(jobs_asked_for()) == 1


def test_the_original_stands_in_where_a_browser_shows_it(image: Image) -> None:
    write_atomically(get_storage().original(image.sha256), [b"bytes"])
    served = renditions.find_rendition(get_storage(), image, "screen")
    assert served.is_substitute
    assert served.path.read_bytes() == b"bytes"


def test_a_tiff_never_stands_in(image: Image) -> None:
    write_atomically(get_storage().original(image.sha256), [b"bytes"])
    image.format = "TIFF"
    with pytest.raises(NotFoundError, match="being made"):
        renditions.find_rendition(get_storage(), image, "screen")
    assert renditions.find_original(get_storage(), image).media_type == "image/tiff"


def test_a_lost_file_is_told_by_name(loupe: Path, image: Image) -> None:
    with pytest.raises(NotFoundError, match=image.name):
        renditions.find_original(get_storage(), image)
