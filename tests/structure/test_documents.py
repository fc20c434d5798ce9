"""What the documents name is there: make targets, files, packages, versions."""

import re
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.progress import STAGES

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = sorted(path for path in ROOT.rglob("*.md") if not {".venv", ".cache"} & set(path.parts))
TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))


def spelled(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_and_path_it_names_exists(document: Path) -> None:
    text = document.read_text()
    for target in re.findall(r"`make ([a-z][a-z0-9-]*)|^make ([a-z][a-z0-9-]*)", text, re.MULTILINE):
        assert "".join(target) in TARGETS
    for path in re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:md|txt|yml|toml|csv))`", text):
        if not path.startswith((".cache/", ".venv/", "application/", "text/", "keys.txt")):
            assert any((folder / path).exists() for folder in (ROOT, document.parent)), path
    for link in re.findall(r"\]\(((?!http)[^)#]+)\)", text):
        assert (document.parent / link).exists(), link


def test_every_make_target_has_a_line_of_help_and_every_folder_of_tests_a_target_and_a_stage() -> None:
    defined = set(re.findall(r"^([a-z][a-z0-9-]*):(?! PRODUCER)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert defined == TARGETS
    tests = ROOT / "tests"
    folders = {path.relative_to(tests).parts[0] for path in tests.glob("*/**/test_*.py")}
    assert {f"test-{folder}" for folder in folders} <= TARGETS
    assert folders == set(STAGES)


def test_everything_installed_is_pinned_and_no_index_is_named() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    installed = {spelled(found.metadata["Name"]): found.version for found in distributions()}
    for tool in ("pip", "setuptools", "wheel"):
        installed.pop(tool, None)
    assert {name: pinned.get(name) for name in installed} == installed
    assert not [line for line in lines if line.startswith("-") or "/" in line]


def test_readme_shows_what_the_demo_prints() -> None:
    shown = (ROOT / "README.md").read_text().split("```\n...\n")[1].split("```")[0].splitlines()
    line = r"iris\.requests\[\d\]@\d+  (\w+=[\d.]+ ){4} ->  \w+ [\d.]+%  [✓✗] .+  \(iris version 1, \d+ ms\)"
    vote = r"heart_failure\.requests\[\d\]@\d+  .* \.\.\. .* ->  \w+ \d of 3 votes  [✓✗] .+  \(heart_f.+ms\)"
    number = r"penguins\.requests\[\d\]@\d+  .* \.\.\. .* ->  [\d,]+ g \([\d,]+ to [\d,]+\)  error .+ g, .+ms\)"
    quality = r"(?:accuracy 0\.\d+|mean absolute error \d+ g) \(95% interval [\d.]+ to [\d.]+(?: g)?\)"
    totals = quality + r", latency p50 \d+ ms, p99 \d+ ms, rate [\d.]+ records/s"
    expected = [line, line, vote, number, r"\.\.\."]
    for model, sent in (("heart_failure", 60), ("iris", 30), ("penguins", 68)):
        expected += [f"==> summary of {model}", f"sent {sent}, predicted {sent}, dead-lettered 0", totals]
    assert len(shown) == len(expected)
    for printed, pattern in zip(shown, expected, strict=True):
        assert re.fullmatch(pattern, printed)
