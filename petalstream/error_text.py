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


def describe_value(value: object) -> str:
    """Return a number itself, and any other JSON value as describe_json does."""
    return str(value)[:MAX_CHARACTERS] if type(value) in (int, float) else describe_json(value)


def in_full(number: float) -> str:
    """Return a number as Python writes it, and a whole one below 10^16 without .0: 42, 1234567.5, 1e+16 and 1e-07.

    A whole number of more than 21 digits is rounded to a float.
    """
    if isinstance(number, float) and number.is_integer() and abs(number) < 1e16:
        number = int(number)
    return str(number) if abs(number) < 1e21 else repr(float(number))


def shorten(text: str) -> str:
    """Return `text` in at most MAX_CHARACTERS characters; an ellipsis stands for what is left out."""
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + "…"
