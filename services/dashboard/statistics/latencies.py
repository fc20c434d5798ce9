"""Quantiles of latencies from counts in classes of growing width: each is right to 2.2 %."""

import math
from collections import Counter
from collections.abc import Mapping

# A class ends where the next one begins, 1/16 of an octave (4.4 %) later.
PER_OCTAVE = 16
_EXACT_MS = 2048
_CLASSES = [round(math.log2(milliseconds + 1) * PER_OCTAVE) for milliseconds in range(_EXACT_MS)]


def latency_class(milliseconds: int) -> int:
    """Return the number of the class of a latency of 0 ms or more."""
    if milliseconds < _EXACT_MS:
        return _CLASSES[milliseconds]
    return round(math.log2(milliseconds + 1) * PER_OCTAVE)


def quantile(classes: Mapping[int, int], share: float) -> float | None:
    """Return the latency in milliseconds that a `share` (0 to 1) of those counted does not exceed, None without any."""
    rank = share * sum(classes.values())
    passed = 0
    for number in sorted(classes):
        passed += classes[number]
        if passed >= rank:
            return float(2 ** (number / PER_OCTAVE) - 1)
    return None


def count(latencies: list[int]) -> Counter[int]:
    """Return how many of the latencies, in milliseconds, each class has."""
    return Counter(map(latency_class, latencies))
