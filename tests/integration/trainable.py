"""Projects to train on: drawn pictures that differ by what their labels say, and their ground truth."""

import random
from pathlib import Path

import numpy as np
from PIL import Image as Picture
from PIL import ImageDraw
from sqlalchemy.orm import Session

from app.domain.statuses import TruthValue
from app.models import Image, Label, Project, Truth
from app.storage import get_storage
from tests.factories import ImageFactory, LabelFactory, ProjectFactory
from worker.jobs.training import Trainer
from worker.ml.train import TrainResult

LABELS = ("bright", "round")


def draw(path: Path, seed: int, *, bright: bool, round_: bool) -> Path:
    """Draw a picture with or without a bright ground and a disc."""
    chance = random.Random(seed)
    ground = chance.randrange(180, 250) if bright else chance.randrange(10, 60)
    picture = Picture.new("RGB", (96, 80), (ground, ground, chance.randrange(256)))
    if round_:
        left, top = chance.randrange(40), chance.randrange(30)
        ImageDraw.Draw(picture).ellipse((left, top, left + 45, top + 45), fill=(200, 40, 40))
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, "PNG")
    return path


def make_project(session: Session, folder: Path, *, tagged: int = 24, untagged: int = 3) -> Project:
    """Make a project of drawn pictures; every fourth shows neither label, every fourth both."""
    project: Project = ProjectFactory.create(session=session)
    labels = [
        LabelFactory.create(session=session, project_id=project.id, name=name, position=place)
        for place, name in enumerate(LABELS)
    ]
    for number in range(tagged + untagged):
        shown = (number % 2 == 1, number // 2 % 2 == 1)
        file = draw(folder / f"{number:03}.png", number, bright=shown[0], round_=shown[1])
        image = ImageFactory.create(
            session=session, project_id=project.id, name=file.name, sha256=get_storage().keep_original(file)
        )
        if number < tagged:
            tell(session, image, dict(zip(labels, shown, strict=True)))
    return project


def tell(session: Session, image: Image, shown: dict[Label, bool]) -> None:
    """Set the ground truth of an image."""
    for label, present in shown.items():
        value = TruthValue.PRESENT if present else TruthValue.ABSENT
        session.merge(Truth(image_id=image.id, label_id=label.id, value=value))
    session.flush()


def copying_trainer() -> Trainer:
    """Give a trainer that takes no time: it predicts what it was told, and 0.4 where nothing is known."""

    def train(data, places, config, on_progress, on_epoch, should_cancel):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
        places.checkpoint.mkdir(parents=True)
        (places.checkpoint / "weights").write_bytes(b"none")
        probabilities = np.choose(data.cells + 1, [0.4, 0.1, 0.9]).astype(np.float32)
        trained = np.zeros(len(data.items), dtype=np.bool_)
        return TrainResult(probabilities, trained, [], {"python": "3"}, places.checkpoint, [], [], 0.0)

    return train
