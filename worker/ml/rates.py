"""Look for a learning rate by a mock training."""

from dataclasses import asdict, dataclass
from math import isfinite

import torch
from fastai.callback.schedule import minimum, slide, steep, valley
from fastai.learner import Learner

from app.errors import InvalidInputError
from app.i18n import gettext as _

# Batches in the mock training that looks for the learning rate. fastai's default of 100 would cost as much as nine
# epochs of 343 images; half as many give the same valley within the step of the search.
RATE_BATCHES = 50
# The slide compares losses fifteen batches apart; the others need a slope.
_FEWEST, _FEWEST_TO_SLIDE = 2, 17


class NoRateError(InvalidInputError):
    """The mock training ended before it said anything."""

    def __init__(self) -> None:
        super().__init__(
            _("No learning rate could be found: the loss explodes from the start. Please give one, say 0.001.")
        )


@dataclass(frozen=True, slots=True)
class RateSearch:
    """Hold what a mock training with rising rates showed."""

    # One rate and one smoothed loss per batch.
    rates: tuple[float, ...]
    losses: tuple[float, ...]
    # fastai's suggestions by name: valley, slide, steep, minimum.
    suggestions: dict[str, float]

    def to_dict(self) -> dict[str, object]:
        """Return the search for JSON."""
        return asdict(self)


def search_rates(learner: Learner) -> RateSearch:
    """Train with ever larger steps until the loss explodes; the network is as before afterwards.

    Raises:
        NoRateError: when the loss explodes, or is not a number, within the first batches.

    """
    # The suggestions are asked for afterwards: on too few batches fastai's own call of them fails without a word.
    learner.lr_find(num_it=RATE_BATCHES, show_plot=False, suggest_funcs=None)
    pairs = zip(learner.recorder.lrs, learner.recorder.losses, strict=False)
    seen = [(float(rate), float(loss)) for rate, loss in pairs]
    known = next((place for place, (_rate, loss) in enumerate(seen) if not isfinite(loss)), len(seen))
    # The first tenth is noise, and the last five batches are the explosion: as fastai leaves them out.
    used = seen[RATE_BATCHES // 10 : min(known, len(seen) - 5)]
    if len(used) < _FEWEST:
        raise NoRateError
    rates, losses = (torch.tensor(values) for values in zip(*used, strict=True))
    suggestions = {
        suggest.__name__: float(suggest(rates, losses, RATE_BATCHES)[0]) for suggest in (valley, steep, minimum)
    }
    # This one reckons in numpy, which will not take a tensor's logarithm for long.
    slides = len(used) >= _FEWEST_TO_SLIDE
    suggestions["slide"] = float(slide(rates.numpy(), losses, RATE_BATCHES)[0]) if slides else suggestions["valley"]
    return RateSearch(
        tuple(rate for rate, _loss in seen[:known]), tuple(loss for _rate, loss in seen[:known]), suggestions
    )
