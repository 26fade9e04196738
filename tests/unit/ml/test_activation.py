"""A map of where a network looks: its cells add up to what the network says, and lie where the image is."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch
from PIL import Image
from torch import nn

from app.domain.statuses import Recipe
from tests.unit.ml.pictures import save
from worker.ml.activation import ActivationMap, Looker, NoMapError, ViewMap, open_looker, quick_looker
from worker.ml.backbones import Transform
from worker.ml.bodies import Body
from worker.ml.checkpoint import CheckpointUnusableError, Manifest, write_checkpoint
from worker.ml.dataset import ImageUnreadableError, Item, read_views, to_input
from worker.ml.head import Head
from worker.ml.map_drawing import SIDE, draw, place
from worker.ml.network import rebuild

VIEWS = ("whole", "centre")
ZERO = (0.0, 0.0, 0.0)
ONE = (1.0, 1.0, 1.0)
# Maps of a quarter of the side, with values from 0 to 1.
TRANSFORM = Transform(32, "bicubic", 0.875, ZERO, ONE)


class Colours(nn.Module):
    """Keep a map of 8 x 8 mean colours, and pool it by its mean, as timm's networks with global pooling do."""

    output_fmt = "NCHW"

    def forward_features(self, images: torch.Tensor) -> torch.Tensor:
        maps = nn.functional.adaptive_avg_pool2d(images, 8)
        return maps.permute(0, 2, 3, 1) if self.output_fmt == "NHWC" else maps

    def forward_head(self, maps: torch.Tensor) -> torch.Tensor:
        return maps.mean((1, 2)) if self.output_fmt == "NHWC" else maps.mean((2, 3))


def manifest(name: str = "colours", recipe: Recipe = Recipe.QUICK, transform: Transform = TRANSFORM) -> Manifest:
    views = VIEWS if recipe is Recipe.QUICK else ("whole",)
    return Manifest(recipe, ("red", "blue"), name, "0" * 64, transform, views, 1)


def looker(weights: Any, bias: Any = (0.5, -1.0), network: nn.Module | None = None) -> Looker:
    given = np.asarray(weights, dtype=np.float32)
    return quick_looker(manifest(), network or Colours(), given, np.asarray(bias, dtype=np.float32), "cpu")


def noise(folder: Path, size: tuple[int, int] = (90, 60)) -> Item:
    pixels = np.random.default_rng(3).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    return save(Image.fromarray(pixels), folder / "noise.png")


def patch(folder: Path, size: tuple[int, int], box: tuple[int, int, int, int]) -> Item:
    image = Image.new("RGB", size)
    image.paste((255, 0, 0), box)
    return save(image, folder / "patch.png")


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_the_cells_of_all_views_add_up_to_what_the_head_says(tmp_path: Path, layout: str) -> None:
    item, network = noise(tmp_path), Colours()
    network.output_fmt = layout
    weights = np.random.default_rng(1).normal(size=(3, 2)).astype(np.float32)
    bias = np.array([0.5, -1.0], dtype=np.float32)
    pixels = to_input(np.stack(read_views(item, TRANSFORM, VIEWS)), TRANSFORM, "cpu")
    features = network.forward_head(network.forward_features(pixels)).mean(0, keepdim=True).numpy()
    said = Head(weights, bias, np.zeros(2, dtype=np.bool_)).predict(features)[0]
    for label in (0, 1):
        seen = looker(weights, bias, network).look(item, label)
        total = sum(float(view.cells.sum()) for view in seen.views)
        assert total == pytest.approx(seen.logit - bias[label], abs=1e-5)
        assert 1 / (1 + np.exp(-seen.logit)) == pytest.approx(said[label], abs=1e-6)
        assert seen.bias == bias[label]


def test_a_dark_image_has_nothing_to_add_up(tmp_path: Path) -> None:
    seen = looker(np.ones((3, 2))).look(save(Image.new("RGB", (40, 40)), tmp_path / "dark.png"), 0)
    assert seen.logit == pytest.approx(0.5)
    assert not any(view.cells.any() for view in seen.views)
    assert draw(seen) is None


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((400, 100), (20, 10, 45, 35)),  # far left of a wide image, which the centre view does not show
        ((400, 100), (190, 60, 215, 85)),
        ((120, 360), (70, 300, 100, 330)),  # low in a tall one
        ((200, 200), (130, 130, 160, 160)),
    ],
)
def test_the_map_is_hottest_where_the_patch_is_that_alone_drives_the_label(
    tmp_path: Path, size: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    seen = looker([[3, 0], [0, 1], [0, 1]]).look(patch(tmp_path, size, box), 0)
    density = place(seen)
    assert density.shape == (round(SIDE * min(1, size[1] / size[0])), round(SIDE * min(1, size[0] / size[1])))
    y, x = np.unravel_index(density.argmax(), density.shape)
    scale = SIDE / max(size)
    middle = ((box[0] + box[2]) / 2 * scale, (box[1] + box[3]) / 2 * scale)
    # Within one cell of the whole view, which is the coarser one.
    assert abs(x - middle[0]) <= density.shape[1] / 8
    assert abs(y - middle[1]) <= density.shape[0] / 8


def test_a_view_adds_nothing_outside_of_what_it_shows() -> None:
    cells = np.ones((7, 7), dtype=np.float32)
    density = place(ActivationMap((ViewMap((0.25, 0.0, 0.75, 1.0), cells),), 2.0, 0.0, 0.0))
    assert density.shape == (SIDE // 2, SIDE)
    assert not density[:, : SIDE // 4].any()
    assert not density[:, SIDE * 3 // 4 :].any()
    # Seven by seven cells of one, handed out over half of the image; the outer edge of the image is no soft one.
    assert density[:, SIDE // 2] == pytest.approx(49 / 0.5)
    assert density[0, SIDE // 2] == pytest.approx(density[SIDE // 4, SIDE // 2])


def test_the_whole_picture_holds_what_the_cells_hold() -> None:
    cells = np.random.default_rng(0).random((7, 5)).astype(np.float32)
    density = place(ActivationMap((ViewMap((0, 0, 1, 1), cells),), 0.7, 0.0, 0.0))
    # A share of the sum moves at the borders, where edge cells are repeated.
    assert density.mean() == pytest.approx(cells.sum(), rel=0.03)


def test_the_picture_lies_over_the_image_and_leaves_it_visible() -> None:
    cells = np.zeros((7, 7), dtype=np.float32)
    cells[3, 5] = 2
    cells[3, 1] = -2
    png = draw(ActivationMap((ViewMap((0, 0, 1, 1), cells),), 1.5, 0.0, 0.0))
    assert png is not None
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    assert picture.size == (SIDE, round(SIDE / 1.5))
    colours = np.asarray(picture).astype(int)
    # Whatever is laid over it, a third of the image shines through.
    assert colours[..., 3].max() < 255 * 2 / 3
    # Light and yellow at the one cell that speaks for the label, dark and blue where nothing does, or against it.
    middle = (round(SIDE / 1.5 / 2), round(SIDE * 5.5 / 7))
    red, green, blue, _cover = colours[middle]
    assert min(red, green) > 200
    assert blue < 100
    for nothing in (colours[middle[0], SIDE * 3 // 14], colours[0, 0]):
        assert nothing[2] > 100
        assert max(nothing[:2]) < 50


def weights_of(name: str) -> dict[str, torch.Tensor]:
    """Draw weights for the network that fine-tuning makes of a name."""
    torch.manual_seed(1)
    network: Any = timm.create_model(name, pretrained=False, num_classes=0)
    joined = 2 * int(network.num_features)
    weights = {f"0.{key}": value for key, value in Body(name).state_dict().items()}
    for layer, width in ((2, joined), (6, 16)):
        weights |= {f"1.{layer}.weight": torch.rand(width), f"1.{layer}.bias": torch.randn(width)}
        weights |= {f"1.{layer}.running_mean": torch.randn(width), f"1.{layer}.running_var": torch.rand(width) + 1}
        weights[f"1.{layer}.num_batches_tracked"] = torch.tensor(1)
    weights["1.4.weight"], weights["1.8.weight"] = torch.randn(16, joined), torch.randn(2, 16)
    weights["1.8.bias"] = torch.randn(2)
    return weights


def test_the_map_of_a_finetuned_network_is_grad_cam(tmp_path: Path) -> None:
    name, transform = "resnet18", Transform(64, "bicubic", 0.875, ZERO, ONE)
    weights = weights_of(name)
    write_checkpoint(tmp_path / "1", manifest(name, Recipe.FINETUNE, transform), weights)
    item = noise(tmp_path)
    seen = open_looker(tmp_path / "1", tmp_path, "cpu").look(item, 1)
    # Independently: the whole network at once, its maps and their slopes caught on the way.
    network = rebuild(name, weights, "cpu").requires_grad_(requires_grad=True)
    caught: list[torch.Tensor] = []
    network[0].register_forward_hook(lambda _module, _given, maps: maps.retain_grad() or caught.append(maps))  # type: ignore[index,func-returns-value]
    logit = network(to_input(np.stack(read_views(item, transform, ("whole",))), transform, "cpu"))[0, 1]
    logit.backward()
    assert caught[0].grad is not None
    wanted = torch.einsum("c,chw->hw", caught[0].grad[0].mean((1, 2)), caught[0][0]).detach().numpy()
    assert seen.logit == pytest.approx(float(logit.detach()), rel=1e-4)
    assert np.allclose(seen.views[0].cells, wanted, rtol=1e-3, atol=1e-4 * np.abs(wanted).max())
    assert len(seen.views) == 1
    assert seen.views[0].box == (0, 0, 1, 1)


def test_a_network_without_places_says_so(tmp_path: Path) -> None:
    name = "vit_tiny_patch16_224"
    network: Any = timm.create_model(name, pretrained=False, num_classes=0)
    transform = Transform(224, "bicubic", 0.9, ZERO, ONE)
    made = quick_looker(
        manifest(name, transform=transform), network, np.zeros((192, 2), np.float32), np.zeros(2, np.float32), "cpu"
    )
    with pytest.raises(NoMapError, match="vit_tiny"):
        made.look(noise(tmp_path), 0)
    with pytest.raises(NoMapError):
        quick_looker(manifest(), nn.Identity(), np.zeros((3, 2), np.float32), np.zeros(2, np.float32), "cpu")


def test_what_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointUnusableError):
        open_looker(tmp_path / "none", tmp_path, "cpu")
    (tmp_path / "torn.png").write_bytes(b"\x89PNG torn")
    with pytest.raises(ImageUnreadableError, match=r"torn\.png"):
        looker(np.ones((3, 2))).look(Item("0" * 64, tmp_path / "torn.png"), 0)
