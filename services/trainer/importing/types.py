"""Which types of a skops file may be opened."""

from collections.abc import Sequence

from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.labels import listed

# Of an estimator that was pickled, which TRUST=1 covers already: its own parts.
OWN_PACKAGES = ("sklearn.", "numpy.", "scipy.")


def confirm(untrusted: Sequence[str], confirmed: Sequence[str], name: str, is_trusted: bool) -> list[str]:
    """Return the types that skops does not trust by itself. Raises FittedError for one that nobody has confirmed."""
    others = [] if is_trusted else [each for each in untrusted if each not in confirmed]
    if others:
        raise FittedError(
            f"{name} has types that skops does not trust: {listed(others)}; opening it runs what they do. If you know"
            f' them, add TYPES="{",".join(others)}", or TRUST=1 for all of them'
        )
    return list(untrusted)


def confirm_pickled(untrusted: Sequence[str], confirmed: Sequence[str], name: str) -> list[str]:
    """Return the types of what came out of a pickle: those of scikit-learn and others that were named.

    Raises FittedError for others. TRUST=1 is not enough: whatever ran in the pickle may have written them.
    """
    others = [each for each in untrusted if not each.startswith(OWN_PACKAGES) and each not in confirmed]
    if others:
        raise FittedError(
            f'{name} has types of other packages than scikit-learn: {listed(others)}; add TYPES="{",".join(others)}" if'
            " you know them"
        )
    return list(untrusted)
