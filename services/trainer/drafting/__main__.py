"""`python -m services.trainer.drafting MODEL CSV TARGET`: write a model's file from a CSV in the data folder."""

import argparse
import sys
from pathlib import Path

from petalstream import settings
from petalstream.messages import MODEL_NAME
from services.trainer import models
from services.trainer.data.faults import DataError
from services.trainer.drafting.draft import write_definition
from services.trainer.drafting.table import read


def main() -> int:
    """Write the file, unless there is one. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="new", description="Write the file of a model from its CSV.")
    parser.add_argument("model", help="the name of the model")
    parser.add_argument("csv", help="the name of the CSV in the data folder")
    parser.add_argument("target", help="the name of the column to predict")
    arguments = parser.parse_args()
    if not MODEL_NAME.fullmatch(arguments.model):
        parser.error(
            f"a model's name is lower case letters, digits and _, and begins with a letter: {arguments.model!r}"
        )
    file = Path(models.__path__[0]) / f"{arguments.model}.py"
    if file.exists():
        parser.error(f"{file.relative_to(Path.cwd())} is there already; delete it, or take another name")
    name = arguments.csv.removeprefix("data/")
    try:
        table = read(settings.load_or_exit("trainer").data_dir / name, arguments.target)
    except DataError as error:
        print(f"new: {error}", file=sys.stderr)
        return 1
    file.write_text(write_definition(name, table, arguments.target), encoding="utf-8")
    print(f"wrote {file.relative_to(Path.cwd())}: read it, then `make check MODEL={arguments.model}`")
    return 0


if __name__ == "__main__":
    sys.exit(main())
