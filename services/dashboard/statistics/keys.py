"""How many different keys the scored requests have: a row that is sent again says nothing new."""

MOST_KEYS = 5_000
SPAN_SECONDS = 3600


class Keys:
    """Counts different keys of the last hour, up to MOST_KEYS."""

    def __init__(self) -> None:
        self._last_seen: dict[int, float] = {}
        self._without_key = 0

    def add(self, key: bytes | None, now: float) -> None:
        """Add a key; a record without one counts as a row of its own."""
        number = hash(key) if key is not None else None
        if number is None:
            self._without_key += 1
            number = -self._without_key
        if number in self._last_seen or len(self._last_seen) < MOST_KEYS:
            self._last_seen[number] = now

    def count(self, now: float) -> int:
        """Return how many were seen in the last hour."""
        if any(now - seen > SPAN_SECONDS for seen in self._last_seen.values()):
            self._last_seen = {key: seen for key, seen in self._last_seen.items() if now - seen <= SPAN_SECONDS}
        return len(self._last_seen)
