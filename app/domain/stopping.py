"""When going on through a list of suspects is no longer worth the time."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.intervals import Interval, wilson

# As many as one judges in five to ten minutes.
WINDOW = 40
# Below one wrong answer in ten places most of the time goes into confirming what is right.
WORTHWHILE = 0.10


@dataclass(frozen=True)
class Advice:
    """Hold what the last places of a list brought: how many they were, how many wrong answers, and what follows."""

    places: int
    wrong: int
    interval: Interval
    stop: bool


def advise(wrong: Sequence[bool], window: int = WINDOW, worthwhile: float = WORTHWHILE) -> Advice:
    """Tell whether the places judged last still bring wrong answers to light.

    Suspects stand in a list with the likeliest first, so that the share of wrong answers falls along it. It is no
    longer worth going on when, of the last `window` judged places, the 95 % Wilson interval of that share lies wholly
    below `worthwhile`; with the defaults, when none of the last 40 was wrong. Fewer judged places give no such advice.

    Args:
        wrong: of each judged place, in the order of the list, whether the annotation was wrong.
        window: how many of the last ones to look at.
        worthwhile: the share of wrong answers below which going on is not worth it.

    """
    last = wrong[-window:] if window else wrong[:0]
    found = sum(last)
    interval = wilson(found, len(last))
    return Advice(len(last), found, interval, stop=0 < window == len(last) and interval.high < worthwhile)
