"""Writes the files of a new model, and takes them back if the model cannot be published."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written(files: Mapping[Path, bytes], home: Path) -> Iterator[None]:
    """Write files that are not there yet; delete them, and the folder `home` if it is new, when an exception is raised.

    Raises OSError.
    """
    had_home = home.exists()
    made: list[Path] = []
    try:
        for path, content in files.items():
            with path.open("xb") as file:
                made.append(path)
                file.write(content)
        yield
    except BaseException:
        for path in made:
            path.unlink(missing_ok=True)
        if not had_home:
            shutil.rmtree(home, ignore_errors=True)
        raise
