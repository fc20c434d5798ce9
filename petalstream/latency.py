"""The latency and the age of a record, from a timestamp that its sender may have set to anything."""

# Kafka keeps a record for 7 days by default. An older timestamp is in another unit, or of the data and not of its send.
MOST_MS = 7 * 24 * 60 * 60 * 1000
# The clocks of two machines may differ by so much.
SKEW_MS = 1_000
# Nothing waits for longer: such a timestamp is in seconds, say.
MOST_AGE_SECONDS = 10 * 365 * 86_400


def latency(sent_ms: int, now_ms: int) -> int | None:
    """Return the milliseconds from the timestamp `sent_ms` to `now_ms`; None if they cannot be a latency.

    A timestamp up to SKEW_MS ahead gives 0.
    """
    found = now_ms - sent_ms
    return max(found, 0) if -SKEW_MS <= found <= MOST_MS else None


def age(sent_ms: int, now: float) -> float | None:
    """Return the seconds from the timestamp `sent_ms` to the time `now`; None if nothing can have waited for so long.

    A timestamp up to SKEW_MS ahead gives 0.
    """
    seconds = now - sent_ms / 1000
    return max(0.0, seconds) if sent_ms > 0 and -SKEW_MS / 1000 <= seconds <= MOST_AGE_SECONDS else None


def possible_time(sent_ms: int, now: float) -> float:
    """Return the timestamp `sent_ms` in seconds since 1970; the time `now` if nothing can have waited since then."""
    found = age(sent_ms, now)
    return now if found is None else now - found
