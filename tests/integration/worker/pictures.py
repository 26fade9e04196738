"""Small pictures for tests, each different, made on the spot."""

import io
import random
from pathlib import Path

from PIL import Image


def picture(seed: int, size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Make a picture of soft patches that no other seed's resembles."""
    chance = random.Random(seed)
    small = Image.frombytes("RGB", (8, 8), bytes(chance.randrange(256) for _ in range(192)))
    return small.resize(size, Image.Resampling.BICUBIC)


def jpeg(seed: int, **options: int) -> bytes:
    """Give the bytes of a picture as JPEG."""
    buffer = io.BytesIO()
    picture(seed).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def folder_of(path: Path, names: list[str], first_seed: int = 0) -> Path:
    """Fill a folder with pictures."""
    for seed, name in enumerate(names, start=first_seed):
        target = path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(jpeg(seed))
    return path
