"""Template filters that write what a manifest holds; each is a plain function."""

from collections.abc import Mapping
from datetime import datetime

from petalstream.error_text import in_full
from petalstream.readable import readable


def moment(text: str) -> str:
    """Return a time of ISO 8601 in UTC in words: 2026-11-24T17:22:55Z is 24 November 2026, 17:22 UTC."""
    when = datetime.fromisoformat(text)
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def instant(text: str) -> str:
    """Return a time of ISO 8601 in UTC to the second, short: 2026-11-24T17:22:55.123Z is 24 Nov 2026, 17:22:55."""
    when = datetime.fromisoformat(text)
    return f"{when.day} {when:%b %Y, %H:%M:%S}"


def percent(share: float) -> str:
    """Return a share as a percentage with one decimal."""
    return f"{share:.1%}"


def spread(score: Mapping[str, float]) -> str:
    """Return a score's `mean` and `spread`, both shares, as percentages."""
    return f"{percent(score['mean'])} ± {percent(score['spread'])}"


def score(number: float) -> str:
    """Return a score, which is a share or an error in any unit, with three decimals or with four digits."""
    return f"{number:.3f}" if not number or 0.001 <= abs(number) < 10 else readable(number)


def words(name: str) -> str:
    """Return a name of code as words: decision_tree is decision tree."""
    return name.replace("_", " ")


def capital(text: str) -> str:
    """Return the text with its first letter as a capital and the rest unchanged."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Return the text with a full stop, unless it ends with one."""
    return text if text.rstrip().endswith((".", "!", "?")) else f"{text.rstrip()}."


def article(noun: str) -> str:
    """Return the noun with its indefinite article."""
    return f"an {noun}" if noun[:1].lower() in set("aeiou") else f"a {noun}"


FILTERS = {
    function.__name__: function
    for function in (moment, instant, percent, spread, score, words, capital, sentence, article, in_full, readable)
}
