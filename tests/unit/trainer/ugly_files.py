"""CSVs as people have them, whose format or header is unusual or wrong."""

import gzip

from tests.unit.trainer.houses import GOOD, LINES, Ugly, column, german, reordered, told

OF_FILES: dict[str, Ugly] = {
    "as it should be": (GOOD, {}, ""),
    "columns in another order": (reordered(GOOD), {}, ""),
    "blank lines": (GOOD.replace("\n", "\n\n"), {}, ""),
    "no line end at the end": (GOOD.rstrip(), {}, ""),
    "CRLF": (GOOD.replace("\n", "\r\n"), {}, ""),
    "line ends of old Macs": (GOOD.replace("\n", "\r"), {}, ""),
    "a byte order mark": ("\ufeff" + GOOD, {}, ""),
    "UTF-16 of a spreadsheet": (GOOD.encode("utf-16"), {}, ""),
    "gzip": (gzip.compress(GOOD.encode(), mtime=0), {}, ""),
    "UTF-16 without a mark": (
        GOOD.encode("utf-16-le"),
        {},
        told("1", "it is UTF-16 without a byte order mark; write Csv('houses.csv', encoding=\"utf-16-le\")"),
    ),
    "UTF-16 without a mark, as told": (GOOD.encode("utf-16-be"), {"encoding": "utf-16-be"}, ""),
    "commas at all ends": (GOOD.replace("\n", ",,\n"), {}, ""),
    "a comma at the end of the header": (GOOD.replace("\n", ",\n", 1), {}, ""),
    "values in a column without a name": (
        GOOD.replace("\n", ",1\n").replace("sold,1", "sold,"),
        {},
        told("1", "a name in the header is empty"),
    ),
    "semicolons and decimal commas": (german(GOOD), {}, ""),
    "sep= in the first line": ("sep=;\n" + german(GOOD), {}, ""),
    "tabs": (GOOD.replace(",", "\t"), {}, ""),
    "bars, as told": (GOOD.replace(",", "|"), {"delimiter": "|"}, ""),
    "Latin-1, as told": (GOOD.encode("latin-1"), {"encoding": "latin-1"}, ""),
    "quotes around everything": ("\n".join('"' + line.replace(",", '","') + '"' for line in GOOD.splitlines()), {}, ""),
    "blanks around cells": (GOOD.replace(",", " , "), {}, ""),
    "the index of pandas": (
        "\n".join(f"{i - 1 if i else ''},{line}" for i, line in enumerate(GOOD.splitlines())),
        {},
        "",
    ),
    "a line break within quotes": (column("comment", '"a\nb"'), {}, ""),
    "U+2028 within a cell": (column("comment", "a\u2028b"), {}, ""),
    "a form feed within a cell": (column("comment", "a\x0cb"), {}, ""),
    "an empty file": (
        "",
        {},
        told("1", "it is empty; a header that names the columns is needed, and at least one row"),
    ),
    "blanks alone": (
        "  \n \n",
        {},
        told("1", "it is empty; a header that names the columns is needed, and at least one row"),
    ),
    "bars": (
        GOOD.replace(",", "|"),
        {},
        told(
            "1",
            "'|' separates its cells, and expected are commas, semicolons or tabs; others are read if the definition"
            " names them: Csv('houses.csv', delimiter='|')",
        ),
    ),
    "Latin-1": (
        GOOD.encode("latin-1"),
        {},
        told("2", "not text in UTF-8; if it is Latin-1, write Csv('houses.csv', encoding=\"cp1252\")"),
    ),
    "gzip that breaks off": (
        gzip.compress(GOOD.encode(), mtime=0)[:-20],
        {},
        told("1", "the file is broken: Compressed file ended before the end-of-stream marker was reached"),
    ),
    "a quote that does not end": (column("comment", '"a'), {}, told("2", "unexpected end of data")),
    "a spreadsheet itself": (
        b"PK\x03\x04" + bytes(range(256)),
        {},
        told("1", "the file is a spreadsheet or a ZIP archive; save the table as CSV"),
    ),
}
OF_HEADERS: dict[str, Ugly] = {
    "no header": (
        "\n".join(LINES),
        {},
        told(
            "1",
            "it has none of the columns area, rooms, garden, city, built, sold, comment;"
            " the first line must be their names",
        ),
    ),
    "a column twice": (GOOD.replace("rooms", "area", 1), {}, told("1", "the header has 'area' 2 times")),
    "a column without a name": (GOOD.replace("rooms", "", 1), {}, told("1", "a name in the header is empty")),
    "a column that is missing": (
        GOOD.replace("rooms", "Rooms", 1),
        {},
        "houses.csv has 2 faults:"
        "\n  line 1, rooms: there is no such column; the columns are area, Rooms, garden, city, built, comment, sold"
        "\n  line 1, Rooms: is no feature; leave it out with Ignored('Rooms')",
    ),
    "a column that is unknown": (
        "\n".join(f"{line},{'price' if i == 0 else i}" for i, line in enumerate(GOOD.splitlines())),
        {},
        told("1, price", "is no feature; leave it out with Ignored('price')"),
    ),
}
