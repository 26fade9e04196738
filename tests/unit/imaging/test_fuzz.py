"""Random damage to image files ends in an image or a refusal, never in another error."""

import io
import random
from pathlib import Path

import pytest
from PIL import Image

from worker.imaging import ImageRefused, inspect_image, to_srgb

# Enough damage to reach headers, tables and pixel data, few enough rounds to stay within a second a format.
ROUNDS = 60


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP", "JPEG2000", "AVIF", "PPM"])
def test_damage_ends_in_an_image_or_a_refusal(tmp_path: Path, kind: str) -> None:
    buffer = io.BytesIO()
    Image.effect_noise((40, 30), 90).convert("RGB").save(buffer, kind)
    original = buffer.getvalue()
    rng = random.Random(kind)
    path = tmp_path / "damaged"
    for _round in range(ROUNDS):
        data = bytearray(original)
        for _hit in range(rng.randint(1, 12)):
            # Half of the damage goes to the first bytes, where the structure is.
            end = len(data) if rng.random() < 0.5 else min(120, len(data))
            data[rng.randrange(end)] = rng.randrange(256)
        path.write_bytes(bytes(data))
        try:
            info = inspect_image(path)
            picture = to_srgb(path)
        except ImageRefused:
            continue
        assert picture.size == (info.width, info.height)
        assert picture.mode == "RGB"
