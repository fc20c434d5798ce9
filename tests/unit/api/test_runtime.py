"""Which of a bundle's two models answers, and what its process needs for it."""

import dataclasses
import json
import logging
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from petalstream.model.bundle import ONNX, Bundle, sha256
from petalstream.model.graph import Graph
from petalstream.model.manifest import BundleError
from petalstream.model.outputs import ClassOutput
from services.api.models.loading import open_bundle
from services.trainer.conversion.onnx_model import IR_VERSION, OPSETS
from tests.outputs import classes

FLOWERS = np.array([[5.1, 3.5, 1.4, 0.2], [6.3, 2.7, 4.9, 1.8]])
FRESH = """
import sys
from pathlib import Path
from petalstream.model.bundle import Bundle
from services.api.models.loading import open_bundle
served = open_bundle(Bundle.at(Path(sys.argv[1])))
answer, = served.scorer.predict([served.manifest.golden[0]["features"]]).as_rows()
print(answer["label"], *sorted({name.split(".")[0] for name in sys.modules} & {"sklearn", "joblib", "scipy"}))
"""


@pytest.fixture
def own(iris: Bundle, tmp_path: Path) -> Bundle:
    """A copy of Iris that a test may spoil."""
    return Bundle.at(Path(shutil.copytree(iris.path, tmp_path / "iris" / "1")))


def changed(found: Bundle, **changes: Any) -> Bundle:
    """The bundle with another manifest."""
    path = found.path / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return Bundle.at(found.path)


def with_graph(found: Bundle, content: bytes) -> Bundle:
    """The bundle with another model.onnx, whose digest the manifest gives."""
    (found.path / ONNX).write_bytes(content)
    return changed(found, files={**found.manifest.files, ONNX: sha256(content)})


def answered(found: Bundle) -> list[dict[str, Any]]:
    return open_bundle(found).scorer.predict([row["features"] for row in found.manifest.golden]).as_rows()


@pytest.mark.parametrize("name", ["iris", "heart_failure"])
def test_a_converted_model_answers_without_scikit_learn(name: str, request: pytest.FixtureRequest) -> None:
    found: Bundle = request.getfixturevalue(name)
    command = [sys.executable, "-c", FRESH, str(found.path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert ended.stdout.split() == [found.manifest.golden[0]["label"]]


@pytest.mark.parametrize("name", ["iris", "heart_failure"])
def test_rows_scored_together_differ_from_those_alone_in_the_last_digit_at_most(
    name: str, request: pytest.FixtureRequest
) -> None:
    bundle: Bundle = request.getfixturevalue(name)
    scorer = open_bundle(bundle).scorer
    rows = [row for _, row, _ in bundle.test_set()]
    alone = [scorer.predict([row]) for row in rows]
    together = scorer.predict(rows * 3)
    probabilities = np.vstack([classes(each.output).probabilities for each in alone] * 3)
    assert np.abs(classes(together.output).probabilities - probabilities).max() < 1e-15
    assert (
        classes(together.output).classes.tolist()
        == [code for each in alone for code in classes(each.output).classes] * 3
    )


def test_a_model_that_was_not_converted_answers_by_scikit_learn(own: Bundle) -> None:
    by_pickle = answered(changed(own, onnx=None))
    for ours, theirs in zip(answered(own), by_pickle, strict=True):
        assert ours["label"] == theirs["label"]
        assert ours["probabilities"] == pytest.approx(theirs["probabilities"], abs=1e-12)


@pytest.mark.parametrize("library", ["scikit-learn", "joblib", "numpy"])
def test_a_converted_model_serves_whichever_libraries_it_was_trained_with(own: Bundle, library: str) -> None:
    other = changed(own, libraries={**own.manifest.libraries, library: "0.1"})
    other.verify_servable()
    assert answered(other) == answered(own)
    pickled = changed(other, onnx=None)
    for refuse in (pickled.verify_servable, lambda: open_bundle(pickled)):
        with pytest.raises(BundleError, match=f"was made with {library} 0.1"):
            refuse()


def test_a_pickle_that_is_not_needed_is_not_opened(own: Bundle) -> None:
    pickle = b"cnowhere.to_be_found\nEstimator\n."
    (own.path / "model.joblib").write_bytes(pickle)
    altered = changed(own, files={**own.manifest.files, "model.joblib": sha256(pickle)})
    assert [answer["label"] for answer in answered(altered)] == [row["label"] for row in own.manifest.golden]


def test_a_graph_that_cannot_be_read_leaves_the_model_to_scikit_learn(
    own: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    by_graph = answered(own)
    with caplog.at_level(logging.WARNING):
        by_pickle = answered(with_graph(own, b"no graph"))
    (told,) = caplog.messages
    assert told.startswith(f"{own.path / ONNX} does not serve, and model.joblib is opened instead: ")
    assert [answer["label"] for answer in by_pickle] == [answer["label"] for answer in by_graph]


def test_a_graph_that_answers_otherwise_leaves_the_model_to_scikit_learn(
    own: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    model = onnx.load_from_string(own.read(ONNX))
    for constant in model.graph.initializer:
        if constant.data_type == TensorProto.DOUBLE:
            constant.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(constant) * 1.01, constant.name))
    with caplog.at_level(logging.WARNING):
        assert answered(with_graph(own, model.SerializeToString()))
    assert "for a golden row" in caplog.messages[0]


def test_a_graph_that_was_altered_refuses_the_bundle(own: Bundle) -> None:
    (own.path / ONNX).write_bytes(b"no graph")
    with pytest.raises(BundleError, match=r"model\.onnx was altered"):
        open_bundle(own)


def test_a_bundle_that_says_it_was_converted_lists_the_graph(own: Bundle) -> None:
    files = {name: digest for name, digest in own.manifest.files.items() if name != ONNX}
    with pytest.raises(BundleError, match=r"does not list model\.onnx"):
        open_bundle(changed(own, files=files))


def test_golden_rows_are_asked_to_within_the_tolerance_of_the_conversion(
    own: Bundle, caplog: pytest.LogCaptureFixture
) -> None:
    first, *others = own.manifest.golden
    near = {**first, "probabilities": {label: p + 1e-5 for label, p in first["probabilities"].items()}}
    golden = [near, *others]
    assert answered(changed(own, golden=golden, tolerance=1e-4))
    assert not caplog.messages
    with pytest.raises(BundleError, match="for a golden row"):
        open_bundle(changed(own, golden=golden, tolerance=1e-6))


def with_numbers_elsewhere(path: str, size: int, constant: bool) -> bytes:
    """A graph that reads what it adds to the samples from a file, as a constant or as the attribute of a node."""
    kept = TensorProto(name="weights", data_type=TensorProto.DOUBLE, dims=[size], data_location=TensorProto.EXTERNAL)
    kept.external_data.add(key="location", value=path)
    add = helper.make_node("Add", ["samples", "weights"], ["probabilities"])
    graph = helper.make_graph(
        [add] if constant else [helper.make_node("Constant", [], ["weights"], value=kept), add],
        "model",
        [helper.make_tensor_value_info("samples", TensorProto.DOUBLE, ["n", size])],
        [helper.make_tensor_value_info("probabilities", TensorProto.DOUBLE, ["n", size])],
        [kept] if constant else [],
    )
    opsets = [helper.make_opsetid("", OPSETS[""])]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString())


@pytest.mark.parametrize("size", [4, 4_000])
@pytest.mark.parametrize("constant", [False, True])
@pytest.mark.parametrize("place", [Path.absolute, lambda path: path, lambda path: Path("..") / path.absolute().parent])
def test_a_graph_reads_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: Callable[[Path], Path], constant: bool, size: int
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("numbers")
    path.write_bytes(np.zeros(size).tobytes())
    graph = Graph(with_numbers_elsewhere(str(place(path)), size, constant))
    with pytest.raises(Exception, match=r"[Ee]xternal data"):
        graph.infer(np.zeros((1, size)))


def test_a_graph_with_operators_of_somebody_elses_is_not_opened() -> None:
    model = onnx.load_from_string(with_numbers_elsewhere("", 4, constant=False))
    del model.graph.node[0]
    model.graph.node[0].CopyFrom(helper.make_node("Run", ["samples"], ["probabilities"], domain="elsewhere"))
    model.opset_import.append(helper.make_opsetid("elsewhere", 1))
    with pytest.raises(Exception, match="elsewhere"):
        Graph(model.SerializeToString()).infer(np.zeros((1, 4)))


def test_a_process_that_was_forked_opens_a_session_of_its_own(iris: Bundle) -> None:
    graph = Graph(iris.read(ONNX))
    before = classes(graph.infer(FLOWERS))
    forked = multiprocessing.get_context("fork")
    ours, theirs = forked.Pipe()

    def work() -> None:
        inherited = graph._opened
        found = graph.infer(FLOWERS)
        theirs.send((found, os.getpid(), inherited is not graph._opened, graph._opened and graph._opened[0]))

    worker = forked.Process(target=work)
    worker.start()
    try:
        assert ours.poll(30), "the forked process has not answered within 30 s"
        found, process, opened, opened_by = ours.recv()
    finally:
        worker.kill()
        worker.join(10)
    assert process == worker.pid == opened_by
    assert opened
    assert isinstance(found, ClassOutput)
    assert found.probabilities.tolist() == before.probabilities.tolist()
    assert classes(graph.infer(FLOWERS)).classes.tolist() == before.classes.tolist()


def test_many_rows_are_answered_as_a_few_are(heart_failure: Bundle) -> None:
    inputs = heart_failure.manifest.inputs
    rows = [[each.encode(row[each.name]) for each in inputs] for _, row, _ in heart_failure.test_set()]
    graph = Graph(heart_failure.read(ONNX))
    few, many = classes(graph.infer(np.array(rows))), classes(graph.infer(np.array(rows * 40)))
    assert few.votes is not None
    assert many.votes is not None
    assert many.classes.tolist() == few.classes.tolist() * 40
    assert many.probabilities.tolist() == few.probabilities.tolist() * 40
    assert many.votes.tolist() == few.votes.tolist() * 40


def test_a_manifest_may_say_that_nothing_was_converted(iris: Bundle) -> None:
    manifest = dataclasses.replace(iris.manifest, onnx=None)
    assert type(manifest).from_json(manifest.to_json()).onnx is None
