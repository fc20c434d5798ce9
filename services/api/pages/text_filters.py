"""How pages write what a manifest holds; plain functions, which the templates have as filters."""

from collections.abc import Mapping
from datetime import datetime


def moment(text: str) -> str:
    """A time of ISO 8601 in UTC as people write it: 2026-11-24T17:22:55Z is 24 November 2026, 17:22 UTC."""
    when = datetime.fromisoformat(text)
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def percent(share: float) -> str:
    """A share as a percentage with one decimal."""
    return f"{share:.1%}"


def spread(found: Mapping[str, float]) -> str:
    """A mean share and its spread, as percentages."""
    return f"{percent(found['mean'])} ± {percent(found['spread'])}"


def words(name: str) -> str:
    """A name of code as words: decision_tree is decision tree."""
    return name.replace("_", " ")


def capital(text: str) -> str:
    """The text with a capital first letter and the rest as it was."""
    return text[:1].upper() + text[1:]


def article(noun: str) -> str:
    """The noun with its indefinite article."""
    return f"an {noun}" if noun[:1].lower() in set("aeiou") else f"a {noun}"


def plain(number: float) -> str:
    """A number without digits that say nothing: 42.0 is 42, and 1.9 stays."""
    return str(int(number)) if float(number).is_integer() and abs(number) < 1e15 else repr(number)


FILTERS = {each.__name__: each for each in (moment, percent, spread, words, capital, article, plain)}
