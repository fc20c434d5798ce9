"""The definition of a model: its CSV, its columns, and its estimator."""

from services.trainer.definition.columns import Classes, Csv, Ignored
from services.trainer.definition.complaints import is_searched_by_voter
from services.trainer.definition.errors import DefinitionError
from services.trainer.definition.fitted import Fitted
from services.trainer.definition.model import Definition
from services.trainer.definition.source import Source

__all__ = ["Classes", "Csv", "Definition", "DefinitionError", "Fitted", "Ignored", "Source", "is_searched_by_voter"]
