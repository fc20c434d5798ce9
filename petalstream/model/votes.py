"""When the share of a label is better said in votes."""

import math
from collections.abc import Sequence


def in_votes(label: str, share: float, votes: Sequence[str]) -> str | None:
    """Such as `2 of 3 votes`: 100% of a few would be taken for certainty.

    None where nobody votes, and where votes have weights, since a minority may win then.
    """
    count = votes.count(label)
    return f"{count} of {len(votes)} votes" if votes and math.isclose(count / len(votes), share, abs_tol=1e-9) else None
