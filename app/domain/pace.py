"""How long people really tagged, how quick they were, and when it will be done; pauses do not count."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Two minutes for one image are long; whoever needs longer has most likely left the desk.
PAUSE_SECONDS = 120.0
# Below a minute of work a pace says nothing: a few images answered at once would make thousands an hour.
LEAST_SECONDS = 60.0
SECONDS_AN_HOUR = 3600.0
# What lies further off than ten years is no expectation any more.
MOST_DAYS = 3650.0


@dataclass(frozen=True)
class Pace:
    """Answers whose time is known, and the seconds of work they took."""

    answers: int = 0
    seconds: float = 0.0

    @property
    def per_hour(self) -> float | None:
        """Return the answers in an hour of active time; None where too little is known."""
        return self.answers / self.seconds * SECONDS_AN_HOUR if self.seconds >= LEAST_SECONDS else None

    def __add__(self, other: "Pace") -> "Pace":
        """Put the work of two people together."""
        return Pace(self.answers + other.answers, self.seconds + other.seconds)


def pace(moments: npt.ArrayLike, spent: npt.ArrayLike, pause: float = PAUSE_SECONDS) -> Pace:
    """Measure the active time of one person.

    Answers of one moment were given together. Such a step took the time since the step before, unless that is longer
    than a pause; then, and for the first one, it took the time its image was on the screen, at most a pause. A step of
    which neither is known counts neither as answers nor as time.

    Args:
        moments: float [n], seconds since any fixed moment, in any order.
        spent: float [n], seconds from an image's appearance to its answer; NaN where unknown.
        pause: seconds; longer gaps are pauses.

    Raises:
        ValueError: when shapes disagree.

    """
    when, took = np.asarray(moments, dtype=np.float64), np.asarray(spent, dtype=np.float64)
    if when.ndim != 1 or when.shape != took.shape:
        raise ValueError(f"moments and seconds must be two rows of one length, not {when.shape} and {took.shape}")
    if not when.size:
        return Pace()
    steps, step_of, answers = np.unique(when, return_inverse=True, return_counts=True)
    on_screen = np.full(steps.shape, np.nan)
    np.fmax.at(on_screen, step_of, took)
    since = np.diff(steps, prepend=-np.inf)
    seconds = np.where(since <= pause, since, np.minimum(on_screen, pause))
    known = ~np.isnan(seconds)
    return Pace(int(answers[known].sum()), float(seconds[known].sum()))


def hours_left(missing: int, done: Pace) -> float | None:
    """Return the hours of active work that missing answers will take at a pace; None where there is none."""
    return missing / done.per_hour if done.per_hour else None


def days_left(missing: int, answers: int, days: float) -> float | None:
    """Return the days until nothing is missing, if people go on with so many answers in so many days.

    None where nothing was answered, or where it would take longer than ten years.
    """
    if answers <= 0 or days <= 0:
        return None
    left = missing * days / answers
    return left if left <= MOST_DAYS else None
