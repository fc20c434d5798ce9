"""CSVs as people have them, with a line or a cell that is unusual or wrong."""

from tests.unit.trainer.houses import GOOD, HEADER, LINES, Ugly, column, german, told, with_line

OF_CELLS: dict[str, Ugly] = {
    "a cell too few": (
        with_line("50.5,3,yes,Köln,,yes"),
        {},
        told("2", "6 cells between commas, and the header has 7"),
    ),
    "a cell too many": (
        with_line("50.5,3,yes,Köln,,,yes,"),
        {},
        told("2", "8 cells between commas, and the header has 7"),
    ),
    "decimal commas between commas": (
        with_line("50,5,3,yes,Köln,,,yes"),
        {},
        told("2", "8 cells between commas, and the header has 7"),
    ),
    "a missing number": (column("area", ""), {}, told("2, area", "is missing; optional=True allows it")),
    "a missing number that may be": (column("rooms", ""), {}, ""),
    "a missing number beside a mark": (column("rooms", ""), {"missing": ("NA",)}, ""),
    "a missing number that must not be, beside a mark": (
        column("area", " "),
        {"missing": ("NA",)},
        told("2, area", "is missing; optional=True allows it"),
    ),
    "a column without any value": (
        "\n".join([HEADER, *(",".join([line.split(",")[0], "", *line.split(",")[2:]]) for line in LINES)]),
        {},
        told("1, rooms", "has no value in any line; leave it out with Ignored('rooms')"),
    ),
    "a mark for missing": (column("rooms", "NA"), {}, told("2, rooms", "must be a whole number, not the text 'NA'")),
    "a mark for missing, as told": (column("rooms", "NA"), {"missing": ("", "NA")}, ""),
    "a decimal mark for missing, as told": (german(GOOD).replace(";0;", ";-9,9;"), {"missing": ("", "-9,9")}, ""),
    "NaN": (column("area", "nan"), {}, told("2, area", "must be a finite number, not NaN or infinite")),
    "NaN for a number that may be missing": (column("rooms", "NaN"), {}, ""),
    "an infinite number": (
        column("area", "1e999"),
        {},
        told("2, area", "must be a finite number, not NaN or infinite"),
    ),
    "a cell with a NUL": (column("area", "50\0"), {}, told("2", "it has a zero byte, which no text has")),
    "a very long cell": (column("comment", "a" * 200_000), {}, told("2", "field larger than field limit (131072)")),
    "a number with a unit": (column("area", "50 m²"), {}, told("2, area", "must be a number, not the text '50 m²'")),
    "a number with a currency": (column("area", "€50"), {}, told("2, area", "must be a number, not the text '€50'")),
    "a number below the bound": (column("area", "-1"), {}, told("2, area", "must be at least 0 m², not -1")),
    "half a room": (column("rooms", "2.5"), {}, told("2, rooms", "must be a whole number, not 2.5")),
    "whole rooms with a point": (column("rooms", "2.0"), {}, ""),
    "thousands": (
        german(GOOD).replace("50,5", "1.050,5"),
        {},
        told("2, area", "must be a number, not the text '1.050,5'"),
    ),
    "thousands among decimal commas": (
        german(GOOD).replace("50,5", "1.500"),
        {"decimal": ","},
        told("2", "1.500 has a dot, and the file has decimal commas"),
    ),
    "decimal commas, as told, though they may separate thousands": (
        "\n".join(line.replace(".5", ",500") for line in GOOD.replace(",", ";").splitlines()),
        {"decimal": ","},
        "",
    ),
    "an ambiguous comma": (
        "\n".join(line.replace(".5", ",500") for line in GOOD.replace(",", ";").splitlines()),
        {},
        told("2", "50,500 has a comma that may separate thousands; write 1.5 with a dot, and 1500 without a comma"),
    ),
    "a word for yes": (
        column("garden", "ja"),
        {},
        told("2, garden", "must be yes or no (in JSON true or false, or 1 or 0), not the text 'ja'"),
    ),
    "TRUE of a spreadsheet": (column("garden", "TRUE"), {}, ""),
    "a choice that is none": (
        column("city", "Mainz"),
        {},
        told("2, city", "must be one of Köln, Bonn, not the text 'Mainz'"),
    ),
    "a date the German way": (
        column("built", "13.2.2001"),
        {},
        told("2, built", "must be a date such as 2026-11-29, not the text '13.2.2001'"),
    ),
    "a day that is none": (
        column("built", "2001-02-30"),
        {},
        told("2, built", "must be a date such as 2026-11-29, not the text '2001-02-30'"),
    ),
    "an unknown label": (column("sold", "maybe"), {}, told("2, sold", "must be one of yes, no, not the text 'maybe'")),
    "no label": (
        column("sold", ""),
        {},
        told("2, sold", "is missing; optional=True of the target leaves such rows out"),
    ),
    "a label of few rows": (
        "\n".join([HEADER, *LINES[:14]]),
        {},
        "houses.csv: sold 'yes' has 7 rows, and each class needs 10",
    ),
}
