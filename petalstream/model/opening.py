"""`python -m petalstream.model.opening BUNDLE REQUIREMENTS`: opens a bundle as the api does, with no more than it has.

REQUIREMENTS is the api's own file of requirements. Other packages that are installed here cannot be imported. Prints
the most memory in bytes that the process took to open the model and to score MEASURED_ROWS rows. Otherwise the last
line on standard error says why it failed.
"""

import sys
from collections.abc import Iterable, Sequence
from importlib.abc import MetaPathFinder
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path
from types import ModuleType

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from petalstream.model import own_code, peak_memory

MEASURED_ROWS = 500
OWN = ("petalstream", own_code.FOLDER)


class OnlyOf(MetaPathFinder):
    """Refuses to import what the api does not have.

    Allowed are the packages of the `distributions`, OWN of the project, and the files in `code` of the model code.
    """

    def __init__(self, distributions: Iterable[str], code: Iterable[str]) -> None:
        self._code = {f"{own_code.FOLDER}.{name.removesuffix('.py')}" for name in code}
        allowed, found = set(distributions), packages_distributions()
        others = {name for name, owners in found.items() if not allowed & set(map(canonicalize_name, owners))}
        project = {path.stem for path in own_code.ROOT.iterdir()}
        self._refused = others | project - set(OWN)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Raise ModuleNotFoundError for a module that the api does not have."""
        top = name.partition(".")[0]
        if top in self._refused or (name.startswith(f"{own_code.FOLDER}.") and name not in self._code):
            raise ModuleNotFoundError(
                f"the api has no module {name}; name its package in requirements=, and own code, which goes into"
                f" {own_code.FOLDER}/, in code=",
                name=name,
            )


def closure(requirements: Iterable[str]) -> set[str]:
    """Return the names of required distributions and of all that these require, as far as they are installed."""
    found, waiting = set[str](), [Requirement(each) for each in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        try:
            waiting += map(Requirement, requires(name) or [])
        except PackageNotFoundError:
            continue
    return found


def main(bundle: Path, requirements: Path) -> int:
    """Open the bundle and print the memory. Raises BundleError, and whatever unpickling raises."""
    from petalstream.model.bundle import Bundle

    opened = Bundle.at(bundle)
    named = [*requirements.read_text().split(), *opened.manifest.requirements]
    sys.meta_path.insert(0, OnlyOf(closure(named), opened.manifest.code))
    # Only now, as the finder is there: they import what the model is made of.
    from petalstream.model import golden, manifest_schema, runtime
    from petalstream.model.encoding import encode_inputs

    opened.verify()
    manifest_schema.check_bundle(opened)
    manifest = opened.manifest
    model = runtime.load_onnx(opened) if manifest.onnx else runtime.load_pickle(opened)
    golden.check_golden_rows(manifest, model)
    model(encode_inputs([each["features"] for each in manifest.golden], manifest.inputs).repeated(MEASURED_ROWS))
    print(peak_memory.most_bytes())
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
