"""Rankings kept in this process: reckoned once for all who wish the same, and looked at from where one stands.

Nothing here has to be right: whatever is taken from a kept ranking is looked at once more before anybody gets it. What
is lost with the process is reckoned anew.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from app.services.rankings import Ranking

# A ranking of a million images takes 8 MB.
MOST_KEPT = 32
# What people passed by or hold is looked at again after this long: claims end, and answers are taken back.
FRONT_SECONDS = 60.0
MOST_FRONTS = 10_000

Place = int | str


@dataclass
class _Entry:
    """A ranking, and who is reckoning it now."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    ranking: Ranking | None = None
    made: float = 0.0

    def age(self) -> float:
        return time.monotonic() - self.made


@dataclass(frozen=True)
class _Front:
    place: Place
    of: object
    at: float


_entries: OrderedDict[Hashable, _Entry] = OrderedDict()
_fronts: OrderedDict[Hashable, _Front] = OrderedDict()
_lock = threading.Lock()


def ranking(key: Hashable, seconds: float, make: Callable[[], Ranking]) -> Ranking:
    """Give a ranking that is not older than some seconds; while one person waits for a new one, others get the old."""
    with _lock:
        entry = _entries.setdefault(key, _Entry())
        _entries.move_to_end(key)
        while len(_entries) > MOST_KEPT:
            _entries.popitem(last=False)
    if entry.ranking is not None and entry.age() < seconds:
        return entry.ranking
    if not entry.lock.acquire(blocking=entry.ranking is None) and entry.ranking is not None:
        return entry.ranking
    try:
        if entry.ranking is None or entry.age() >= seconds:
            entry.ranking, entry.made = make(), time.monotonic()
        return entry.ranking
    finally:
        entry.lock.release()


def forget(key: Hashable, *, older_than: float) -> None:
    """Let a ranking be reckoned anew the next time, unless that was done just now."""
    with _lock:
        entry = _entries.get(key)
        if entry is not None and entry.age() > older_than:
            del _entries[key]


def front(key: Hashable, of: object = None) -> Place | None:
    """Tell where somebody found the next image last time: nothing before it was for them then.

    None where that is too long ago, or was found in another ranking.
    """
    with _lock:
        found = _fronts.get(key)
    usable = found is not None and found.of is of and time.monotonic() - found.at < FRONT_SECONDS
    return found.place if found is not None and usable else None


def move_front(key: Hashable, place: Place, of: object = None) -> None:
    """Remember where somebody found the next image; how long that holds counts from the first time."""
    with _lock:
        known = _fronts.get(key)
        fresh = known is None or known.of is not of or time.monotonic() - known.at >= FRONT_SECONDS
        _fronts[key] = _Front(place, of, time.monotonic() if known is None or fresh else known.at)
        _fronts.move_to_end(key)
        while len(_fronts) > MOST_FRONTS:
            _fronts.popitem(last=False)
