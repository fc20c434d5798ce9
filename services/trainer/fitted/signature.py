"""What a fitted model says of its inputs and of what it predicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Signature:
    """The inputs and outputs of a fitted model, as far as it says something of them.

    `names` are those of its columns and `count` is how many it takes; None if it does not say. `labels` are those that
    it predicts, as texts: none if it predicts numbers, None if it predicts labels and does not say which. `texts` are
    the inputs that it takes as texts, and `whole` those that can have no missing value. `made_with` has the versions of
    the libraries that it was made with, by name.
    """

    names: Sequence[str] | None
    count: int | None
    labels: Sequence[str] | None
    texts: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()
    made_with: Mapping[str, str] = field(default_factory=dict)
