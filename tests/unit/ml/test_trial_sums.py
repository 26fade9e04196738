import pytest

from worker.ml.finetune_config import FinetuneConfig
from worker.ml.legs import legs_of
from worker.ml.trial_sums import Estimate, LegTimes, PartKind, Sizes, Times, finetune_parts
from worker.ml.weights import Weights

SIZES = Sizes(train=70, valid=30, everything=200)
TIMES = Times(0.01, 2.0, 0.02, {"frozen": LegTimes(0.5, 0.01, 0.1), "unfrozen": LegTimes(1.5, 0.01, 0.2)})


def seconds(config: FinetuneConfig) -> dict[PartKind, float]:
    parts = finetune_parts(config, legs_of(config), TIMES, SIZES, 32, 50)
    assert len({part.kind for part in parts}) == len(parts) or config.find_again
    return {kind: sum(part.seconds for part in parts if part.kind is kind) for kind in PartKind}


def test_every_part_is_its_steps_times_what_one_takes() -> None:
    found = seconds(FinetuneConfig(epochs_frozen=5, epochs_unfrozen=4, base_lr=1e-3))
    # Two whole batches of 32 in 70 images; what is left over waits for the next epoch.
    assert found[PartKind.FROZEN] == pytest.approx(5 * (2 * 0.5 + 30 * 0.01 + 0.1))
    assert found[PartKind.UNFROZEN] == pytest.approx(4 * (2 * 1.5 + 30 * 0.01 + 0.2))
    assert found[PartKind.READING] == pytest.approx(100 * 0.01)
    assert found[PartKind.PREDICTING] == pytest.approx(200 * 0.02)
    assert (found[PartKind.BUILDING], found[PartKind.SEARCH]) == (2.0, 0)


def test_a_search_takes_as_long_as_its_batches() -> None:
    assert seconds(FinetuneConfig())[PartKind.SEARCH] == pytest.approx(50 * 0.5)
    again = seconds(FinetuneConfig(find_again=True))
    assert again[PartKind.SEARCH] == pytest.approx(50 * 0.5 + 50 * 1.5)
    assert seconds(FinetuneConfig(find_again=True, unfrozen_lr=1e-4))[PartKind.SEARCH] == pytest.approx(50 * 0.5)


def test_a_network_from_scratch_has_one_leg() -> None:
    found = seconds(FinetuneConfig(pretrained=False, epochs_frozen=1, epochs_unfrozen=2, base_lr=0.01))
    assert found[PartKind.FROZEN] == 0
    assert found[PartKind.UNFROZEN] == pytest.approx(3 * (2 * 1.5 + 30 * 0.01 + 0.2))


def test_fewer_images_than_a_batch_holds_are_one_batch() -> None:
    config = FinetuneConfig(epochs_frozen=1, epochs_unfrozen=0, base_lr=1e-3)
    parts = finetune_parts(config, legs_of(config), TIMES, Sizes(20, 0, 20), 32, 50)
    assert next(part.seconds for part in parts if part.kind is PartKind.FROZEN) == pytest.approx(0.5 + 0.1)


def test_an_estimate_goes_into_json() -> None:
    parts = finetune_parts(FinetuneConfig(), legs_of(FinetuneConfig()), TIMES, SIZES, 32, 50)
    told = Estimate(parts, 10, 0, 100, 7, Weights("fetched", 44.8), 32, SIZES, "cpu").to_dict()
    assert told["seconds"] == pytest.approx(sum(part.seconds for part in parts))
    assert told["weights"] == {"state": "fetched", "megabytes": 44.8}
