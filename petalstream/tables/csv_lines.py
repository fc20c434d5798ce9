"""The lines of a CSV (RFC 4180) with their numbers, so that an error can name the line."""

import csv
import io
from collections.abc import Iterator


class CsvError(ValueError):
    """A CSV that cannot be read from `line` on."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def numbered_lines(text: str, separator: str = ",") -> Iterator[tuple[int, list[str]]]:
    """Yield the number of each line, from 1, and its cells; a blank line has no cells.

    A quoted cell may contain line breaks; its line has the number of the first. Raises CsvError for quotes that do not
    match and for a cell above the csv module's field size limit.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CsvError(line, str(error)) from error
        yield line, cells
