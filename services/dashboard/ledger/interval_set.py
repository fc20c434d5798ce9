"""A set of whole numbers, kept as intervals: offsets are mostly consecutive."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

MOST = 2**62


class IntervalSet:
    """Holds intervals from a begin up to, not including, an end. They neither overlap nor touch.

    It takes 16 bytes an interval, however many numbers it holds.
    """

    def __init__(self) -> None:
        self._begins, self._ends = array("q"), array("q")

    def __contains__(self, number: int) -> bool:
        index = bisect_right(self._begins, number) - 1
        return index >= 0 and number < self._ends[index]

    def __len__(self) -> int:
        """Return how many intervals it holds."""
        return len(self._begins)

    def add(self, begin: int, end: int) -> int:
        """Add the numbers from `begin` up to, not including, `end`; return how many of them are new."""
        if begin >= end:
            return 0
        if self._ends and begin == self._ends[-1]:  # as of most batches
            self._ends[-1] = end
            return end - begin
        # The intervals that overlap or touch the new one.
        first, last = bisect_left(self._ends, begin), bisect_right(self._begins, end)
        held = self.count(begin, end)
        new = end - begin - held
        if first < last:
            begin, end = min(begin, self._begins[first]), max(end, self._ends[last - 1])
        self._begins[first:last], self._ends[first:last] = array("q", [begin]), array("q", [end])
        return new

    def discard(self, begin: int, end: int) -> None:
        """Remove the numbers from `begin` up to, not including, `end`."""
        first, last = bisect_right(self._ends, begin), bisect_left(self._begins, end)
        if begin >= end or first >= last:
            return
        kept = [(self._begins[first], begin), (end, self._ends[last - 1])]
        kept = [(low, high) for low, high in kept if low < high]
        self._begins[first:last] = array("q", [low for low, _ in kept])
        self._ends[first:last] = array("q", [high for _, high in kept])

    def between(self, begin: int, end: int = MOST) -> Iterator[tuple[int, int]]:
        """Yield the intervals that it holds of the numbers from `begin` up to, not including, `end`, in order."""
        if begin >= end:
            return
        for index in range(bisect_right(self._ends, begin), bisect_left(self._begins, end)):
            yield max(begin, self._begins[index]), min(end, self._ends[index])

    def count(self, begin: int, end: int = MOST) -> int:
        """Return how many of the numbers from `begin` up to, not including, `end` it holds."""
        return sum(high - low for low, high in self.between(begin, end))

    def gaps(self, begin: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the intervals of the numbers from `begin` up to, not including, `end` that it does not hold."""
        for low, high in self.between(begin, end):
            if begin < low:
                yield begin, low
            begin = high
        if begin < end:
            yield begin, end
