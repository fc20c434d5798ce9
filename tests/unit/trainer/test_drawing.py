"""Which rows are in which part: drawn 3:1:1, copies and groups together, and each row where it was before."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from petalstream.features import Integer, Number
from services.trainer.data import csv_reader
from services.trainer.data.dataset import Dataset
from services.trainer.data.faults import DataError
from services.trainer.data.folds import folds, thinned
from services.trainer.data.split import PARTS, Parts
from services.trainer.definition import Classes, Definition, DefinitionError, Ignored, Split
from services.trainer.models import load_definition
from services.trainer.preparation import divide

SALES = Definition(
    "sales.csv",
    [Number("area"), Ignored("house"), Ignored("sold")],
    Classes("dear", ["no", "yes"]),
    LogisticRegression(),
)
IRIS = load_definition("iris")


def iris(root: Path, times: int = 1, skip: int = 0) -> tuple[Definition, Dataset]:
    """Fisher's flowers, without the first `skip` ones, all of them several `times`."""
    header, *rows = (root / "data/iris.csv").read_text().splitlines()
    return csv_reader.parse("\n".join([header, *rows[skip:] * times]).encode(), Path("iris.csv"), IRIS)


def sales(split: Split, houses: int = 100, each: int = 3, **changes: Any) -> tuple[Definition, Dataset]:
    """Sales of houses: each several times, in consecutive months; its area differs a little from sale to sale."""
    random, lines = np.random.default_rng(0), []
    for house in range(houses):
        for sale in range(each):
            month = (house + sale * 7) % 240
            dear = "yes" if random.random() < 0.4 else "no"
            lines.append(f"{100 + random.random():.6f},h{house},{2000 + month // 12}-{month % 12 + 1:02}-01,{dear}")
    model = replace(SALES, split=split, **changes)
    return csv_reader.parse("\n".join(["area,house,sold,dear", *lines]).encode(), Path("sales.csv"), model)


def sizes(parts: Parts) -> list[int]:
    return [len(getattr(parts, name)) for name in PARTS]


def shared_units(parts: Parts) -> set[int]:
    in_parts = [set(getattr(parts, name).units.tolist()) for name in PARTS]
    return (in_parts[0] & in_parts[1]) | (in_parts[0] & in_parts[2]) | (in_parts[1] & in_parts[2])


@pytest.mark.parametrize("seed", range(5))
def test_iris_has_30_10_and_10_of_each_species_and_its_copies_in_one_part(root: Path, seed: int) -> None:
    model, samples = iris(root)
    assert len(set(samples.keys.tolist())) < len(samples)  # Fisher's flowers have copies among them
    parts = divide(samples, model, seed)
    for name, size in zip(PARTS, (30, 10, 10), strict=True):
        assert np.unique(getattr(parts, name).texts, return_counts=True)[1].tolist() == [size] * 3
    assert not shared_units(parts)


def test_three_copies_of_iris_are_refused_with_what_to_write_instead(root: Path) -> None:
    model, samples = iris(root, times=3)
    with pytest.raises(DataError, match=r'303 of 450 rows are copies of another one.*duplicates="allow"'):
        divide(samples, model, 42)


def test_copies_that_are_allowed_are_rows_of_their_own(root: Path) -> None:
    model, samples = iris(root, times=3)
    parts = divide(*_allowing(model, samples, root), 42)
    assert sizes(parts) == [270, 90, 90]
    assert set(parts.training.keys.tolist()) & set(parts.test.keys.tolist())


def _allowing(model: Definition, samples: Dataset, root: Path) -> tuple[Dataset, Definition]:
    model = replace(model, split=Split(duplicates="allow"))
    header, *rows = (root / "data/iris.csv").read_text().splitlines()
    _, samples = csv_reader.parse("\n".join([header, *rows * 3]).encode(), Path("iris.csv"), model)
    return samples, model


def test_copies_do_not_make_a_model_that_learns_by_heart_look_good() -> None:
    """Labels at random: nothing can be learned, but where copies are in training and test part, everything can."""
    random = np.random.default_rng(0)
    rows = [f"{random.random():.6f},h,2000,{'yes' if random.random() < 0.5 else 'no'}" for _ in range(200)]
    text = "\n".join(["area,house,sold,dear", *rows * 4]).encode()
    grouped = replace(SALES, split=Split(group="area"), features=[Number("area"), Ignored("house"), Ignored("sold")])
    found = {}
    for model in (grouped, replace(SALES, split=Split(duplicates="allow"))):
        parts = divide(csv_reader.parse(text, Path("sales.csv"), model)[1], model, 42)
        by_heart = KNeighborsClassifier(1).fit(parts.training.frame, parts.training.targets)
        found[model.split.group] = by_heart.score(parts.test.frame, parts.test.targets)
    assert found["area"] < 0.65 < 0.95 < found[""]


@pytest.mark.parametrize("skip", [0, 7, 30])
def test_rows_that_are_added_change_the_part_of_no_known_row(root: Path, skip: int) -> None:
    model, before = iris(root, skip=skip)
    known = divide(before, model, 42).keys()
    parts = divide(iris(root)[1], model, 1, known)
    for name in PARTS:
        assert set(known[name]) <= set(getattr(parts, name).keys.tolist())
    for name, size in zip(PARTS, (30, 10, 10), strict=True):
        counts = np.unique(getattr(parts, name).texts, return_counts=True)[1]
        assert np.abs(counts - size).max() <= 1, (name, counts)


def test_known_rows_keep_their_part_where_copies_are_allowed(root: Path) -> None:
    samples, model = _allowing(*iris(root), root)
    known = divide(samples, model, 42).keys()
    assert divide(samples, model, 7, known).keys() == known


def test_new_rows_restore_the_shares_that_deleted_ones_leave(root: Path) -> None:
    model, samples = iris(root)
    parts = divide(samples, model, 42)
    known = parts.keys() | {"test": []}
    again = divide(samples, model, 42, known)
    assert sizes(again) == [90, 30, 30]
    assert again.keys() == parts.keys()


@pytest.mark.parametrize("seed", range(3))
def test_the_rows_of_a_group_are_in_one_part_and_on_one_side_of_a_fold(seed: int) -> None:
    model, samples = sales(Split(group="house"))
    parts = divide(samples, model, seed)
    assert not shared_units(parts)
    assert sum(sizes(parts)) == 300
    assert np.abs(np.array(sizes(parts)) - [180, 60, 60]).max() <= 6
    for fitted, held_out in folds(samples, samples.targets, 5, seed):
        assert not set(samples.units[fitted].tolist()) & set(samples.units[held_out].tolist())
        assert len(fitted) + len(held_out) == 300


def test_the_latest_rows_are_tested_and_no_fold_is_fitted_on_later_rows() -> None:
    model, samples = sales(Split(time="sold"), houses=240, each=1)
    parts = divide(samples, model, 0)
    assert samples.times is not None
    assert parts.training.times is not None
    assert parts.validation.times is not None
    assert parts.test.times is not None
    assert sizes(parts) == [144, 48, 48]
    assert parts.training.times.max() < parts.validation.times.min() < parts.validation.times.max()
    assert parts.validation.times.max() < parts.test.times.min()
    found = folds(samples, samples.targets, 5, 0)
    assert found
    for fitted, held_out in found:
        assert samples.times[fitted].max() < samples.times[held_out].min()


def test_a_house_that_was_sold_again_is_at_the_time_of_its_last_sale() -> None:
    model, samples = sales(Split(group="house", time="sold"))
    parts = divide(samples, model, 0)
    assert not shared_units(parts)
    last = {
        name: [getattr(parts, name).times[getattr(parts, name).units == unit].max() for unit in set(part_units)]
        for name in PARTS
        for part_units in [getattr(parts, name).units.tolist()]
    }
    assert max(last["training"]) <= min(last["validation"])
    assert max(last["validation"]) <= min(last["test"])


@pytest.mark.parametrize("share", [0.25, 0.5, 1])
def test_folds_are_thinned_to_the_size_of_the_served_model_by_whole_units(share: float) -> None:
    _, samples = sales(Split(group="house"))
    rows = np.arange(300)
    kept = thinned(samples, rows, share, 0)
    assert abs(len(kept) - 300 * share) <= 3
    assert all((samples.units == unit).sum() == 3 for unit in set(samples.units[kept].tolist()))


@pytest.mark.parametrize(
    ("split", "reason"),
    [
        (Split(group="garden"), "group of the split must be a column of the features, Ignored ones included"),
        (Split(time="dear"), "time of the split must be a column of the features"),
        (Split(duplicates="drop"), 'duplicates of the split must be "refuse" or "allow", not \'drop\''),
        ("house", "split must be as in Split"),
    ],
)
def test_a_split_that_cannot_be_is_refused_by_name(split: Any, reason: str) -> None:
    with pytest.raises(DefinitionError, match=reason):
        replace(SALES, split=split)


def test_few_groups_are_refused() -> None:
    model, samples = sales(Split(group="house"), houses=9, each=20)
    with pytest.raises(DataError, match="house has 9 different values, and a split by groups needs 10 or more"):
        divide(samples, model, 0)


def test_a_label_that_only_late_rows_have_is_refused() -> None:
    lines = [f"{row},h{row},{2000 + row},{'yes' if row > 80 else 'no'}" for row in range(100)]
    model = replace(SALES, split=Split(time="sold"), features=[Number("area"), Ignored("house"), Integer("sold")])
    _, samples = csv_reader.parse("\n".join(["area,house,sold,dear", *lines]).encode(), Path("sales.csv"), model)
    with pytest.raises(DataError, match="no row of the training part is yes"):
        divide(samples, model, 0)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,,2001,no", "line 32, house: is missing, and the split needs the group of each row"),
        ("1,h,soon,no", "line 32, sold: must be a date as in 2026-11-30 or a number, not 'soon'"),
        ("1,h,,no", "line 32, sold: must be a date"),
    ],
)
def test_a_row_without_group_or_time_is_named(line: str, reason: str) -> None:
    lines = [f"{row},h{row},{2000 + row},{'yes' if row % 2 else 'no'}" for row in range(30)]
    model = replace(SALES, split=Split(group="house", time="sold"))
    with pytest.raises(DataError, match=reason):
        csv_reader.parse("\n".join(["area,house,sold,dear", *lines, line]).encode(), Path("sales.csv"), model)


def test_numbers_are_drawn_from_all_rows_alike() -> None:
    lines = [f"{row},h{row},{2000 + row},{row % 17}" for row in range(100)]
    model = replace(SALES, target=Number("dear"), estimator=LinearRegression())
    _, samples = csv_reader.parse("\n".join(["area,house,sold,dear", *lines]).encode(), Path("sales.csv"), model)
    assert sizes(divide(samples, model, 0)) == [60, 20, 20]
