"""From the bytes of a CSV to its text."""

import codecs
import gzip
import zlib

from petalstream.tables.csv_lines import CsvError
from services.trainer.definition import Csv

_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def decode(content: bytes, csv: Csv) -> str:
    """Return the text of a CSV, which may be in gzip, without a byte order mark. Raises CsvError."""
    if content.startswith(_ZIP):
        raise CsvError(1, "the file is a spreadsheet or a ZIP archive; save the table as CSV")
    if content.startswith(_GZIP):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise CsvError(1, f"the file is broken: {error}") from error
    encoding = codecs.lookup(csv.encoding).name
    mark = next((found for mark, found in _MARKS.items() if content.startswith(mark)), None)
    if not mark and not encoding.startswith(("utf-16", "utf-32")) and b"\0" in content:
        _refuse_zero_bytes(content, csv)
    is_utf8 = encoding == "utf-8"
    try:
        return content.decode(mark or ("utf-8-sig" if is_utf8 else encoding))
    except UnicodeError as error:
        start = error.start if isinstance(error, UnicodeDecodeError) else 0
        hint = f'; if it is Latin-1, write Csv({csv.path!r}, encoding="cp1252")' if is_utf8 else ""
        raise CsvError(content[:start].count(b"\n") + 1, f"not text in {encoding.upper()}{hint}") from error


def _refuse_zero_bytes(content: bytes, csv: Csv) -> None:
    """Raise CsvError; if about every other byte is zero, it says how to read the file as UTF-16."""
    line = content[: content.index(b"\0")].count(b"\n") + 1
    if content.count(b"\0") < len(content) / 4:
        raise CsvError(line, "it has a zero byte, which no text has")
    order = "le" if content[1:2] == b"\0" else "be"
    raise CsvError(line, f'it is UTF-16 without a byte order mark; write Csv({csv.path!r}, encoding="utf-16-{order}")')
