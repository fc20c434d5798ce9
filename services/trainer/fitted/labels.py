"""Matches the labels that a fitted model predicts with those of a definition."""

from collections.abc import Iterable
from typing import Any

from services.trainer.definition import Classes, Definition
from services.trainer.definition.columns import label_text
from services.trainer.fitted.errors import FittedError

MAX_LISTED = 10


def match_labels(predicted: Iterable[Any], name: str, definition: Definition) -> dict[Any, int]:
    """Return the position of each label that the model of the file `name` predicts, in the order given.

    Raises FittedError if the definition has other labels.
    """
    target = definition.target
    assert isinstance(target, Classes)  # noqa: S101 - the caller has asked
    texts = {each: label_text(each) for each in predicted}
    if set(texts.values()) != set(target.words):
        raise FittedError(
            f"{name} predicts the labels {listed(texts.values())}, and {target.column} has {listed(target.words)}"
        )
    return {each: definition.labels.index(target.words[text]) for each, text in texts.items()}


def listed(texts: Iterable[str]) -> str:
    """Return the first MAX_LISTED texts as a list in a sentence."""
    found = list(texts)
    more = f" and {len(found) - MAX_LISTED} more" if len(found) > MAX_LISTED else ""
    return ", ".join(found[:MAX_LISTED]) + more
