"""The peers of the benchmark: what a reader needs to repeat them is there and pinned."""

import json
import re
import string
from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.peers.catalogue import HTTP, STREAM, HttpPeer, StreamPeer

ROOT = Path(__file__).parents[3]
PEERS = ROOT / "benchmarks" / "peers"
ALL: Mapping[str, HttpPeer | StreamPeer] = {**HTTP, **STREAM}
COMMON = {"python", "bin", "folder", "model", "port"}
STREAMED = COMMON | {"bootstrap", "group", "requests", "predictions", "api_url"}
FLOWER = {"petal_width": 0.2, "petal_length": 1.4, "sepal_width": 3.5, "sepal_length": 5.1}


def pins(name: str) -> dict[str, str]:
    """The packages of a peer's environment, spelled alike, with their versions."""
    lines = [line for line in (PEERS / name / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    pairs = [line.split("==") for line in lines]
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in pairs}


@pytest.mark.parametrize("name", ALL)
def test_every_package_of_a_peer_is_pinned_to_one_version_and_no_index_is_named(name: str) -> None:
    text = (PEERS / name / "requirements.txt").read_text()
    assert text.startswith("# Direct: ")
    for line in text.splitlines()[1:]:
        assert re.fullmatch(r"[A-Za-z0-9_.-]+==[A-Za-z0-9_.+]+", line)


@pytest.mark.parametrize("name", ALL)
def test_the_packages_that_a_report_shows_are_among_the_pinned(name: str) -> None:
    assert ALL[name].packages
    assert set(ALL[name].packages) <= set(pins(name))


def test_a_peer_that_unpickles_the_model_has_the_libraries_it_was_pickled_with() -> None:
    ours = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    for name, peer in ALL.items():
        if any("{model}" in word for word in peer.command):
            for library in ("scikit-learn", "numpy", "joblib"):
                assert pins(name)[library] == ours[library], name


@pytest.mark.parametrize("name", ALL)
def test_a_command_has_known_placeholders_alone_and_names_files_that_exist(name: str) -> None:
    peer = ALL[name]
    known = COMMON if isinstance(peer, HttpPeer) else STREAMED
    for word in peer.command:
        assert {field for _, field, _, _ in string.Formatter().parse(word) if field} <= known
        if found := re.fullmatch(r"\{folder\}/([\w.]+).*", word):
            assert (PEERS / name / found[1]).exists()


def test_no_name_is_given_twice_and_every_folder_is_of_a_peer() -> None:
    assert not set(HTTP) & set(STREAM)
    folders = {path.parent.name for path in PEERS.glob("*/*") if path.suffix in (".py", ".json", ".txt")}
    assert folders == set(ALL) | {"bare"}


@pytest.mark.parametrize("name", HTTP)
def test_the_bodies_of_a_server_are_json_whatever_the_order_of_the_features(name: str) -> None:
    peer = HTTP[name]
    again = dict(reversed(FLOWER.items()))
    assert json.loads(peer.one_row(FLOWER)) == json.loads(peer.one_row(again))
    assert (peer.rows is None) == (peer.rows_path is None)
    if peer.rows:
        assert json.loads(peer.rows([FLOWER, FLOWER])) == json.loads(peer.rows([again, again]))


def test_an_inference_request_has_a_line_of_features_in_the_models_order_for_each_row() -> None:
    assert HTTP["mlserver"].rows
    request = json.loads(HTTP["mlserver"].rows([FLOWER, FLOWER]))
    assert request["inputs"][0]["shape"] == [2, 4]
    assert request["inputs"][0]["data"] == [5.1, 3.5, 1.4, 0.2] * 2
