"""When a lane writes no more dead letters: too many of its last outcomes, or too many in a row."""

from collections import deque
from collections.abc import Sequence

WINDOW = 1_000


class DeadLetterLimit:
    """Counts the dead letters among the last 1,000 outcomes of a lane.

    More than `share` of 1,000, or more than `in_a_row` without a prediction in between, are too many; 0 switches
    either off. The idea is that of sentry-arroyo's dead-letter limits.
    """

    def __init__(self, share: float, in_a_row: int) -> None:
        self._most = int(share * WINDOW) if share else WINDOW
        self._most_in_a_row = in_a_row
        self.clear()

    def clear(self) -> None:
        """Forget all outcomes."""
        self._window: deque[bool] = deque(maxlen=WINDOW)
        self._dead = self._in_a_row = 0

    def add_dead(self, count: int) -> None:
        """Count dead letters that are written already."""
        for _ in range(count):
            self._add(True)

    def admit(self, dead: Sequence[bool]) -> int:
        """Count outcomes up to the limit; return how many may be written: fewer than all once it is reached."""
        for number, is_dead in enumerate(dead):
            if is_dead and self._is_reached():
                return number
            self._add(is_dead)
        return len(dead)

    def __str__(self) -> str:
        """Say in words what was counted."""
        outcomes = f"{self._dead} of its last {len(self._window)} outcomes"
        return f"{outcomes} are dead letters, the last {self._in_a_row} in a row"

    def _is_reached(self) -> bool:
        leaving = self._window[0] if len(self._window) == WINDOW else False
        return self._dead - leaving >= self._most or 0 < self._most_in_a_row <= self._in_a_row

    def _add(self, is_dead: bool) -> None:
        if len(self._window) == WINDOW:
            self._dead -= self._window[0]
        self._window.append(is_dead)
        self._dead += is_dead
        self._in_a_row = self._in_a_row + 1 if is_dead else 0
