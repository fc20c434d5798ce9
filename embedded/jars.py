"""`python -m embedded.jars`: fetch the jars of Apache Kafka from Maven's repository, once, and verify each digest."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from petalstream import lifecycle
from petalstream.model.bundle import sha256

VERSION = "3.9.1"
ARTIFACTS = f"org.apache.kafka:kafka_2.13:{VERSION}+org.slf4j:slf4j-reload4j:1.7.36"
DIGESTS = Path(__file__).with_name(f"kafka-{VERSION}.sha256")
CACHE = Path(__file__).parent.parent / ".cache" / f"kafka-{VERSION}"


class JarError(Exception):
    """A jar that could not be had, or is not the one that is pinned."""


def pinned() -> dict[str, str]:
    """The sha256 of every jar, by file name."""
    pairs = (line.split() for line in DIGESTS.read_text().splitlines())
    return {name: digest for digest, name in pairs}


def verify(folder: Path) -> None:
    """Raise JarError unless `folder` holds every pinned jar with its digest."""
    for name, digest in pinned().items():
        try:
            found = sha256((folder / name).read_bytes())
        except OSError as error:
            raise JarError(
                f"{folder / name} cannot be read ({error.strerror}): delete {folder} and try again"
            ) from error
        if found != digest:
            raise JarError(f"{folder / name} is not the pinned jar (sha256 {found}): delete {folder} and try again")


def fetch(cache: Path = CACHE) -> Path:
    """The folder of verified jars, downloaded on the first call. Raises JarError."""
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=f".{cache.name}-", dir=cache.parent))
        try:
            _download(staging)
            _put_in_place(staging, cache)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    verify(cache)
    return cache


def _put_in_place(staging: Path, cache: Path) -> None:
    """Rename a complete folder, unless another process that fetched at the same time was first."""
    try:
        staging.rename(cache)
    except OSError:
        if not cache.exists():
            raise


def classpath(folder: Path) -> str:
    """The verified jars, and nothing else of the folder, as java's -cp takes them."""
    return os.pathsep.join(str(folder / name) for name in pinned())


def _download(folder: Path) -> None:
    # Only here: they are slow to import, and most starts find the jars in the cache.
    import jgo
    from tqdm import tqdm

    print(f"fetching Apache Kafka {VERSION} ({len(pinned())} jars, 46 MB) ...", flush=True)
    digests = pinned()
    try:
        artifacts = tqdm(jgo.resolve(ARTIFACTS), unit=" jars", leave=False, disable=None)  # None: only on a terminal
        found = [Path(path) for artifact in artifacts if (path := artifact.resolve())]
    except Exception as error:  # jgo passes on whatever its HTTP client and XML parser raise
        raise JarError(f"Kafka's jars cannot be had: check network and proxy, and try again ({error})") from error
    for path in found:
        if sha256(path.read_bytes()) != digests.get(path.name):
            raise JarError(f"{path} is not the pinned jar, its sha256 differs: delete it and try again")
        shutil.copy(path, folder)
    if missing := digests.keys() - {path.name for path in found}:
        raise JarError(f"Maven's repository did not give {', '.join(sorted(missing))}: check the network and try again")


def main() -> int:
    """Fetch and verify; the exit code."""
    lifecycle.exit_on_sigterm()
    try:
        fetch()
    except JarError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
