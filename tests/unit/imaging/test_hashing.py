"""Perceptual hashes are alike for versions of one picture and apart for different ones."""

import random

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from worker.imaging import hash_distance, perceptual_hash


def scene(seed: int) -> Image.Image:
    rng = random.Random(seed)
    image = Image.new("RGB", (400, 300), "white")
    draw = ImageDraw.Draw(image)
    for _shape in range(12):
        left, top = rng.randrange(350), rng.randrange(250)
        box = (left, top, left + rng.randrange(20, 200), top + rng.randrange(20, 200))
        draw.ellipse(box, fill=tuple(rng.randrange(256) for _channel in range(3)))
    return image


def test_versions_of_one_picture_are_alike() -> None:
    original = scene(1)
    reference = perceptual_hash(original)
    versions = [
        original.resize((133, 100)),
        original.convert("L"),
        ImageEnhance.Brightness(original).enhance(0.8),
        ImageEnhance.Contrast(original).enhance(0.7),
        original.filter(ImageFilter.GaussianBlur(2)),
    ]
    assert max(hash_distance(reference, perceptual_hash(version)) for version in versions) <= 6


def test_different_pictures_are_apart() -> None:
    hashes = [perceptual_hash(scene(seed)) for seed in range(12)]
    distances = [hash_distance(one, other) for index, one in enumerate(hashes) for other in hashes[:index]]
    assert min(distances) > 10


def test_a_hash_fits_a_signed_64_bit_column() -> None:
    hashes = [perceptual_hash(scene(seed)) for seed in range(30)]
    assert all(-(2**63) <= value < 2**63 for value in hashes)
    assert any(value < 0 for value in hashes)


def test_blank_images_have_one_hash() -> None:
    assert perceptual_hash(Image.new("RGB", (50, 50), "white")) == perceptual_hash(Image.new("L", (90, 20), 40)) == 0


def test_distance_counts_differing_bits() -> None:
    assert hash_distance(0, -1) == 64
    assert hash_distance(5, 4) == 1
    assert hash_distance(-1, -1) == 0
