"""The error of a definition."""


class DefinitionError(ValueError):
    """A definition that no model can be trained from; the message says what was found and expected."""
