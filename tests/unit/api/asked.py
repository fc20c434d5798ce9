"""Requests for predictions, usual and unusual, right and wrong."""

import gzip
import io
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import create_environ

from tests.records import FLOWER

JSON = "application/json"
LIMIT = 30_000
KEYS = ("first-key", "second+key/=", "third=key")
PATIENT: dict[str, Any] = {
    "age": 75,
    "anaemia": 0,
    "creatinine_phosphokinase": 582,
    "diabetes": False,
    "ejection_fraction": 20,
    "high_blood_pressure": True,
    "platelets": 265000.0,
    "serum_creatinine": 1.9,
    "serum_sodium": 130,
    "sex": 1,
    "smoking": 0,
    "time": 4,
}
IRIS, HEART, INFER = "/models/iris/predict", "/models/heart_failure/predict", "/v2/models/iris/infer"
# Where each is served: with no setting of its own, where keys are asked for, and where scripts of others may ask.
PLAIN, GUARDED, SHARED = "plain", "guarded", "shared"


def of_json(content: object) -> bytes:
    return json.dumps(content).encode()


def in_columns(rows: list[dict[str, Any]]) -> bytes:
    return of_json({name: [row[name] for row in rows] for name in rows[0]})


def inputs(**more: Any) -> dict[str, Any]:
    """An inference request with a tensor for each feature."""
    given = [{"name": name, "datatype": "FP64", "shape": [1], "data": [value]} for name, value in FLOWER.items()]
    return {"inputs": given, **more}


def one_tensor(rows: int, **changes: Any) -> dict[str, Any]:
    data = list(FLOWER.values()) * rows
    return {"inputs": [{"name": "all", "datatype": "FP64", "shape": [rows, 4], "data": data, **changes}]}


@dataclass(frozen=True)
class Asked:
    """A request; `headers` with None take away what a client sends otherwise."""

    path: str
    body: bytes
    headers: Mapping[str, str | None] = field(default_factory=dict)
    where: str = PLAIN
    query: str = ""
    is_chunked: bool = False
    method: str = "POST"

    def brought(self) -> dict[str, str]:
        """The headers, without those that say where the body ends."""
        usual = {"Content-Type": JSON, "Host": "localhost", "X-Request-ID": "mine"}
        return {name: value for name, value in {**usual, **self.headers}.items() if value is not None}

    def sent(self) -> bytes:
        """The bytes that a client sends."""
        query = f"?{self.query}" if self.query else ""
        lines = [f"{self.method} {self.path}{query} HTTP/1.1", *map(": ".join, self.brought().items())]
        if self.is_chunked:
            chunks = b"%x\r\n%b\r\n" % (len(self.body), self.body) if self.body else b""
            return "\r\n".join([*lines, "Transfer-Encoding: chunked", "", ""]).encode() + chunks + b"0\r\n\r\n"
        return "\r\n".join([*lines, f"Content-Length: {len(self.body)}", "", ""]).encode() + self.body

    def environ(self) -> dict[str, Any]:
        """As a server gives it: with a stream that knows no more than to be read."""
        length = {"HTTP_TRANSFER_ENCODING": "chunked"} if self.is_chunked else {"CONTENT_LENGTH": str(len(self.body))}
        environ = create_environ(self.path, method=self.method, query_string=self.query, headers=self.brought())
        for name in ("CONTENT_LENGTH", *(["HTTP_HOST"] if "Host" not in self.brought() else [])):
            environ.pop(name, None)
        stream = io.BufferedReader(io.BytesIO(self.body))
        return {**environ, **length, "wsgi.input": stream, "wsgi.input_terminated": True}


def in_bytes(rows: int, headers: Mapping[str, str] | None = None, **more: Any) -> Asked:
    """An inference request with one tensor, as bytes after the JSON."""
    blob = struct.pack(f"<{4 * rows}d", *list(FLOWER.values()) * rows)
    given = {"name": "all", "datatype": "FP64", "shape": [rows, 4], "parameters": {"binary_data_size": len(blob)}}
    text = of_json({"inputs": [given], **more})
    described = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(text))}
    return Asked(INFER, text + blob, {**described, **(headers or {})})


ROW, ROWS = of_json(FLOWER), of_json([FLOWER] * 3)
MIXED = of_json([FLOWER, FLOWER | {"petal_width": -1}, 7, {}, FLOWER])
PATIENTS = [PATIENT, PATIENT | {"age": 119, "platelets": 9e6}, {k: v for k, v in PATIENT.items() if k != "sex"}]
BEARER = {key: {"Authorization": f"Bearer {key}"} for key in KEYS}
USUAL = {
    "a row": Asked("/predict", ROW),
    "a row of a model by its name": Asked(IRIS, ROW),
    "a list": Asked(IRIS, ROWS),
    "a list of one": Asked(IRIS, of_json([FLOWER])),
    "a long list": Asked(IRIS, of_json([FLOWER] * 200)),
    "columns": Asked(IRIS, in_columns([FLOWER] * 3)),
    "many columns": Asked(IRIS, in_columns([FLOWER | {"petal_width": n / 7} for n in range(100)])),
    "warnings": Asked(IRIS, of_json([FLOWER | {"petal_length": 999, "sepal_width": 1e-9}, FLOWER])),
    "a patient": Asked(HEART, of_json(PATIENT)),
    "patients": Asked(HEART, of_json(PATIENTS)),
    "many patients": Asked(HEART, of_json(PATIENTS[:2] * 20)),
    "patients in columns": Asked(HEART, in_columns(PATIENTS[:2] * 9)),
    "patients answered in columns": Asked(HEART, of_json(PATIENTS), query="format=columns"),
    "a report": Asked(IRIS, MIXED, query="on_error=report"),
    "a report without faults": Asked(IRIS, ROWS, query="on_error=report"),
    "a report of one bad row": Asked(IRIS, of_json(FLOWER | {"rose": 1}), query="on_error=report"),
    "a report of nothing but faults": Asked(HEART, of_json([{}, None]), query="on_error=report"),
    "a report in columns": Asked(IRIS, MIXED, query="on_error=report&format=columns"),
    "many answered in columns": Asked(IRIS, of_json([FLOWER] * 100), query="format=columns"),
    "one answered in columns": Asked("/predict", ROW, query="format=columns"),
    "whole floats, signs and small numbers": Asked(
        IRIS, b'{"sepal_length":5,"sepal_width":-0.0,"petal_length":1E0,"petal_width":1e-320}'
    ),
    "a name twice": Asked(IRIS, ROW[:-1] + b', "petal_width": 2.5}'),
    "a name twice, the first bad": Asked(IRIS, b'{"petal_width": "x", ' + ROW[1:]),
    "blanks around it": Asked(IRIS, b" \r\n\t" + ROW + b" \n"),
    "json alone is accepted": Asked(IRIS, ROW, {"Accept": JSON}),
    "gzip is accepted, for little": Asked(IRIS, ROW, {"Accept-Encoding": "gzip, deflate"}),
    "gzip is accepted, for much": Asked(IRIS, of_json([FLOWER] * 200), {"Accept-Encoding": "br, gzip;q=0.5"}),
    "gzip is not accepted": Asked(IRIS, of_json([FLOWER] * 200), {"Accept-Encoding": "gzip;q=0"}),
    "gzip is accepted, for columns": Asked(
        IRIS, of_json([FLOWER] * 200), {"Accept-Encoding": "gzip"}, query="format=columns"
    ),
    "without a length": Asked(IRIS, ROWS, is_chunked=True),
    "just within the limit": Asked(IRIS, ROW.ljust(LIMIT)),
    "with a port": Asked(IRIS, ROW, {"Host": "iris.example-1.org:8000"}),
    "with a trace and an origin": Asked(
        IRIS, ROW, {"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "Origin": "http://a.b"}
    ),
    "a strange name": Asked(IRIS, ROW, {"Host": "xn--zzzzzzzz--.a-"}),
    "a port that is none": Asked(IRIS, ROW, {"Host": "localhost:99999"}),
    "a key in small letters": Asked("/predict", ROW, {"Authorization": f"bearer {KEYS[0]}"}, GUARDED),
    "a key after two blanks": Asked("/predict", ROW, {"Authorization": f"Bearer  {KEYS[0]}"}, GUARDED),
    "tensors by columns": Asked(INFER, of_json(inputs())),
    "tensors without a content type": Asked(INFER, of_json(inputs()), {"Content-Type": None}),
    "tensors with an id": Asked(INFER, of_json(inputs(id="mine")), query="anything=goes"),
    "tensors with one output": Asked(INFER, of_json(inputs(outputs=[{"name": "predict_proba"}]))),
    "one tensor": Asked(INFER, of_json(one_tensor(3))),
    "one large tensor": Asked(INFER, of_json(one_tensor(100)), {"Accept-Encoding": "gzip"}),
    "one tensor, nested": Asked(INFER, of_json(one_tensor(2, data=[list(FLOWER.values())] * 2))),
    "tensors of patients": Asked(
        "/v2/models/heart_failure/infer",
        of_json(one_tensor(2, shape=[2, 12], data=[float(value) for value in PATIENT.values()] * 2)),
    ),
    **{f"the key {key}": Asked("/predict", ROW, given, GUARDED) for key, given in BEARER.items()},
    "a tensor in bytes": in_bytes(1),
    "a tensor in bytes, with bytes asked for": in_bytes(2, parameters={"binary_data_output": True}),
    "many rows in bytes, with an output in bytes": in_bytes(
        200, {"Accept-Encoding": "gzip"}, outputs=[{"name": "predict", "parameters": {"binary_data": True}}]
    ),
    "outputs in bytes for tensors in JSON": Asked(INFER, of_json(inputs(parameters={"binary_data_output": True}))),
    "tensors and a key": Asked(INFER, of_json(inputs()), BEARER[KEYS[0]], GUARDED),
    "a key by itself": Asked("/predict", ROW, {"X-API-Key": KEYS[1]}, GUARDED),
    "a password": Asked("/predict", ROW, {"Authorization": "Basic YTpmaXJzdC1rZXk="}, GUARDED),
    "a script of others": Asked("/predict", ROW, {"Origin": "https://a.example"}, SHARED),
    "a script of others that may not": Asked("/predict", ROW, {"Origin": "https://b.example"}, SHARED),
    "no script of others": Asked("/predict", ROW, where=SHARED),
    "a key where none is asked for": Asked("/predict", ROW, BEARER[KEYS[0]]),
    "a byte order mark": Asked(IRIS, b"\xef\xbb\xbf" + ROW),
    "a byte order mark before tensors": Asked(INFER, b"\xef\xbb\xbf" + of_json(inputs())),
    "a timeout": Asked(IRIS, ROW, {"X-Request-Timeout": "30"}),
    "a timeout of many rows": Asked(HEART, of_json([PATIENT] * 40), {"X-Request-Timeout": "0030.5"}),
    "a timeout of tensors": Asked(INFER, of_json(inputs()), {"X-Request-Timeout": "30"}),
    "null for an unused feature": Asked(HEART, of_json(PATIENT | {"sex": None})),
    "null for an unused feature of many": Asked(HEART, of_json([PATIENT | {"sex": None}] * 40)),
}
UNUSUAL = {
    "a bad row": Asked(IRIS, of_json(FLOWER | {"petal_width": -1})),
    "many bad rows": Asked(IRIS, of_json([FLOWER | {"petal_width": "x"}] * 200)),
    "bad columns": Asked(IRIS, in_columns([FLOWER, FLOWER | {"petal_width": None}])),
    "columns of two lengths": Asked(IRIS, of_json({"petal_width": [1], "petal_length": [1, 2]})),
    "empty columns": Asked(IRIS, of_json({name: [] for name in FLOWER})),
    "an empty list": Asked(IRIS, b"[]"),
    "no row": Asked(IRIS, b"7"),
    "nothing": Asked(IRIS, b""),
    "nothing, and no length": Asked(IRIS, b"", is_chunked=True),
    "nothing to infer": Asked(INFER, b""),
    "NaN": Asked(IRIS, ROW.replace(b"0.2", b"NaN")),
    "NaN, reported": Asked(IRIS, b"[" + ROW.replace(b"0.2", b"NaN") + b"," + ROW + b"]", query="on_error=report"),
    "Infinity in a tensor": Asked(INFER, of_json(one_tensor(1, data=[1, 2, 3, float("inf")]))),
    "a huge number": Asked(IRIS, ROW.replace(b"0.2", b"1e999")),
    "a big whole number": Asked(IRIS, ROW.replace(b"0.2", b"9" * 30)),
    "a number of 400 digits": Asked(IRIS, ROW.replace(b"0.2", b"9" * 400)),
    "a number of 5000 digits": Asked(IRIS, ROW.replace(b"0.2", b"9" * 5_000)),
    "half of a surrogate pair, reported": Asked(IRIS, b'[{"\\ud800": 1}]', query="on_error=report"),
    "half of a surrogate pair, reported in columns": Asked(
        IRIS, b'[{"\\ud800": 1}, ' + ROW + b"]", query="on_error=report&format=columns"
    ),
    "lists nested too deep": Asked(IRIS, b"[" * 9_000 + b"]" * 9_000),
    "objects nested too deep": Asked(IRIS, b'{"a":' * 2_000 + b"1" + b"}" * 2_000),
    "no UTF-8": Asked(IRIS, b'{"\xff": 1}'),
    "a timeout that cannot be read": Asked(IRIS, ROW, {"X-Request-Timeout": "soon"}),
    "a timeout of nothing": Asked(INFER, of_json(inputs()), {"X-Request-Timeout": "0.0"}),
    "an empty timeout": Asked(IRIS, ROWS, {"X-Request-Timeout": ""}),
    "half of it": Asked(IRIS, ROW[:-9]),
    "two of it": Asked(IRIS, ROW * 2),
    "a text": Asked(IRIS, ROW, {"Content-Type": "text/plain"}),
    "no content type": Asked(IRIS, ROW, {"Content-Type": None}),
    "a charset": Asked(IRIS, ROW, {"Content-Type": f"{JSON}; charset=utf-8"}),
    "json of another kind": Asked(IRIS, ROW, {"Content-Type": "application/problem+json"}),
    "csv": Asked(IRIS, b"sepal_length,sepal_width,petal_length,petal_width\n1,2,3,4\n", {"Content-Type": "text/csv"}),
    "a text to infer": Asked(INFER, of_json(inputs()), {"Content-Type": "text/plain"}),
    "csv is accepted": Asked(IRIS, ROWS, {"Accept": "text/csv"}),
    "a page is accepted": Asked(IRIS, ROWS, {"Accept": "text/html"}),
    "json and all else is accepted": Asked(IRIS, ROWS, {"Accept": "application/json, */*;q=0.1"}),
    "nothing is accepted": Asked(IRIS, ROWS, {"Accept": ""}),
    "a body in gzip": Asked(IRIS, gzip.compress(ROW), {"Content-Encoding": "gzip"}),
    "a body as it is": Asked(IRIS, ROW, {"Content-Encoding": "identity"}),
    "a body in what nobody knows": Asked(IRIS, ROW, {"Content-Encoding": "br"}),
    "an unknown model": Asked("/models/rose/predict", ROW),
    "an unknown model to infer": Asked("/v2/models/rose/infer", of_json(inputs())),
    "a version": Asked("/v2/models/iris/versions/1/infer", of_json(inputs())),
    "no such version": Asked("/v2/models/iris/versions/77/infer", of_json(inputs())),
    "another path": Asked("/models/iris/predict/", ROW),
    "another method": Asked(IRIS, b"", method="GET"),
    "no method": Asked(IRIS, ROW, method="PREDICT"),
    "a host that is none": Asked(IRIS, ROW, {"Host": "<script>"}),
    "a host with an underscore": Asked(IRIS, ROW, {"Host": "petal_api:8000"}),
    "a host in capitals": Asked(IRIS, ROW, {"Host": "LOCALHOST"}),
    "an empty host": Asked(IRIS, ROW, {"Host": ""}),
    "no host": Asked(IRIS, ROW, {"Host": None}),
    "a port of nothing": Asked(IRIS, ROW, {"Host": "localhost:"}),
    "a body that is too large": Asked(IRIS, ROW.ljust(LIMIT + 1)),
    "a body that is far too large": Asked(IRIS, of_json([FLOWER] * 5_000)),
    "a body that is too large, without a length": Asked(IRIS, ROW.ljust(LIMIT + 1), is_chunked=True),
    "a body that is far too large, without a length": Asked(IRIS, of_json([FLOWER] * 5_000), is_chunked=True),
    "too large to infer": Asked(INFER, of_json(inputs()).ljust(LIMIT + 1), is_chunked=True),
    "binary tensors": Asked(INFER, of_json(inputs()), {"Inference-Header-Content-Length": "10"}),
    "binary tensors of no length": Asked(INFER, of_json(inputs()), {"Inference-Header-Content-Length": ""}),
    "no inputs": Asked(INFER, b"{}"),
    "a wrong tensor": Asked(INFER, of_json(one_tensor(1, datatype="INT8"))),
    "tensors that do not fit": Asked(INFER, of_json(one_tensor(1, data=[1, 2, 3, -4]))),
    "a tensor of no columns": Asked(INFER, of_json(one_tensor(1, shape=[1, 0], data=[]))),
    "an unknown output": Asked(INFER, of_json(inputs(outputs=[{"name": "roses"}]))),
    "wishes the other way round": Asked(IRIS, MIXED, query="format=columns&on_error=report"),
    "a wish spelt otherwise": Asked(IRIS, ROWS, query="format=%63olumns"),
    "a wish for json": Asked(IRIS, ROWS, query="format=json"),
    "a wish for csv": Asked(IRIS, ROWS, query="format=csv"),
    "a wish that is none": Asked(IRIS, ROWS, query="format=roses"),
    "another wish that is none": Asked(IRIS, ROWS, query="on_error=cry"),
    "a wish twice": Asked(IRIS, MIXED, query="on_error=report&on_error=fail"),
    "a wish to fail": Asked(IRIS, ROWS, query="on_error=fail"),
    "no key": Asked("/predict", ROW, where=GUARDED),
    "a wrong key": Asked("/predict", ROW, {"Authorization": "Bearer no"}, GUARDED),
    "a wrong key to infer": Asked(INFER, of_json(inputs()), {"Authorization": "Bearer no"}, GUARDED),
    "two keys": Asked("/predict", ROW, {"Authorization": f"Bearer {KEYS[0]},Bearer {KEYS[0]}"}, GUARDED),
    "a wrong key by itself": Asked("/predict", ROW, {"X-API-Key": "no"}, GUARDED),
}
