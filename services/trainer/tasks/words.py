"""Lists in sentences."""

from collections.abc import Sequence


def join(words: Sequence[str], last: str) -> str:
    """Return a list of words as in a sentence, with `last` before the last one: a, b and c."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
