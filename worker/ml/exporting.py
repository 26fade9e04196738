"""Write a trained model for other programs: ONNX, and a Learner for fastai's `load_learner`."""

import json
import math
import warnings
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import onnx
import onnxruntime
import torch

from app.errors import ConflictError
from app.i18n import gettext as _
from worker.ml.checkpoint import Manifest, read_manifest
from worker.ml.dataset import Item, read_views
from worker.ml.files import write_atomically
from worker.ml.portable import Whole
from worker.ml.standing_alone import standing_alone
from worker.ml.whole import is_exclusive, open_whole

# Two ways of adding up the same numbers differ by some millionths; an export that went wrong differs by far more.
CLOSE_ENOUGH = 1e-4
# Noise that is looked at beside photographs: it drives every channel.
NOISE_IMAGES = 2
# The newest set of operations that runtimes of the last two years know.
_OPSET = 18


class ExportDiffersError(ConflictError):
    """A model in another form does not say what it says in ours."""

    def __init__(self) -> None:
        super().__init__(
            _("The file was made, but says something else of the same images than the model, so it is not offered.")
        )


class NotAsOnnxError(ConflictError):
    """A network has a part for which ONNX has no word."""

    def __init__(self, name: str) -> None:
        super().__init__(
            _("The network “%(name)s” cannot be written as ONNX. The other downloads hold the same model.")
            % {"name": name}
        )


def write_onnx(
    checkpoint: Path, weights_directory: Path, items: Sequence[Item], thresholds: Sequence[float], target: Path
) -> float:
    """Write a model as ONNX, load it again, and return how far its probabilities are at most from PyTorch's.

    Args:
        checkpoint: folder that training wrote.
        weights_directory: where pretrained weights are kept.
        items: photographs on which both are compared, beside noise.
        thresholds: of the labels, in the manifest's order; kept in the file's metadata.
        target: file to write.

    Raises:
        ExportDiffersError: when they differ by more than `CLOSE_ENOUGH`; no file is left.
        NotAsOnnxError: when the network cannot be written in that form.
        CheckpointUnusableError: when the checkpoint is damaged.
        ImageUnreadableError: when an image's file is missing or damaged.
        DiskFullError: when there is no room.

    """
    manifest, whole = read_manifest(checkpoint), open_whole(checkpoint, weights_directory)
    pixels = _examples(manifest, items)
    try:
        model = _as_onnx(whole, pixels[:2])
    except torch.onnx.OnnxExporterError as error:
        raise NotAsOnnxError(manifest.backbone) from error
    _describe(model, manifest, thresholds)
    write_atomically(target, lambda scratch: onnx.save(model, scratch))
    with torch.inference_mode():
        ours = np.concatenate([whole(each[None]).numpy() for each in pixels])
    theirs = _asked(target, pixels)
    differs = float(np.abs(ours - theirs).max())
    # Not a number is no closer than anything.
    if not differs <= CLOSE_ENOUGH:
        target.unlink()
        raise ExportDiffersError
    return differs


def _as_onnx(whole: Whole, pixels: torch.Tensor) -> onnx.ModelProto:
    """Trace a network for any number of images at once."""
    with warnings.catch_warnings():
        # The exporter warns of its own inner workings, of which nobody here can mend anything.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            whole,
            (pixels,),
            input_names=["pixels"],
            output_names=["probabilities"],
            dynamic_shapes={"pixels": {0: torch.export.Dim("n", min=1)}},
            opset_version=_OPSET,
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise ExportDiffersError
    return program.model_proto


def _describe(model: onnx.ModelProto, manifest: Manifest, thresholds: Sequence[float]) -> None:
    """Say in the file itself what its input and output are; and nothing of the computer it was made on."""
    transform = manifest.transform
    told = {
        "labels": list(manifest.labels),
        "thresholds": list(thresholds),
        "exclusive": is_exclusive(manifest),
        "size": transform.size,
        "views": list(manifest.views),
        "interpolation": transform.interpolation,
        "crop": transform.crop,
        "input": "pixels, float32 [n, views, 3, size, size], RGB from 0 to 255; normalised inside",
        "output": "probabilities, float32 [n, labels]",
    }
    for node in model.graph.node:
        # Where in whose files the exporter found an operation.
        del node.metadata_props[:]
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {"loupe": json.dumps(told, ensure_ascii=False)})
    model.doc_string = "Trained with Loupe; what goes in and what comes out stands in the metadata under 'loupe'."


def _asked(path: Path, pixels: torch.Tensor) -> Any:
    """Let onnxruntime say what it sees, one image after the other, so that few fit into little memory."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return np.concatenate([session.run(["probabilities"], {"pixels": each[None].numpy()})[0] for each in pixels])


def _examples(manifest: Manifest, items: Sequence[Item]) -> torch.Tensor:
    """Return pixels of photographs and of noise, float32 [n, views, 3, s, s]."""
    size, views = manifest.transform.size, len(manifest.views)
    noise = np.random.default_rng(0).integers(0, 256, (NOISE_IMAGES, views, 3, size, size))
    read = [np.stack(read_views(item, manifest.transform, manifest.views)).transpose(0, 3, 1, 2) for item in items]
    return torch.from_numpy(np.stack([*noise, *read]).astype(np.float32))


def write_learner(checkpoint: Path, weights_directory: Path, thresholds: Sequence[float], target: Path) -> None:
    """Write a model as fastai's `Learner.export` does: all that `load_learner` needs, without Loupe.

    It is a pickle, which runs what is written in it when it is loaded: Loupe makes such files, and never reads one.

    Raises:
        CheckpointUnusableError: when the checkpoint is damaged.
        DiskFullError: when there is no room.

    """
    # fastai takes seconds to load, which only this file needs.
    making = import_module("worker.ml.fastai_export")
    manifest = read_manifest(checkpoint)
    # fastai counts a label from above its threshold on, Loupe from the threshold on.
    below = [math.nextafter(each, 0) for each in np.asarray(thresholds, dtype=np.float32).tolist()]
    with standing_alone() as alone:
        whole = open_whole(checkpoint, weights_directory, alone.model)
        learner = making.make_learner(alone, whole, manifest, below, exclusive=is_exclusive(manifest))
        write_atomically(target, lambda scratch: making.save(learner, scratch, cloudpickle))
