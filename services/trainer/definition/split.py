"""How a definition wants its rows divided."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.trainer.definition.model import Definition

REFUSE, ALLOW = "refuse", "allow"


@dataclass(frozen=True)
class Split:
    """How rows are divided into training, validation and test part (3:1:1): at random, with equal shares of each label.

    - `group`: a column; rows with the same value, such as those of one house, are in one part.
    - `time`: a column of dates or numbers; the model is fitted on the earliest rows and tested on the latest.
    - `duplicates`: rows that equal another one are in one part with it, and many of them are refused. "allow" takes
      them for observations of their own, which happen to be equal.
    """

    group: str = ""
    time: str = ""
    duplicates: str = REFUSE

    @property
    def columns(self) -> list[str]:
        """Return the columns that are read for the split."""
        return [column for column in (self.group, self.time) if column]


def split_complaints(model: "Definition") -> Iterator[str]:
    """Yield what is wrong with the split of a definition."""
    split = model.split
    if not isinstance(split, Split):
        yield f'split must be as in Split(group="house_id", time="sold"), not {split!r}'
        return
    for option in ("group", "time"):
        column, others = getattr(split, option), [each.name for each in model.features]
        if not isinstance(column, str) or (column and column not in others):
            yield f"{option} of the split must be a column of the features, Ignored ones included, not {column!r}"
    if split.duplicates not in (REFUSE, ALLOW):
        yield f'duplicates of the split must be "{REFUSE}" or "{ALLOW}", not {split.duplicates!r}'
