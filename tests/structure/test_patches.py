"""Patches of kafka-python's private parts belong to one version, and each has a test that says when it can go."""

import ast
from pathlib import Path

from petalstream.broker.client_version import PACKAGE, PATCHED_VERSION


def test_the_patched_version_of_kafka_python_is_the_one_that_is_installed_everywhere(root: Path) -> None:
    pins = [line for line in (root / "constraints.txt").read_text().split() if line.startswith(f"{PACKAGE}==")]
    assert pins == [f"{PACKAGE}=={PATCHED_VERSION}"]


def patches(module: Path) -> set[str]:
    """Return the names of a module's patches: its private functions and classes, and its fast paths."""
    return {
        f"{module.stem}.{found.name}"
        for found in ast.parse(module.read_text()).body
        if isinstance(found, ast.FunctionDef | ast.ClassDef) and (found.name[0] == "_" or "quickly" in found.name)
    }


def test_each_patch_has_a_test_that_fails_when_the_client_no_longer_needs_it(root: Path) -> None:
    folder = root / "petalstream/broker/kafka_python"
    modules = [*folder.glob("*workarounds.py"), folder / "fast_paths.py", folder / "sockets.py"]
    tests = "".join(path.read_text() for path in (root / "tests/integration/patches").glob("test_*.py"))
    expected = set().union(*map(patches, modules))
    assert len(expected) > 10
    assert {name for name in expected if name.split(".")[1] not in tests} == set()
