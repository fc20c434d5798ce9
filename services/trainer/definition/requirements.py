"""The packages that a model names."""

from packaging.requirements import Requirement
from packaging.version import Version

from petalstream.model import own_code


def find_fault(requirement: str) -> str | None:
    """Return what is wrong with a requirement such as "lightgbm==4.7.0", None if that version is installed."""
    try:
        name, wanted = _parse(requirement)
    except ValueError:
        return f'requirements must be such as "lightgbm==4.7.0", not {requirement!r}'
    found = own_code.installed(name)
    if found and Version(found) == wanted:
        return None
    return (
        f"{requirement} is needed, and {found or 'no version'} is installed; `make up`, `make train` and `make demo`"
        f' install it if the file of the model says requirements=["{requirement}"]'
    )


def _parse(requirement: str) -> tuple[str, Version]:
    """Return the name and the version. Raises ValueError for anything but a package with one version."""
    parsed = Requirement(requirement)
    (pin,) = parsed.specifier
    if pin.operator != "==" or parsed.url or parsed.marker or parsed.extras:
        raise ValueError(f"{requirement} is no package with one version")
    return parsed.name, Version(pin.version)
