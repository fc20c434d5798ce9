"""The definition of a model: its CSV, its columns, and its estimator."""

from services.trainer.definition.card import Card
from services.trainer.definition.columns import Classes, Csv, Ignored
from services.trainer.definition.complaints import is_searched_by_voter
from services.trainer.definition.conditions import BetterThanBaseline, Condition, Floor, NoWorseThanServed
from services.trainer.definition.errors import DefinitionError
from services.trainer.definition.fitted import Fitted
from services.trainer.definition.model import Definition
from services.trainer.definition.source import Source
from services.trainer.definition.split import Split

__all__ = [
    "BetterThanBaseline",
    "Card",
    "Classes",
    "Condition",
    "Csv",
    "Definition",
    "DefinitionError",
    "Fitted",
    "Floor",
    "Ignored",
    "NoWorseThanServed",
    "Source",
    "Split",
    "is_searched_by_voter",
]
