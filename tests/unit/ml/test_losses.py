import numpy as np
import pytest
import torch
from fastai.callback.mixup import MixUp
from fastai.layers import NoneReduce
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional
from torchvision.ops import sigmoid_focal_loss

from app.domain.statuses import Labelling
from worker.ml.losses import ExclusiveLoss, MaskedLoss, make_loss, rarity


def drawn(rows: int = 12, labels: int = 4) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits, truth with unknown cells, and which are known."""
    rng = np.random.default_rng(11)
    logits = torch.from_numpy(rng.normal(0, 3, (rows, labels)).astype(np.float32)).requires_grad_()
    truth = torch.from_numpy(rng.integers(-1, 2, (rows, labels)).astype(np.float32))
    return logits, truth, truth >= 0


def exclusive(rows: int = 12, labels: int = 4) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits, truth with one label each but for two images that count for nothing, and the labels of the others."""
    logits, _truth, _known = drawn(rows, labels)
    only = torch.arange(rows) % labels
    truth = functional.one_hot(only, labels).float()
    truth[0] = 0
    truth[1] = -1
    return logits, truth, only[2:]


def test_the_plain_loss_is_torchs_over_known_cells() -> None:
    logits, truth, known = drawn()
    expected = functional.binary_cross_entropy_with_logits(logits[known], truth[known])
    assert torch.allclose(MaskedLoss()(logits, truth), expected)


def test_the_weighted_loss_is_torchs_with_pos_weight() -> None:
    logits, truth, known = drawn()
    weights = torch.tensor([0.5, 1.0, 3.0, 20.0])
    each = functional.binary_cross_entropy_with_logits(logits, truth.clamp(min=0), pos_weight=weights, reduction="none")
    assert torch.allclose(MaskedLoss("weighted_bce", weights=weights)(logits, truth), each[known].mean())


@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0, 3.5])
def test_the_focal_loss_is_torchvisions(gamma: float) -> None:
    logits, truth, known = drawn()
    expected = sigmoid_focal_loss(logits[known], truth[known], alpha=-1, gamma=gamma, reduction="mean")
    assert torch.allclose(MaskedLoss("focal", gamma=gamma)(logits, truth), expected, atol=1e-6)


def test_the_asymmetric_loss_is_the_papers_formula() -> None:
    logits, truth, known = drawn()
    total = 0.0
    for logit, cell in zip(logits[known].tolist(), truth[known].tolist(), strict=True):
        p = 1 / (1 + np.exp(-logit))
        shifted = max(p - 0.05, 0)
        total += -np.log(p) if cell else -(shifted**4) * np.log(1 - shifted)
    assert MaskedLoss("asymmetric")(logits, truth).item() == pytest.approx(total / int(known.sum()), rel=1e-5)


@pytest.mark.parametrize("name", ["bce", "weighted_bce", "focal", "asymmetric"])
@pytest.mark.parametrize("labelling", list(Labelling))
def test_unknown_cells_pull_at_nothing_and_extreme_logits_break_nothing(name, labelling) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    logits, truth, _ = drawn() if labelling is Labelling.OVERLAPPING else exclusive()
    loss = make_loss(name, labelling, truth.numpy().astype(np.int8), smoothing=0.1)
    loss(logits, truth).backward()
    unknown = truth < 0
    assert logits.grad is not None
    assert (logits.grad[unknown] == 0).all()
    assert (logits.grad[~unknown] != 0).any()
    wild = torch.tensor([[60.0, -60.0, 90.0, -90.0]] * len(truth), requires_grad=True)
    found = loss(wild, truth)
    found.backward()
    assert torch.isfinite(found)
    assert wild.grad is not None
    assert torch.isfinite(wild.grad).all()
    assert loss(wild, torch.full_like(truth, -1)).item() == 0


def test_smoothing_pulls_both_sides_towards_the_middle() -> None:
    logits, truth, known = drawn()
    soft = truth[known] * 0.8 + 0.1
    expected = functional.binary_cross_entropy_with_logits(logits[known], soft)
    assert torch.allclose(MaskedLoss(smoothing=0.2)(logits, truth), expected)


def test_labels_that_exclude_each_other_get_torchs_cross_entropy() -> None:
    logits, truth, only = exclusive()
    weights = torch.tensor([0.5, 1.0, 3.0, 20.0])
    used = logits[2:]
    for name, smoothing in (("bce", 0.0), ("bce", 0.2), ("weighted_bce", 0.0), ("weighted_bce", 0.2)):
        given = weights if name == "weighted_bce" else None
        expected = functional.cross_entropy(used, only, given, label_smoothing=smoothing)
        loss = ExclusiveLoss(name, smoothing=smoothing, weights=given)  # type: ignore[arg-type]
        assert torch.allclose(loss(logits, truth), expected), name
    right = used.softmax(dim=1)[torch.arange(len(only)), only]
    assert torch.allclose(ExclusiveLoss("focal")(logits, truth), (-right.log() * (1 - right) ** 2).mean(), atol=1e-6)


def test_rare_labels_weigh_more_and_never_seen_ones_as_usual() -> None:
    cells = np.array([[1, 0, 0], [1, 1, 0], [0, 0, -1], [-1, 0, 0]], dtype=np.int8)
    assert rarity(cells, Labelling.OVERLAPPING).tolist() == [0.5, 3.0, 1.0]
    assert rarity(np.array([[1]] + [[0]] * 500, dtype=np.int8), Labelling.OVERLAPPING).tolist() == [50.0]
    only = np.array([0, 0, 0, 1, 2, 2])
    balanced = compute_class_weight("balanced", classes=np.arange(3), y=only)
    assert rarity(np.eye(3, dtype=np.int8)[only], Labelling.EXCLUSIVE).tolist() == pytest.approx(balanced.tolist())


@pytest.mark.parametrize("labelling", list(Labelling))
def test_mixing_images_mixes_losses_and_never_an_unknown_answer(labelling: Labelling) -> None:
    logits, truth, _ = drawn() if labelling is Labelling.OVERLAPPING else exclusive()
    other = truth.roll(3, dims=0)
    loss = make_loss("bce", labelling, truth.numpy().astype(np.int8))
    mixing = MixUp(0.4)
    mixing.learn = type("Learn", (), {"training": True})()
    mixing.old_lf, mixing.yb1, mixing.lam = loss, (other,), torch.linspace(0.5, 1, len(truth))
    mixed = mixing.lf(logits, truth)
    with NoneReduce(loss) as single:
        one, two = single(logits, truth), single(logits, other)
    assert torch.allclose(one.mean(), loss(logits, truth))
    assert torch.allclose(mixed, (two + mixing.lam * (one - two)).mean())
    assert loss.reduction == "mean"
