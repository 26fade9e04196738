"""Ask a model in ONNX form what it sees in images: onnxruntime, NumPy and Pillow are enough.

This file lies beside a downloaded `model.onnx`, as `predict_onnx.py`:

    python predict_onnx.py photograph.jpg another.png
"""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from PIL import Image, ImageOps


def read_views(source: Any, told: Mapping[str, Any]) -> Any:
    """Read an image as the model saw its training images: float32 [1, views, 3, size, size], from 0 to 255."""
    size = int(told["size"])
    with Image.open(source) as file:
        file.draft("RGB", (2 * size, 2 * size))
        image = ImageOps.exif_transpose(file).convert("RGB")
    return np.stack([_seen(image, view, told) for view in told["views"]])[None].astype(np.float32)


def _seen(image: Image.Image, view: str, told: Mapping[str, Any]) -> Any:
    methods = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR}
    side, method = (int(told["size"]),) * 2, methods[told["interpolation"]]
    plain = view.removesuffix("-mirrored")
    if plain == "padded":
        small = ImageOps.pad(image, side, method, color=0)
    elif plain == "whole":
        small = image.resize(side, method)
    else:
        width, height = image.size
        kept = min(width, height) * float(told["crop"])
        left, top = (width - kept) / 2, (height - kept) / 2
        small = image.resize(side, method, box=(left, top, left + kept, top + kept))
    if plain != view:
        small = ImageOps.mirror(small)
    return np.asarray(small).transpose(2, 0, 1)


def main(paths: Sequence[str]) -> None:
    """Print, for each image, every label with its probability, and a star where it reaches its threshold."""
    model = onnxruntime.InferenceSession(Path(__file__).with_name("model.onnx"), providers=["CPUExecutionProvider"])
    told = json.loads(model.get_modelmeta().custom_metadata_map["loupe"])
    for path in paths:
        (said,) = model.run(["probabilities"], {"pixels": read_views(path, told)})
        sys.stdout.write(f"{path}\n")
        for label, probability, threshold in zip(told["labels"], said[0].tolist(), told["thresholds"], strict=True):
            star = "*" if probability >= threshold else " "
            sys.stdout.write(f"  {star} {probability:.6f}  {label}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
