"""In a loop the producer streams what is served then, whatever becomes of the version that it has."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from petalstream.model.bundle import Bundle
from services.producer.samples import Sample, again_and_again
from services.trainer.rollback import roll_back
from tests.publications import publish_again


@pytest.fixture
def first(iris: Bundle, tmp_path: Path) -> Bundle:
    """Version 1 of Iris, which is served, with three samples; version 2 will have two."""
    return publish_again(tmp_path, iris, samples=3)


def passed(samples: Iterator[Sample], count: int) -> list[str]:
    """The lines of the next samples."""
    return [line for line, _, _ in itertools.islice(samples, count)]


@pytest.fixture
def lines(iris: Bundle) -> list[str]:
    """The lines of the first three samples."""
    return passed(iris.test_set(), 3)


@pytest.mark.parametrize("keep", [1, 5])
def test_a_pass_ends_in_its_version_and_the_next_one_is_of_the_served_version(
    first: Bundle, iris: Bundle, lines: list[str], keep: int
) -> None:
    models_dir = first.path.parent.parent
    samples = again_and_again(models_dir, first)
    assert passed(samples, 1) == lines[:1]
    publish_again(models_dir, iris, keep, samples=2)
    assert first.path.exists() == (keep > 1)
    assert passed(samples, 6) == lines[1:] + lines[:2] + lines[:2]
    if keep > 1:
        roll_back(models_dir, "iris", None)
        assert passed(samples, 3) == lines


def test_a_served_version_that_is_bad_is_named_once_and_the_last_good_one_goes_on(
    first: Bundle, iris: Bundle, lines: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    models_dir = first.path.parent.parent
    samples = again_and_again(models_dir, first)
    passed(samples, 3)
    second = publish_again(models_dir, iris, samples=2)
    whole = (second.path / "model.joblib").read_bytes()
    (second.path / "model.joblib").write_bytes(b"altered")
    assert passed(samples, 9) == lines * 3
    (told,) = caplog.messages
    assert told.startswith("iris: version 1 is streamed on: ")
    assert "2/model.joblib was altered" in told
    (second.path / "model.joblib").write_bytes(whole)
    assert passed(samples, 4) == lines[:2] * 2
    (second.path / "model.joblib").write_bytes(b"altered")
    assert passed(samples, 4) == lines[:2] * 2
    assert [message.split(": /")[0] for message in caplog.messages[1:]] == ["iris: version 2 is streamed on"]


def test_a_model_that_was_taken_away_is_streamed_no_more(
    first: Bundle, lines: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    models_dir = first.path.parent.parent
    samples = again_and_again(models_dir, first)
    passed(samples, 1)
    shutil.rmtree(first.path.parent)
    assert passed(samples, 9) == lines[1:]
    assert caplog.messages[-1].startswith("iris is streamed no more: ")


def test_a_test_set_that_was_altered_is_streamed_no_more(first: Bundle, lines: list[str]) -> None:
    samples = again_and_again(first.path.parent.parent, first)
    passed(samples, 3)
    (first.path / "test.csv").write_text("line\n1\n")
    assert passed(samples, 9) == []
