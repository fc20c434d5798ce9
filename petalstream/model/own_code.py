"""The code and the packages that a model brings along, which trainer and api must have alike."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

FOLDER = "model_code"
# Where the project is.
ROOT = Path(__file__).parent.parent.parent


def path_of(name: str) -> Path:
    """Return where the file `name` of the model code is."""
    return ROOT / FOLDER / name


def digests(names: Iterable[str]) -> dict[str, str]:
    """Return the sha256 of each file of the model code, "" for one that is not there."""
    paths = {name: path_of(name) for name in names}
    return {name: sha256(path.read_bytes()).hexdigest() if path.is_file() else "" for name, path in paths.items()}


def installed_versions(requirements: Iterable[str]) -> dict[str, str]:
    """Return the installed version of each required package, "" for one that is not installed."""
    return {name: installed(name) for name in (requirement.partition("==")[0].strip() for requirement in requirements)}


def find_fault(code: Mapping[str, str], requirements: Iterable[str]) -> str | None:
    """Return why a model with this code, by digests, and these requirements cannot be opened here; None if it can."""
    for name, digest in digests(code).items():
        if digest != code[name]:
            return f"{FOLDER}/{name} is {'another one' if digest else 'not there'}; `make up` builds it into the images"
    for requirement in requirements:
        name, _, wanted = requirement.partition("==")
        if (found := installed(name)) != wanted:
            return f"{requirement} is needed, and {found or 'no version'} is installed; `make up` installs it"
    return None


def installed(name: str) -> str:
    """Return the installed version of a package, "" if it is not installed."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
