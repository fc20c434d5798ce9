"""Which types of a skops file may be opened."""

from collections.abc import Sequence
from importlib import import_module

from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.labels import listed

_SCIKIT_LEARN = "sklearn"


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
    """Return the types of what came out of a pickle: classes of scikit-learn, and others that were named.

    Raises FittedError for others. TRUST=1 is not enough: whatever ran in the pickle may have written them, and a
    function, even one of numpy, may be one that runs code.
    """
    others = [each for each in untrusted if each not in confirmed and not _is_class_of_scikit_learn(each)]
    if others:
        raise FittedError(
            f"{name} has functions, or types of other packages than scikit-learn: {listed(others)}; add"
            f' TYPES="{",".join(others)}" if you know them'
        )
    return list(untrusted)


def _is_class_of_scikit_learn(name: str) -> bool:
    module, _, attribute = name.rpartition(".")
    packages = module.split(".")
    if packages[0] != _SCIKIT_LEARN or "tests" in packages:
        return False
    try:
        return isinstance(getattr(import_module(module), attribute, None), type)
    except Exception:  # the name may be any text
        return False
