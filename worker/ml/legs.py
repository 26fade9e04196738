"""Divide a fine-tuning into its legs: what is trained for how many epochs, at what rates."""

from dataclasses import dataclass

from worker.ml.callbacks import Stage
from worker.ml.finetune_config import FinetuneConfig

# Shares of the rate that body and head get once all of the network is trained. On 343 photographs with 2 + 2 epochs
# this gave a macro-F1 of 0.61 and a mean average precision of 0.74, fastai's own 1/200 and 1/2 gave 0.58 and 0.71.
_BODY_SHARE = 1 / 5
_HEAD_SHARE = 1.0
# What fastai's `fine_tune` does: half the rate after unfreezing, a hundredth of that for the first layers, and these.
_HALF = 1 / 2
_HUNDREDTH = 1 / 100
_FROZEN_RISE = 0.99
_UNFROZEN_RISE = 0.3
_UNFROZEN_DIV = 5.0
# What fastai's `fit_one_cycle` does.
_RISE = 0.25
_DIV = 25.0


@dataclass(frozen=True, slots=True)
class Leg:
    """Hold one cycle of a training."""

    stage: Stage
    epochs: int
    # Epochs planned before it.
    before: int
    is_frozen: bool
    # The highest rates of the first and the last layers, as shares of the leg's own rate.
    shares: tuple[float, float]
    # Share of the leg during which the rate rises, and how much lower than its highest it starts.
    rise: float
    div: float

    def rates(self, rate: float) -> float | slice:
        """Return the highest rate as `fit_one_cycle` takes it: one for all layers, or from the first to the last."""
        first, last = self.shares
        return rate * last if first == last else slice(rate * first, rate * last)


def legs_of(config: FinetuneConfig) -> list[Leg]:
    """Return the legs in their order; a network that starts at random is trained whole, in one.

    The shares after unfreezing are of the rate before it, unless the unfrozen leg has a rate of its own.
    """
    if not config.pretrained:
        epochs = config.epochs_frozen + config.epochs_unfrozen
        return [Leg(Stage.UNFROZEN, epochs, 0, False, _shares(config, 1.0, 1.0), *_cycle(config, _RISE, _DIV))]
    fine = config.schedule == "fine_tune"
    rise = _FROZEN_RISE if fine else config.pct_start or _RISE
    div = _DIV if fine else config.div or _DIV
    frozen = Leg(Stage.FROZEN, config.epochs_frozen, 0, True, (1.0, 1.0), rise, div)
    if fine:
        # A rate that was asked for or found for the whole network is not halved.
        head = 1.0 if has_own_rate(config) else _HALF
        shares = _shares(config, head * _HUNDREDTH, head)
        cycle = _cycle(config, _UNFROZEN_RISE, _UNFROZEN_DIV)
    else:
        shares, cycle = _shares(config, _BODY_SHARE, _HEAD_SHARE), _cycle(config, _RISE, _DIV)
    unfrozen = Leg(Stage.UNFROZEN, config.epochs_unfrozen, config.epochs_frozen, False, shares, *cycle)
    return [leg for leg in (frozen, unfrozen) if leg.epochs]


def has_own_rate(config: FinetuneConfig) -> bool:
    """Tell whether the rate after unfreezing is given or looked for, rather than taken over."""
    return config.unfrozen_lr is not None or config.find_again


def _shares(config: FinetuneConfig, body: float, head: float) -> tuple[float, float]:
    first = body if config.body_share is None else config.body_share
    last = head if config.head_share is None else config.head_share
    # The last layers never learn slower than the first ones.
    return min(first, last), last


def _cycle(config: FinetuneConfig, rise: float, div: float) -> tuple[float, float]:
    return config.pct_start or rise, config.div or div
