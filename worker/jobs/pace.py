"""How fast a training goes: images a second, and the time it will still take."""

import time
from collections import deque
from collections.abc import Callable, Hashable

# Long enough to be steady, short enough to show that another program has begun to take the processor.
WINDOW_SECONDS = 5.0


class Pace:
    """Reckons images a second over the last seconds of one stretch of work."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._stretch: Hashable = None
        self._seen: deque[tuple[float, int]] = deque()

    def see(self, stretch: Hashable, images: int) -> float | None:
        """Note how many images of a stretch, such as an epoch, are done; gives the pace, or None while unknown."""
        moment = self.clock()
        if stretch != self._stretch or (self._seen and images < self._seen[-1][1]):
            self._stretch = stretch
            self._seen.clear()
        self._seen.append((moment, images))
        while len(self._seen) > 2 and moment - self._seen[0][0] > WINDOW_SECONDS:
            self._seen.popleft()
        since, before = self._seen[0]
        return (images - before) / (moment - since) if moment > since else None


class Remaining:
    """Reckons the time left of a stretch of work, by what this worker itself has done of it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._stretch: Hashable = None
        self._began, self._first = 0.0, 0

    def see(self, stretch: Hashable, done: int, total: int) -> float | None:
        """Note how far a stretch is; gives the seconds left, or None while nobody can tell."""
        moment = self.clock()
        if stretch != self._stretch or done < self._first:
            self._stretch, self._began, self._first = stretch, moment, done
        worked = done - self._first
        return (moment - self._began) * (total - done) / worked if worked > 0 else None
