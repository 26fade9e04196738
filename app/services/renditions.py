"""The small versions of images: finding the file to show, and having lost ones made anew."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import session_scope
from app.domain.statuses import OPEN_JOB_STATUSES, JobKind
from app.errors import NotFoundError
from app.i18n import gettext as _
from app.models import Image, Job
from app.models.types import now
from app.services import jobs
from app.storage import Rendition, Storage

MEDIA_TYPE = "image/jpeg"
ORIGINAL_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "JPEG2000": "image/jp2",
    "AVIF": "image/avif",
    "PPM": "image/x-portable-anymap",
}
# What every browser shows, and how much of it may stand in for a lost version before the page gets slow.
SHOWN_BY_BROWSERS = frozenset({"JPEG", "PNG", "WEBP", "GIF"})
SUBSTITUTE_BYTES = 20_000_000
# What could not be made a moment ago cannot be made now either.
ASK_AGAIN_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Served:
    """The file that shows an image; a substitute is not to be kept by browsers."""

    path: Path
    media_type: str
    is_substitute: bool = False


def find_rendition(storage: Storage, image: Image, kind: Rendition) -> Served:
    """Find the file of a rendition; a lost one is made anew in the background while another version stands in."""
    path = storage.rendition(image.sha256, kind)
    if path.is_file():
        return Served(path, MEDIA_TYPE)
    ask_for_renditions(image.project_id)
    other = storage.rendition(image.sha256, "screen" if kind == "thumbnail" else "thumbnail")
    if other.is_file():
        return Served(other, MEDIA_TYPE, is_substitute=True)
    if image.format in SHOWN_BY_BROWSERS and image.size_bytes <= SUBSTITUTE_BYTES:
        original = find_original(storage, image)
        return Served(original.path, original.media_type, is_substitute=True)
    raise NotFoundError(_("This version of the image is being made. Please look again in a moment."))


def find_original(storage: Storage, image: Image) -> Served:
    """Find the untouched file of an image."""
    path = storage.original(image.sha256)
    if not path.is_file():
        raise NotFoundError(
            _("The file of this image is missing from the data folder. Import “%(name)s” again to bring it back.")
            % {"name": image.name}
        )
    return Served(path, ORIGINAL_MEDIA_TYPES.get(image.format, "application/octet-stream"))


def ask_for_renditions(project_id: int) -> None:
    """Have a project's lost renditions made anew, in a transaction of its own: who looks at a page only reads."""
    with session_scope() as session:
        query = select(Job.id).where(Job.project_id == project_id, Job.kind == JobKind.IMAGES)
        recent = Job.status.in_(OPEN_JOB_STATUSES) | (Job.created_at > now() - ASK_AGAIN_AFTER)
        if session.scalar(query.where(recent).limit(1)) is None:
            jobs.create_job(session, JobKind.IMAGES, project_id=project_id)


def originals_of(session: Session, project_id: int) -> list[tuple[str, str]]:
    """List the hash and name of every image of a project."""
    query = select(Image.sha256, Image.name).where(Image.project_id == project_id).order_by(Image.id)
    return [(row[0], row[1]) for row in session.execute(query)]
