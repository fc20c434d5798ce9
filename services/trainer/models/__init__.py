"""One file a model: it defines MODEL, a Definition, and its name is the model's name."""

import importlib
import pkgutil

from petalstream.messages import MODEL_NAME
from services.trainer.definition import Definition, DefinitionError


def model_names() -> list[str]:
    """Return the names of all models that have a file here, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load_definition(name: str) -> Definition:
    """Return the definition of the model `name`, one of `model_names()`. Raises DefinitionError."""
    file = f"services/trainer/models/{name}.py"
    if not MODEL_NAME.fullmatch(name):
        raise DefinitionError(f"{file}: a model's name is lower case letters, digits and _, and begins with a letter")
    try:
        found = importlib.import_module(f"{__name__}.{name}").MODEL
    except (Exception, SystemExit) as error:  # the file is a user's code and may raise anything
        raise DefinitionError(f"{file}: {type(error).__name__}: {error}") from error
    if not isinstance(found, Definition):
        raise DefinitionError(f"{file}: MODEL must be a Definition, not a {type(found).__name__}")
    return found
