"""What strangers wrote, made harmless for a terminal and a page."""

SHOWN = 80


def printable(text: str, most: int = SHOWN) -> str:
    """The first `most` characters; what would move the cursor, change colours or turn the writing round is escaped."""
    if len(text) <= most and text.isprintable():
        return text
    shown = (
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text[:most]
    )
    return "".join(shown) + ("…" if len(text) > most else "")
