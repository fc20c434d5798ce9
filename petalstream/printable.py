"""Shows text and bytes that anybody may have written: what would move a cursor or hide is escaped."""

import codecs

SHOWN = 80


def printable(text: str, most: int = SHOWN) -> str:
    """The first `most` characters; what would move the cursor, change colours or turn the writing round is escaped."""
    if len(text) <= most and text.isprintable():
        return text
    parts = (
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text[:most]
    )
    return "".join(parts) + ("…" if len(text) > most else "")


def printable_bytes(data: bytes, most: int = SHOWN) -> str:
    """The beginning of a key or value as text, or as Python writes bytes where it is not UTF-8."""
    # A character has up to four bytes, and the last one of this piece may be cut.
    piece, is_whole = data[: most * 4 + 1], len(data) <= most * 4
    try:
        return printable(codecs.getincrementaldecoder("utf-8")().decode(piece, final=is_whole), most)
    except UnicodeDecodeError:
        return repr(data[:most]) + ("…" if len(data) > most else "")
