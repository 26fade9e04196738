"""Making a file of a run's model for another program, once somebody asks for it."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from app.db import session_scope
from app.disk_room import make_room
from app.domain.statuses import Split
from app.errors import ConflictError
from app.formats.model_readme import ModelFacts, fastai_readme, onnx_readme
from app.formats.stored_zip import Part, stored_zip
from app.i18n import gettext as _
from app.models import Image, Job, Run
from app.services import model_files, snapshots
from app.services.model_files import FileForm
from app.services.thresholds import threshold_values
from app.storage import get_storage, write_atomically
from worker.jobs.pixels import items_of
from worker.ml import exporting
from worker.ml.checkpoint import MANIFEST
from worker.ml.dataset import Item
from worker.ml.files import full_disk_explained
from worker.running import Progress

# Photographs on which a file is compared with the model, beside noise: more would tell no more and take longer.
_COMPARED = 6
_SCRIPT = Path(__file__).parents[1] / "ml" / "portable_onnx.py"


def work(progress: Progress) -> None:
    """Make the file that the job names, and keep it only if it says what the model says."""
    storage = get_storage()
    with session_scope(writes=False) as session:
        job = session.get_one(Job, progress.job_id)
        run, form = session.get_one(Run, job.params["run_id"]), FileForm(job.params["form"])
        if not run.checkpoint:
            raise ConflictError(_("Run %(number)s has no checkpoint to use.") % {"number": run.number})
        checkpoint = storage.checkpoints / run.checkpoint
        manifest: dict[str, Any] = json.loads((checkpoint / MANIFEST).read_text(encoding="utf-8"))
        facts, target = model_files.facts(session, run, manifest), model_files.path_of(session, storage, run, form)
        thresholds = threshold_values(session, run)
        known = snapshots.truth_matrix(session, run)
        validation = known.of(Split.VALIDATION).image_ids.tolist() or known.image_ids.tolist()
        images = [image for image_id in validation[:_COMPARED] if (image := session.get(Image, image_id)) is not None]
    items = items_of(images, storage, progress) if form is FileForm.ONNX else []
    progress.check()
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".tmp-", dir=target.parent) as scratch, full_disk_explained():
        made = Making(checkpoint, storage.backbones, facts, thresholds, Path(scratch), progress)
        parts = made.onnx(items) if form is FileForm.ONNX else made.fastai()
        progress.check()
        write_atomically(target, stored_zip(parts))
    for older in target.parent.glob(f"{form.value}-*.zip"):
        if older != target:
            older.unlink(missing_ok=True)
    make_room(model_files.made(storage), model_files.MOST_BYTES, keep=target)


class Making:
    """Make one file."""

    def __init__(
        self,
        checkpoint: Path,
        backbones: Path,
        facts: ModelFacts,
        thresholds: list[float],
        scratch: Path,
        progress: Progress,
    ) -> None:
        self.checkpoint, self.backbones, self.facts = checkpoint, backbones, facts
        self.thresholds, self.scratch, self.progress = thresholds, scratch, progress

    def onnx(self, items: list[Item]) -> list[Part]:
        """Make the ONNX file and compare it with the model."""
        self.progress(_("Writing the model as ONNX and comparing what both say"), 0, 0)
        path = self.scratch / "model.onnx"
        differs = exporting.write_onnx(self.checkpoint, self.backbones, items, self.thresholds, path)
        readme = onnx_readme(self.facts, differs, len(items) + exporting.NOISE_IMAGES)
        return [Part("README.md", readme.encode()), Part("predict_onnx.py", _SCRIPT), Part(path.name, path)]

    def fastai(self) -> list[Part]:
        """Make the file for fastai."""
        self.progress(_("Writing the model for fastai"), 0, 0)
        path = self.scratch / "export.pkl"
        exporting.write_learner(self.checkpoint, self.backbones, self.thresholds, path)
        return [Part("README.md", fastai_readme(self.facts).encode()), Part(path.name, path)]
