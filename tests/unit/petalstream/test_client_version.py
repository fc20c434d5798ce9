"""Every process that uses kafka-python ends with one sentence if it is not the version that the patches are for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from petalstream.broker.client_version import PATCHED_VERSION, require_patched_version


def test_a_version_of_the_client_that_the_patches_are_for_is_accepted() -> None:
    require_patched_version()


@pytest.mark.parametrize("module", ["services.consumer", "services.consumer.tools", "services.producer", "embedded"])
def test_another_version_ends_the_process_with_both_versions_and_the_command(
    module: str, tmp_path: Path, root: Path
) -> None:
    folder = tmp_path / "kafka_python-4.0.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: kafka-python\nVersion: 4.0.0\n")
    # Another version may not even be importable.
    (tmp_path / "kafka.py").write_text("raise ImportError\n")
    ended = subprocess.run(
        [sys.executable, "-m", module],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"Petalstream needs kafka-python {PATCHED_VERSION}, because it changes private parts of it; installed: 4.0.0."
        " Run pip install -c constraints.txt kafka-python, or build the image again.\n"
    )


def test_a_missing_client_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(SystemExit, match=r"installed: none\. Run pip install"):
        require_patched_version()
