"""The pinned versions that code depends on."""

from pathlib import Path

from petalstream.broker.client_version import PACKAGE, PATCHED_VERSION


def test_the_patched_version_of_kafka_python_is_the_one_that_is_installed_everywhere(root: Path) -> None:
    pins = [line for line in (root / "constraints.txt").read_text().split() if line.startswith(f"{PACKAGE}==")]
    assert pins == [f"{PACKAGE}=={PATCHED_VERSION}"]
