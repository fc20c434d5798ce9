"""The error of a model that was fitted elsewhere."""


class FittedError(ValueError):
    """A model that cannot be used; the message says what was found and expected."""
