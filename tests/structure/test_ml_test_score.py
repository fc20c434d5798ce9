"""The ML Test Score is added up right, and each point names a test."""

import re
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "docs" / "ml-test-score.md").read_text()
SECTIONS = dict(re.findall(r"^## (Data|Model|Infrastructure|Monitoring)\n(.*?\n)Sum: [\d.]+$", TEXT, re.M | re.S))
SUMS = [float(found) for found in re.findall(r"^Sum: ([\d.]+)$", TEXT, re.M)]


def rows(section: str) -> list[tuple[str, float]]:
    """The answers of a section with their scores."""
    found = re.findall(r"^\| .*\? \| (.*) \| (0|0\.5|1) \|$", section, re.M)
    return [(answer, float(score)) for answer, score in found]


def test_each_of_the_four_sections_has_seven_answers() -> None:
    assert {name: len(rows(section)) for name, section in SECTIONS.items()} == {
        "Data": 7,
        "Model": 7,
        "Infrastructure": 7,
        "Monitoring": 7,
    }


def test_the_sums_are_right_and_the_score_is_the_least_of_them() -> None:
    assert [sum(score for _, score in rows(section)) for section in SECTIONS.values()] == SUMS
    assert f"**Petalstream scores {min(SUMS):g}**" in TEXT


def test_a_point_names_a_test_and_no_point_says_no() -> None:
    for section in SECTIONS.values():
        for answer, score in rows(section):
            assert ("`tests/" in answer) == (score > 0), answer
            assert answer.split()[0] == {0: "No:", 0.5: "Half:", 1: "Yes:"}[score], answer
