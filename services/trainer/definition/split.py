"""How a definition wants its rows divided."""

from dataclasses import dataclass

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
