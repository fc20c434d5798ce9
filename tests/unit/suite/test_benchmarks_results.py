"""What becomes of figures: medians, ratios, bars, and the file and page that hold them."""

from pathlib import Path

from benchmarks import page
from benchmarks.results import OURS, Bar, Curve, Profile, Results, Row

ROW = Row(
    "one",
    "http",
    "one row a request",
    "requests/s",
    {OURS: [5000.0, 6123.0, 5900.0], "FastAPI": [2000.0, 2100.0, 1900.0]},
    [Bar("FastAPI", least=2.5), Bar("MLServer", least=2), Bar("bare", least=3)],
    {"MLServer": "cannot be installed: no network\nand more"},
    "2026-01-02",
)


def test_a_ratio_is_that_of_the_medians() -> None:
    assert ROW.value(Bar("FastAPI")) == 5900 / 2000


def test_a_bar_is_reached_at_least_or_at_most_so_far() -> None:
    assert ROW.reached(Bar("FastAPI", least=2.95)) is True
    assert ROW.reached(Bar("FastAPI", least=3)) is False
    assert ROW.reached(Bar(most=5900)) is True
    assert ROW.reached(Bar(most=5899)) is False
    assert ROW.reached(Bar("FastAPI", most=2.95)) is True
    assert ROW.reached(Bar("FastAPI", most=2.9)) is False


def test_what_is_to_be_reached_is_a_least_or_a_most_of_a_figure_or_of_a_ratio() -> None:
    bars = [Bar("alone", least=2.5), Bar("alone", most=1.5), Bar(least=3), Bar(most=10)]
    assert [page.aim(ROW, bar) for bar in bars] == [
        "≥ 2.5 × alone",
        "≤ 1.5 × alone",
        "≥ 3 requests/s",
        "≤ 10 requests/s",
    ]


def test_of_what_was_not_measured_nothing_is_said_to_be_reached() -> None:
    assert ROW.reached(Bar("MLServer", least=2)) is None
    assert Row("none", "http", "", "s").reached(Bar(most=1)) is None


def test_a_line_shows_medians_with_their_spread_ours_first_and_why_others_are_missing() -> None:
    assert page.line(ROW) == (
        "| one row a request, requests/s"
        " | Petalstream: **5,900** (5,000 to 6,120)<br>FastAPI: **2,000** (1,900 to 2,100)"
        "<br>MLServer: not measured: cannot be installed: no network"
        " | ≥ 2.5 × FastAPI<br>≥ 2 × MLServer<br>≥ 3 × bare"
        " | yes: 2.95 ×<br>not measured<br>not measured |"
    )


def test_a_line_says_of_who_failed_in_a_later_round_both_what_was_measured_and_why_no_more() -> None:
    row = Row("one", "http", "a", "s", {"peer": [7.0]}, missing={"peer": "it fell silent"})
    assert "peer: **7**<br>peer, in a later round: it fell silent" in page.line(row)


def test_a_line_keeps_to_its_table_whatever_an_error_says() -> None:
    row = Row("one", "http", "a", "s", missing={"peer": "|" * 1000})
    assert page.line(row).count("|") == 5


def test_figures_have_three_digits() -> None:
    assert [page.short(number) for number in (0.123456, 12.345, 999.4, 1234.5, 58765)] == [
        "0.123",
        "12.3",
        "999",
        "1,230",
        "58,800",
    ]


def test_what_is_measured_again_takes_the_place_of_what_was(tmp_path: Path) -> None:
    first = Results({"memory": "24 GiB"})
    for found in (ROW, Curve("rows", "Rows", "rows", "rows/s", {"ours": [(1, 2.0)]}), Profile("api", [("f", 0.5, 1)])):
        first.add(found)
    first.write(tmp_path / "kept" / "results.json")
    again = Results.read(tmp_path / "kept" / "results.json")
    assert again.rows["one"] == ROW
    assert [tuple(function) for function in again.profiles["api"].functions] == [("f", 0.5, 1)]
    again.add(Row("one", "http", "newer", "s"))
    assert [row.what for row in again.rows.values()] == ["newer"]
    assert again.curves.keys() == {"rows"}


def test_without_a_file_nothing_was_measured(tmp_path: Path) -> None:
    assert Results.read(tmp_path / "results.json") == Results()


def test_the_page_has_tables_pictures_and_profile_and_keeps_what_was_written_by_hand(tmp_path: Path) -> None:
    results = Results({"processor": "two cores"})
    results.add(ROW)
    results.add(Row("http one row", "http", "one flower", "requests/s", {OURS: [1.0], "FastAPI": [2.0]}))
    results.add(Curve("rows", "Rows a request", "rows", "rows/s", {"JSON": [(1, 2.0), (5000, 3.0)], "V2": [(1, 1.0)]}))
    results.add(Profile("consumer", [("poll (kafka/consumer.py)", 0.25, 0.5)]))
    path, images = tmp_path / "docs" / "benchmarks.md", tmp_path / "docs" / "images"
    page.write(results, path, images)
    path.write_text(path.read_text() + "The client is the limit.\n")
    page.write(results, path, images)
    text = path.read_text()
    assert "| processor | two cores |" in text
    assert page.line(ROW) in text
    assert "| `poll (kafka/consumer.py)` | 25.0% | 50.0% |" in text
    for name in ("http-one-row.svg", "rows.svg"):
        assert f"(images/{name})" in text
        assert (images / name).read_text().startswith("<?xml")
    assert text.endswith("The client is the limit.\n")
    assert text.count(page.MARK) == 1
