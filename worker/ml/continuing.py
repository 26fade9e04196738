"""Go on from an earlier fine-tuning: its weights, and its answers for the labels that are still there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from app.domain.statuses import Recipe
from app.errors import InvalidInputError
from app.i18n import gettext as _
from worker.ml.checkpoint import Manifest, read_manifest, read_weights


class ParentUnsuitableError(InvalidInputError):
    """The model to go on from cannot be gone on from."""


@dataclass(frozen=True)
class Parent:
    """Hold an earlier model."""

    manifest: Manifest
    weights: dict[str, torch.Tensor]


def read_parent(checkpoint: Path, backbone: str) -> Parent:
    """Read an earlier model that a training with that network can go on from.

    Raises:
        ParentUnsuitableError: when it is none.
        CheckpointUnusableError: when its files are missing or damaged.

    """
    manifest = read_manifest(checkpoint)
    if manifest.recipe is not Recipe.FINETUNE:
        raise ParentUnsuitableError(_("Only a model of the recipe “finetune” can be trained further."))
    if manifest.backbone != backbone:
        raise ParentUnsuitableError(
            _("The earlier model is of the network “%(name)s”. Choose that network, or begin anew.")
            % {"name": manifest.backbone}
        )
    return Parent(manifest, read_weights(checkpoint))


def take_over(model: nn.Module, parent: Parent, labels: Sequence[str]) -> None:
    """Give a new network the weights of an earlier one; labels that are new keep the rows they have.

    Labels are the same by name. One that the earlier training could not learn counts as new.
    """
    own = model.state_dict()
    last = max((key for key in own if key.startswith("1.") and key.endswith(".weight")), key=_layer)
    places = [last, last.replace(".weight", ".bias")]
    unlearned = set(_columns(parent.manifest))
    known = {label: row for row, label in enumerate(parent.manifest.labels) if row not in unlearned}
    taken = {key: value for key, value in parent.weights.items() if key in own and key not in places}
    for key in places:
        if key not in own:
            # fastai's heads end without a bias; the one in a checkpoint only serves labels that could not be learned.
            continue
        rows = own[key].clone()
        for row, label in enumerate(labels):
            if label in known:
                rows[row] = parent.weights[key][known[label]].to(rows.device)
        taken[key] = rows
    model.load_state_dict(taken)


def _columns(manifest: Manifest) -> list[int]:
    """Return the columns of the labels that an earlier training could not learn."""
    columns = manifest.details.get("constant_labels", [])
    return [int(str(column)) for column in columns] if isinstance(columns, list) else []


def _layer(key: str) -> int:
    return int(key.split(".")[1])
