"""Lays out the lines of a definition, so that none is longer than the project's lines are."""

import ast
import textwrap
from collections.abc import Iterator, Sequence
from typing import cast

MOST = 120


def lay_out(code: str, comment: str, indent: int = 8) -> Iterator[str]:
    """Yield the lines of an argument, such as Number("area"), with its comment beside it or above it."""
    margin, line = " " * indent, f"{' ' * indent}{code},"
    if len(f"{line}  # {comment}") <= MOST:
        yield f"{line}  # {comment}" if comment else line
        return
    if comment:
        yield from textwrap.wrap(comment, MOST, initial_indent=f"{margin}# ", subsequent_indent=f"{margin}# ")
    yield from [line] if len(line) <= MOST else _break(code, margin)


def _break(code: str, margin: str) -> Iterator[str]:
    """Yield the lines of a call, or of a name and a call, with a line for each argument."""
    name, equals, after = code.partition("=") if code.split("=")[0].isidentifier() else ("", "", code)
    call = cast("ast.Call", ast.parse(after, mode="eval").body)
    yield f"{margin}{name}{equals}{ast.get_source_segment(after, call.func)}("
    for argument in (*call.args, *call.keywords):
        before = f"{argument.arg}=" if isinstance(argument, ast.keyword) else ""
        value = argument.value if isinstance(argument, ast.keyword) else argument
        text = f"{margin}    {before}{ast.get_source_segment(after, value)},"
        if len(text) > MOST and isinstance(value, ast.Tuple | ast.List):
            elements = [str(ast.get_source_segment(after, each)) for each in value.elts]
            left, right = "()" if isinstance(value, ast.Tuple) else "[]"
            yield f"{margin}    {before}{left}"
            yield from _fill(elements, f"{margin}        ")
            yield f"{margin}    {right},"
        else:
            yield text
    yield f"{margin}),"


def _fill(elements: Sequence[str], margin: str) -> Iterator[str]:
    line = margin
    for element in elements:
        if len(line) + len(element) + 1 > MOST and line.strip():
            yield line.rstrip()
            line = margin
        line += f"{element}, "
    yield line.rstrip()
