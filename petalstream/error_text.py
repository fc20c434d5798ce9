"""What error messages say of a value that was found."""

MAX_CHARACTERS = 40


def describe_json(value: object) -> str:
    """Return the JSON type of `value` in words, and for a string its first MAX_CHARACTERS characters too."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return f"the text {shorten(value)!r}"
    return {list: "a list", dict: "an object", int: "a number", float: "a number"}.get(type(value), "something else")


def in_full(number: float) -> str:
    """Return a number with all its digits and without needless ones: 42.0 is 42, and 1234567.5 stays as it is.

    A whole number of more than 21 digits is rounded to a float.
    """
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e16:
        number = int(number)
    return str(number) if abs(number) < 1e21 else repr(float(number))


def shorten(text: str) -> str:
    """Return `text` in at most MAX_CHARACTERS characters; an ellipsis stands for what is left out."""
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
