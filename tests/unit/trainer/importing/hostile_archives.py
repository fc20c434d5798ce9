"""Archives, folders and other files that are none that can be imported."""

import bz2
import gzip
import io
import json
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from tests.unit.trainer.importing.models import flowers, mlflow_folder
from tests.unit.trainer.importing.saving import MARKER, Calls, Make, saved


def _zipped(files: dict[str, bytes]) -> Make:
    def content(folder: Path) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        return file.getvalue()

    return saved("model.skops", content)


def _bomb(folder: Path) -> bytes:
    """An archive of 150 KB whose files have 2 GiB, as it says itself."""
    file, part = io.BytesIO(), bytes(2**26)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("schema.json", part)
    inner = bytearray(file.getvalue())
    # The sizes of the local header and of the directory: 64 MiB become 2 GiB.
    for at in (22, inner.index(b"PK\x01\x02") + 24):
        inner[at : at + 4] = (2**31 - 1).to_bytes(4, "little")
    return bytes(inner)


def _tar(folder: Path) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, target in (("link", "/etc/passwd"), ("../../outside", "x")):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return file.getvalue()


def _fifo(folder: Path) -> Path:
    os.mkfifo(folder / "model.onnx")
    return folder / "model.onnx"


def _device(folder: Path) -> Path:
    (folder / "model.onnx").symlink_to("/dev/zero")
    return folder / "model.onnx"


def _folder_with(text: str) -> Make:
    def make(folder: Path) -> Path:
        path = mlflow_folder(folder / "run", b"\x80\x04N.")
        (path / "MLmodel").write_text(text.replace(MARKER, str(folder / MARKER)))
        return path

    return make


def _linked(name: str) -> Make:
    def make(folder: Path) -> Path:
        path = mlflow_folder(folder / "run", b"\x80\x04N.")
        (path / name).rename(folder / name)
        (path / name).symlink_to(folder / name)
        return path

    return make


def _of_skops(payload: Callable[[], Any]) -> Make:
    return saved("model.skops", lambda _: bytes(skops.io.dumps(payload())))


def _fitted() -> Any:
    return LogisticRegression(max_iter=1_000).fit(*flowers())


_BOMB_OF_ALIASES = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}]\n"
    for old, new in zip("abcdefghijkl", "bcdefghijklm", strict=True)
)

ARCHIVES: dict[str, tuple[Make, str]] = {
    "half a skops file": (saved("m.skops", lambda _: skops.io.dumps(_fitted())[:900]), "is a broken ZIP archive"),
    "a skops file with a schema that is none": (_zipped({"schema.json": b"[1, 2"}), "is no skops file"),
    "a skops file that names files above": (
        _zipped({"schema.json": json.dumps({"__loader__": "JsonNode", "file": "../x"}).encode(), "../x": b"1"}),
        "is no skops file",
    ),
    "a skops file with a loop": (
        _zipped({"schema.json": b'{"__loader__": "ListNode", "content": ' * 3_000 + b"1" + b"}" * 3_000}),
        "is no skops file",
    ),
    "a ZIP archive": (_zipped({"archive/data.pkl": pickle.dumps(Calls(os.abort))}), "and so no skops file"),
    "a ZIP bomb": (saved("m.skops", _bomb), "and a model may have 1,073,741,824"),
    "a transformer": (_of_skops(lambda: FunctionTransformer(None)), "and no classifier or regressor of scikit-learn"),
    "a compressed archive with links": (saved("model.tar.gz", _tar), "is compressed and no joblib file"),
    "compressed zeros": (saved("m.gz", lambda _: gzip.compress(bytes(2**26))), "is compressed and no joblib file"),
    "compressed text": (saved("model.bz2", lambda _: bz2.compress(b"text")), "is compressed and no joblib file"),
    "a pickle as text, with a command": (
        saved("m.pkl", lambda folder: f"cos\nsystem\n(S'touch {folder / MARKER}'\ntR.".encode()),
        "is no ONNX file",
    ),
    "an empty file": (saved("model.onnx", lambda _: b""), "is empty"),
    "a text": (saved("model.onnx", lambda _: b"to be done\n"), "is no ONNX file"),
    "no file": (lambda folder: folder / "none.onnx", "cannot be read: No such file or directory"),
    "a pipe that nobody writes to": (_fifo, "is no file"),
    "a device without end": (_device, "is no file"),
    "a folder": (lambda folder: folder, "is a folder without MLmodel"),
    "MLmodel with a Python object": (
        _folder_with(f"flavors: !!python/object/apply:os.system ['touch {MARKER}']\n"),
        "MLmodel cannot be read",
    ),
    "MLmodel that is no YAML": (_folder_with("flavors: [\n"), "MLmodel cannot be read"),
    "MLmodel without flavors": (_folder_with("- 1\n"), "MLmodel has no flavors"),
    "MLmodel of aliases": (_folder_with(_BOMB_OF_ALIASES), "MLmodel has no flavors"),
    "MLmodel of another library": (
        _folder_with("flavors: {pytorch: {model_data: data}}\n"),
        "has the flavors pytorch; onnx or sklearn is expected",
    ),
    "MLmodel with a path above": (
        _folder_with("flavors: {sklearn: {pickled_model: ../../../etc/passwd}}\n"),
        "is no path below its folder",
    ),
    "MLmodel with an absolute path": (
        _folder_with("flavors: {sklearn: {pickled_model: /etc/passwd}}\n"),
        "is no path below its folder",
    ),
    "MLmodel with a list as path": (
        _folder_with("flavors: {sklearn: {pickled_model: [a]}}\n"),
        "must name a file as pickled_model",
    ),
    "mlflow with a link as its model": (_linked("model.pkl"), "is a symbolic link, which is not followed"),
    "mlflow with a link as MLmodel": (_linked("MLmodel"), "is a symbolic link, which is not followed"),
}
