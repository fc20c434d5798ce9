"""ONNX Runtime tells nobody that it is used: its telemetry begins with a file in the temporary folder."""

import os
import subprocess
from pathlib import Path

from embedded.processes import python


def test_what_opens_graphs_has_no_telemetry(tmp_path: Path) -> None:
    # Where CI is set, there would be none anyway.
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "ORT_DISABLE_TELEMETRY")}
    subprocess.run(
        python("petalstream.model.graph"), env=environment | {"TMPDIR": str(tmp_path)}, check=True, timeout=60
    )
    assert list(tmp_path.iterdir()) == []
