"""The frozen network whose features a run is looked through by."""

from app.config import get_settings
from app.domain.statuses import Recipe
from app.models import Run
from app.storage import Storage
from worker.ml.backbones import DEFAULT, Backbone, choose_device, load_backbone
from worker.ml.checkpoint import read_manifest
from worker.ml.predict import backbone_of


def frozen_network(run: Run, storage: Storage) -> Backbone:
    """Give the network, with size and views, on which a quick run was trained; for others the one always there.

    Raises CheckpointUnusableError where the run's checkpoint is damaged or belongs to other pretrained weights.
    """
    device = choose_device(get_settings().device)
    if run.recipe is not Recipe.QUICK or not run.checkpoint:
        return load_backbone(DEFAULT, storage.backbones, device=device)
    return backbone_of(read_manifest(storage.checkpoints / run.checkpoint), storage.backbones, device)
