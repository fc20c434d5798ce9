"""JSON as bytes."""

import json
from typing import Any

import orjson

from services.api.scoring.predictions import Predictions


def write_json(content: Any) -> bytes:
    """`content` in JSON, of which numpy arrays are lists; a NaN in one is null."""
    try:
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)
    except orjson.JSONEncodeError:
        # A client can name half of a surrogate pair, or a number of very many digits, and gets it back in what is said.
        return json.dumps(content, allow_nan=False, default=_listed).encode()


def write_predictions(scored: Predictions) -> bytes:
    """Return the list of `scored.answers()` in JSON: what json_bytes() writes, in a third of the time, from pieces."""
    if scored.errors or scored.unused or scored.output.votes is not None:
        return write_json(scored.as_rows())
    manifest = scored.manifest
    names = [write_json(label) for label in manifest.labels]
    shares = write_json(scored.output.probabilities.ravel())[1:-1].split(b",")
    # Of a row: what is the same everywhere, and b"" where a label, a share for each class and the warnings stand.
    row = [b",%b" % write_json({"model": manifest.model, "version": manifest.version})[:-1], b',"label":', b""]
    for position, name in enumerate(names):
        row += [b',"probabilities":{%b:' % name if position == 0 else b",%b:" % name, b""]
    row += [b'},"warnings":', b"", b"}"]
    pieces = row * scored.row_count
    pieces[2 :: len(row)] = [names[position] for position in scored.output.classes.tolist()]
    for position in range(len(names)):
        pieces[4 + 2 * position :: len(row)] = shares[position :: len(names)]
    pieces[len(row) - 2 :: len(row)] = [b"[]"] * scored.row_count
    for number, said in scored.warnings.items():
        pieces[number * len(row) + len(row) - 2] = write_json(said)
    return b"[%b]" % b"".join(pieces)[1:]


def _listed(array: Any) -> Any:
    return orjson.loads(orjson.dumps(array, option=orjson.OPT_SERIALIZE_NUMPY))
