"""Drawing the sample collection and bringing it in as if somebody had."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from app.config import get_settings
from app.db import session_scope
from app.formats.labels_csv import write_lesson_csv
from app.i18n import gettext as _
from app.models import Import
from app.services import details, import_results, imports, uploads
from app.services.import_tables import TableOptions
from app.storage import get_storage
from worker.jobs.imports import bring_in
from worker.running import Progress
from worker.sample import SampleImage, draw_sample

COUNT = 160
# Two thirds come tagged: enough for a first model, with something left to tag.
TAGGED_SHARE = 2 / 3
QUALITY = 88
TABLE = "labels.csv"


@dataclass
class Drawn:
    """What was drawn: details and true labels of every image, recorded ones of some, and where these are wrong."""

    details: dict[str, dict[str, str]] = field(default_factory=dict)
    true_labels: dict[str, list[str]] = field(default_factory=dict)
    recorded: dict[str, list[str]] = field(default_factory=dict)
    planted_errors: dict[str, list[str]] = field(default_factory=dict)

    def add(self, drawn: SampleImage) -> None:
        """Write down an image; every one with a planted error comes tagged, and of the others as many as are due."""
        self.details[drawn.name] = drawn.details
        self.true_labels[drawn.name] = sorted(drawn.labels)
        if drawn.planted_errors:
            self.planted_errors[drawn.name] = sorted(drawn.planted_errors)
        if drawn.planted_errors or len(self.recorded) < TAGGED_SHARE * len(self.true_labels):
            self.recorded[drawn.name] = sorted(drawn.recorded_labels)


def work(progress: Progress) -> None:
    """Draw the collection and import it with the labels that are recorded."""
    storage = get_storage()
    with session_scope(writes=False) as session:
        import_id = imports.import_of_job(session, progress.job_id).id
    folder = uploads.work_folder(storage, import_id, "drawn")
    drawn = draw(progress, folder)
    uploads.keep_table(storage, import_id, "".join(write_lesson_csv(drawn.recorded.items())).encode())
    with session_scope() as session:
        session.get_one(Import, import_id).options = {
            "table": TableOptions(table=TABLE).as_json(),
            "sample": {"true_labels": drawn.true_labels, "planted_errors": drawn.planted_errors},
        }
    with ExitStack() as stack:
        source = uploads.open_path(folder, uploads.source_limits(get_settings()), stack)
        bring_in(progress, import_id, source)
    keep_details(import_id, drawn)


def keep_details(import_id: int, drawn: Drawn) -> None:
    """Keep with every image where it is said to come from, tagged or not."""
    with session_scope() as session:
        project_id = session.get_one(Import, import_id).project_id
        known = import_results.known_images(session, project_id).values()
        details.keep(session, [(image.image_id, drawn.details.get(image.name, {})) for image in known])


def draw(progress: Progress, folder: Path) -> Drawn:
    """Draw every image into a folder."""
    drawn = Drawn()
    for done, each in enumerate(draw_sample(count=COUNT), start=1):
        progress.check()
        each.image.save(folder / each.name, "JPEG", quality=QUALITY)
        drawn.add(each)
        progress(_("Drawing newspaper cuts"), done, COUNT)
    return drawn
