"""`python -m services.trainer.importing MODEL FILE CSV TARGET`: take in a fitted model; 1 if it is refused."""

import re
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import shorten

from petalstream import lifecycle, logs, settings
from petalstream.settings import Settings
from services.trainer import models
from services.trainer.conditions.decisions import Refused
from services.trainer.data.faults import DataError
from services.trainer.definition import DefinitionError
from services.trainer.drafting.table import read
from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.opening import read_signature
from services.trainer.importing.acceptance import Accepted, accept
from services.trainer.importing.columns import check_target, match_columns
from services.trainer.importing.draft import write_definition
from services.trainer.importing.rehearsal import rehearse
from services.trainer.importing.request import Request, read_request
from services.trainer.importing.written import written
from services.trainer.models import load_definition
from services.trainer.publishing.trial import CannotBeServed
from services.trainer.training import train_definition

MAX_LENGTH = 600
# What the file that is written may name.
_NAME = re.compile(r"[\w .+()-]+")


def main() -> int:
    """Do what the command line asks for. Returns the exit code."""
    request = read_request()
    lifecycle.exit_on_sigterm()
    configured = settings.load_or_exit("trainer")
    logs.configure(configured.log_level)
    return run(configured, request)


def run(configured: Settings, request: Request) -> int:
    """Import the model and say what was made of it. Returns the exit code: 1 if it was refused."""
    try:
        take_in(configured, request)
    except DataError as error:  # a line for each fault of the CSV
        return _refuse(request, str(error))
    except (FittedError, DefinitionError, Refused, CannotBeServed, OSError) as error:
        return _refuse(request, _one_line(error))
    except Exception as error:  # the model is somebody's, and may raise anything
        return _refuse(request, f"{type(error).__name__}: {_one_line(error)}")
    return 0


def _refuse(request: Request, reason: str) -> int:
    print(f"import: {request.model}: {reason}", file=sys.stderr)
    return 1


def _one_line(error: Exception) -> str:
    return shorten(str(error), MAX_LENGTH)


def take_in(configured: Settings, request: Request) -> None:
    """Write the files of the model and evaluate it. Raises what says why it is refused; then nothing is left behind."""
    definition = Path(models.__path__[0]) / f"{request.model}.py"
    _require_new(definition)
    if not request.csv.is_file():
        raise DataError(f"{request.csv} is no file; it should be a CSV with rows that the model has not seen")
    table = read(request.csv, request.target)
    accepted = accept(request)
    for note in accepted.notes:
        print(f"import: {note}", flush=True)
    files = _files(configured.data_dir, request, accepted)
    name = accepted.name
    signature = read_signature(accepted.fitted, accepted.content, name)
    labels = signature.labels if check_target(table, request.target, signature, name) else ()
    columns = match_columns(table, request.target, signature, name)
    if labels is None:
        labels = sorted({cell.strip() for cell in table.columns[request.target]} - {""})
    text = write_definition(request.csv.name, table, request.target, columns, labels, accepted.fitted)
    rehearse(text, request.csv, accepted)
    files[definition] = text.encode()
    with TemporaryDirectory() as folder:
        models_dir = configured.models_dir if request.is_published else Path(folder)
        with written(files, models_dir / request.model):
            _evaluate(configured, models_dir, request.model)
    print(f"import: wrote {', '.join(str(_shown(path)) for path in files)}", flush=True)


def _evaluate(configured: Settings, models_dir: Path, name: str) -> None:
    published = train_definition(replace(configured, models_dir=models_dir), name, load_definition(name))
    if models_dir == configured.models_dir:
        print(f"{name}: published version {published.manifest.version} in {published.path}", flush=True)


def _files(data_dir: Path, request: Request, accepted: Accepted) -> dict[Path, bytes]:
    """Return the files that go into the data folder: the model, and the CSV if the same one is not there already."""
    model, csv = data_dir / accepted.fitted.path, data_dir / request.csv.name
    _require_new(model)
    if not _NAME.fullmatch(request.csv.name):
        raise DataError(f"{request.csv.name!r} is no plain name of a file; rename the CSV")
    content = request.csv.read_bytes()
    if csv.is_file() and csv.read_bytes() == content:
        return {model: accepted.content}
    _require_new(csv)
    return {model: accepted.content, csv: content}


def _require_new(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise FittedError(f"{_shown(path)} is there already; delete it, or take another name")


def _shown(path: Path) -> Path:
    """Return a path from here on if it is below the working directory."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


if __name__ == "__main__":
    sys.exit(main())
