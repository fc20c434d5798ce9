"""Estimators that another scikit-learn has fitted: reported as such, or refused with the reason."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.trainer.importing.command import Checkout

pytestmark = [pytest.mark.timeout(600), pytest.mark.long]
OTHER = "1.6.1"
FIT = """
import sys
import joblib
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rows = pd.read_csv(sys.argv[1])
kinds, frame = rows.pop("kind"), rows
for name, estimator in {
    "line": make_pipeline(StandardScaler(), LogisticRegression()),
    "forest": RandomForestClassifier(10, random_state=0),
    "histogram": HistGradientBoostingClassifier(max_iter=5, random_state=0),
}.items():
    joblib.dump(estimator.fit(frame, kinds), f"{sys.argv[2]}/{name}.joblib")
    print(",".join(estimator.predict(frame)))
"""


@pytest.fixture(scope="module")
def predicted(copied: Checkout, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the models predict where they were fitted: in an environment with another scikit-learn."""
    folder = tmp_path_factory.mktemp("other")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
    python = str(folder / "bin" / "python")
    install = [python, "-m", "pip", "install", "--quiet", f"scikit-learn=={OTHER}", "pandas", "numpy<2.4"]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"scikit-learn {OTHER} cannot be installed: {done.stderr.strip().splitlines()[-1]}")
    command = [python, "-c", FIT, str(copied.folder / "flowers.csv"), str(copied.folder)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return dict(zip(("line", "forest", "histogram"), printed, strict=True))


def take_in(copied: Checkout, name: str) -> tuple[int, str]:
    (copied.root / "data" / "flowers.csv").unlink(missing_ok=True)
    ended = copied.run(f"{name}.joblib", "flowers.csv", "kind", "--trust", model=f"other_{name}")
    return ended.code, ended.output + ended.errors


@pytest.mark.parametrize("name", ["line", "forest", "histogram"])
def test_a_model_of_another_version_is_told_as_such_or_refused(
    name: str, copied: Checkout, predicted: dict[str, str]
) -> None:
    before = copied.files()
    code, said = take_in(copied, name)
    if code:
        (line,) = [line for line in said.splitlines() if line.startswith(f"import: other_{name}:")]
        assert re.search(
            f"it (cannot be opened|needs what is not installed here), as it is of scikit-learn {OTHER}: ", line
        )
        assert copied.files() <= before
        assert name == "histogram", "the others open"
        return
    assert f"other_{name}.skops was made with scikit-learn {OTHER}, and here is " in said
    manifest = copied.bundle(f"other_{name}").manifest
    assert manifest.fitted["made_with"] == {"scikit-learn": OTHER}
    assert any(f"scikit-learn {OTHER}" in note for note in manifest.notes)
    written = (copied.root / "services" / "trainer" / "models" / f"other_{name}.py").read_text()
    assert f'made_with={{"scikit-learn": "{OTHER}"}}' in written
    rows = Path(copied.folder / "flowers.csv").read_text().splitlines()[1:]
    right = sum(row.split(",")[0] == kind for row, kind in zip(rows, predicted[name].split(","), strict=True))
    assert manifest.metrics["test_accuracy"] == pytest.approx(right / len(rows))
