"""What `make import` is asked for."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from petalstream.messages import MODEL_NAME


@dataclass(frozen=True)
class Request:
    """The name of the new model, its file or folder, the CSV and the column to predict.

    `types` are confirmed by name, and with `is_trusted` the file may run code when it is opened. `sandbox` is the
    command that opens pickles in a container; without one they are opened in a process of its own. With `is_published`
    the model goes into the models folder of this machine, as the demo serves it.
    """

    model: str
    file: Path
    csv: Path
    target: str
    types: Sequence[str]
    is_trusted: bool
    sandbox: Sequence[str]
    is_published: bool


def read_request(arguments: Sequence[str] | None = None) -> Request:
    """Return what the command line asks for; exits with 2 if it asks for nothing that can be done."""
    parser = argparse.ArgumentParser(prog="import", description="Take in a model that was fitted elsewhere.")
    parser.add_argument("model", help="the name that the model gets")
    parser.add_argument("file", type=Path, help="an ONNX, skops or joblib file, or a folder that mlflow has written")
    parser.add_argument("csv", type=Path, help="the CSV to evaluate it on")
    parser.add_argument("target", help="the name of the column that it predicts")
    parser.add_argument("--types", default="", help="types of a skops file that may be opened, separated by commas")
    parser.add_argument("--trust", action="store_true", help="open the file even if that runs code that is in it")
    parser.add_argument("--sandbox", default="", help="the command that opens pickles, in a container")
    parser.add_argument("--publish", action="store_true", help="publish the model in the models folder")
    given = parser.parse_args(arguments)
    if not MODEL_NAME.fullmatch(given.model):
        parser.error(f"a model's name is lower case letters, digits and _, and begins with a letter: {given.model!r}")
    types = [each.strip() for each in given.types.split(",") if each.strip()]
    return Request(
        given.model, given.file, given.csv, given.target, types, given.trust, given.sandbox.split(), given.publish
    )
