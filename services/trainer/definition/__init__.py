"""The definition of a model: its CSV, its columns, and its estimator."""

from services.trainer.definition.card import Card
from services.trainer.definition.columns import Classes, Csv, Ignored
from services.trainer.definition.complaints import is_searched_by_voter
from services.trainer.definition.errors import DefinitionError
from services.trainer.definition.model import Definition
from services.trainer.definition.source import Source
from services.trainer.definition.split import Split

__all__ = [
    "Card",
    "Classes",
    "Csv",
    "Definition",
    "DefinitionError",
    "Ignored",
    "Source",
    "Split",
    "is_searched_by_voter",
]
