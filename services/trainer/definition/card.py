"""What the people who make a model say of it, for its model card."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """The words of a model card; what is left empty is shown as not stated.

    - `intended_use`: what the model is for, and for whom; `out_of_scope`: what it must not be used for.
    - `limits`: what it cannot do, and what is known to be wrong with it or its data.
    - `factors`: what it may depend on how well the model predicts, such as groups of people, places or instruments.
    - `owner`: who answers for the model, and how they are reached.

    The sections are those of Mitchell et al., Model Cards for Model Reporting (2019).
    """

    intended_use: str = ""
    out_of_scope: str = ""
    limits: str = ""
    factors: str = ""
    owner: str = ""
