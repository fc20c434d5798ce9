"""What is shown of a model comes from the headers of its records, and from some of their values."""

from petalstream.broker import Partition, UnreadableRecords
from petalstream.messages import requests_topic
from services.dashboard.follow.model_follower import VALUES_PER_SECOND, ModelFollower
from services.dashboard.follow.views import view
from services.dashboard.snapshot import ModelSnapshot
from services.dashboard.status.api_status import ModelFacts
from services.dashboard.status.facts import Bounds, Facts, TopicFacts
from tests.unit.dashboard import batches

NOW = 1_790_000_000.0
MS = int(NOW * 1000)


def followed() -> ModelFollower:
    model = ModelFollower("iris")
    model.ledger.open(3, 0, None)
    return model


def shown(model: ModelFollower, now: float = NOW) -> ModelSnapshot:
    return view(model, ModelFacts(), None, now)


def facts(committed: int, end: int, requests_end: int, began: float = 1.0) -> Facts:
    topics = {
        "iris.requests": TopicFacts("a", {3: Bounds(0, requests_end, requests_end)}),
        "iris.predictions": TopicFacts("b", {3: Bounds(0, end, end)}),
    }
    return Facts(began, {Partition("iris.requests", 3): committed}, topics)


def test_latency_lag_and_rates_come_from_timestamps() -> None:
    model = followed()
    model.add([batches.requests(3, range(40), MS - 5000)], NOW - 4, is_old=False)
    model.add([batches.predictions(3, range(20), MS - 5000, MS - 4000)], NOW - 4, is_old=False)
    found = shown(model)
    assert (found.requests_per_second, found.outcomes_per_second) == (4.0, 2.0)
    assert found.p50_ms is not None
    assert abs(found.p50_ms - 1000) < 25
    assert (found.lag.records, found.lag.grows) == (20, True)
    assert found.lag.seconds == 5.0
    model.add([batches.predictions(3, range(20, 40), MS - 5000, MS, first=20)], NOW, is_old=False)
    assert shown(model).lag.records == 0


def test_a_request_that_is_on_its_way_is_no_growing_lag() -> None:
    model = followed()
    model.add([batches.requests(3, range(40), MS - 500)], NOW - 4, is_old=False)
    model.add([batches.predictions(3, range(39), MS - 500, MS - 400)], NOW - 4, is_old=False)
    found = shown(model)
    assert (found.lag.records, found.lag.seconds, found.lag.grows) == (1, 0.5, False)


def test_the_time_to_clear_is_the_lag_at_the_rates_of_the_last_seconds() -> None:
    model = followed()
    model.add([batches.requests(3, range(100), MS - 60_000)], NOW - 60, is_old=False)
    model.add([batches.predictions(3, range(50), MS - 60_000, MS)], NOW - 2, is_old=False)
    assert shown(model).lag.clear_seconds == 10.0


def test_accuracy_counts_each_prediction_whose_truth_is_known_and_its_interval_each_key_once() -> None:
    model = followed()
    for begin in (0, 10):
        model.add([batches.predictions(3, range(begin, begin + 10), MS, MS, expected="versicolor")], NOW, is_old=True)
    model.add([batches.predictions(3, range(20, 25), MS, MS, expected="virginica")], NOW, is_old=True)
    quality = shown(model).quality
    assert quality is not None
    assert (quality.metric, quality.value, quality.rows, quality.keys) == ("accuracy", 0.8, 25, 25)
    assert shown(model).confusion == (("versicolor", "versicolor", 20), ("virginica", "versicolor", 5))
    again = followed()
    for _ in range(10):
        again.add([batches.predictions(3, range(10), MS, MS, expected="versicolor")], NOW, is_old=True)
    repeated = shown(again).quality
    assert repeated is not None
    assert (repeated.rows, repeated.keys) == (100, 10)
    assert repeated.low is not None
    assert abs(repeated.low - 0.722) < 0.001  # Wilson's of 10 of 10, not of 100 of 100


def test_numbers_have_an_error_in_their_unit_and_residuals() -> None:
    model = followed()
    rows: list[batches.Row] = []
    for offset, (predicted, true) in enumerate([(110, 100), (90, 100), (130, 100)]):
        value = batches.prediction({"value": predicted, "unit": "g", "interval": [predicted - 15, predicted + 15]})
        headers = [("expected", str(true).encode()), *batches.source(3, offset, MS)]
        rows.append((offset, MS, b"%d" % offset, value, headers))
    model.add([batches.batch("iris.predictions", 3, rows)], NOW, is_old=False)
    found = shown(model)
    assert found.quality is not None
    assert found.residuals is not None
    assert (found.quality.metric, found.quality.unit, found.quality.rows) == ("mean_absolute_error", "g", 3)
    assert abs(found.quality.value - 50 / 3) < 1e-9
    assert abs(found.residuals.mean - 10) < 1e-9
    assert sum(found.residuals.counts) == 3
    assert [row.is_right for row in found.last_predictions].count(True) == 2


def test_dead_letters_are_counted_by_reason_and_their_bytes_cannot_harm() -> None:
    model = followed()
    model.add([batches.requests(3, range(5), MS), batches.dead_letters(3, [1, 2], MS, MS)], NOW, is_old=False)
    found = shown(model)
    assert found.dead_letters == {"undecodable": 2}
    assert (found.ledger.total.dead_letters, found.ledger.total.to_do) == (2, 3)
    last = found.last_dead_letters[0]
    assert "\x1b" not in last.value
    assert last.request.startswith("iris.requests[3]@")
    assert last.replay.startswith('make replay MODEL=iris ARGS="--offset 3:')


def test_at_a_high_rate_all_headers_are_read_and_some_values() -> None:
    model = followed()
    model.add([batches.requests(3, range(2000), MS)], NOW, is_old=False)
    model.add([batches.predictions(3, range(2000), MS, MS, expected="versicolor")], NOW, is_old=False)
    found = shown(model)
    assert found.ledger.total.predictions == 2000
    assert found.quality is not None
    assert found.quality.rows == VALUES_PER_SECOND
    assert found.sampled_share == VALUES_PER_SECOND / 2000


def test_at_a_low_rate_every_value_is_read() -> None:
    model = followed()
    for second in range(30):
        made = MS + second * 1000
        model.add([batches.predictions(3, [2 * second, 2 * second + 1], made, made)], NOW + second, is_old=False)
    assert shown(model, NOW + 30).sampled_share == 1.0


def test_a_check_waits_until_all_outcomes_are_read_that_the_broker_had() -> None:
    model = followed()
    model.add([batches.requests(3, range(10), MS)], NOW, is_old=False)
    model.add([batches.predictions(3, [0, 1, 2, 3, 5], MS, MS)], NOW, is_old=False)
    model.note(facts(committed=6, end=6, requests_end=10))
    model.check({Partition("iris.predictions", 3): 5}, NOW)
    assert shown(model).ledger.checked_at is None
    model.note(facts(committed=9, end=9, requests_end=10, began=2.0))
    model.check({Partition("iris.predictions", 3): 6}, NOW)
    ledger = shown(model).ledger
    assert (ledger.checked_at, ledger.total.lost, ledger.places[0].offset) == (NOW, 1, 4)


def test_requests_that_no_client_can_read_count_as_requests() -> None:
    model = followed()
    model.add_unreadable(UnreadableRecords("iris.requests", 3, 0, 4, ValueError("crc")), NOW)
    model.add([batches.dead_letters(3, range(4), MS, MS, reason="corrupt")], NOW, is_old=False)
    assert (shown(model).ledger.total.requests, shown(model).ledger.total.to_do) == (4, 0)


def test_headers_that_are_no_numbers_or_of_other_topics_are_passed_over() -> None:
    model = followed()
    strange: list[batches.Headers] = [
        [],
        [("source_topic", b"iris.requests"), ("source_partition", b"x"), ("source_offset", b"1")],
        [("source_topic", b"iris.requests"), ("source_partition", b"3"), ("source_offset", b"-1")],
        [("source_topic", b"iris.requests"), ("source_partition", b"3"), ("source_offset", b"9" * 30)],
        [("source_topic", b"other.requests"), ("source_partition", b"3"), ("source_offset", b"1")],
    ]
    rows: list[batches.Row] = [(offset, MS, None, b"[]", headers) for offset, headers in enumerate(strange)]
    rows.append((9, MS, None, b"[[]]", batches.source(3, 0, MS)))
    model.add([batches.batch("iris.predictions", 3, rows)], NOW, is_old=False)
    assert shown(model).ledger.total.predictions == 1
    assert not shown(model).last_predictions


def test_records_from_long_ago_are_not_of_the_last_hour() -> None:
    model = followed()
    model.add([batches.predictions(3, [1], MS - 7_200_000, MS - 7_200_000)], NOW, is_old=True)
    found = shown(model)
    assert sum(minute.predictions for minute in found.minutes) == 0
    assert found.ledger.total.predictions == 1
    assert requests_topic("iris") == "iris.requests"


def test_a_corrupt_request_that_waits_has_no_age_and_stops_nothing() -> None:
    model = followed()
    model.add_unreadable(UnreadableRecords("iris.requests", 3, 0, 4, ValueError("crc")), NOW)
    assert (shown(model).lag.records, shown(model).lag.seconds) == (4, None)


def test_outcomes_that_no_client_can_read_are_counted() -> None:
    model = followed()
    model.add_unreadable(UnreadableRecords("iris.predictions", 3, 10, 30, ValueError("crc")), NOW)
    assert "20 outcomes cannot be read" in shown(model).ledger.edge


def test_hostile_numbers_and_timestamps_are_passed_over() -> None:
    model = followed()
    rows: list[batches.Row] = []
    for offset, (value, sent) in enumerate([("nan", MS), ("1e999", MS), (5, int("9" * 4000)), (7, MS)]):
        timestamp = ("source_timestamp", str(sent).encode())
        headers = [("expected", b"1"), *batches.source(3, offset, 0)[:3], timestamp]
        content = {"value": value, "unit": "g", "interval": [0, 9]}
        rows.append((offset, 10**17, b"%d" % offset, batches.prediction(content), headers))
    model.add([batches.batch("iris.predictions", 3, rows)], NOW, is_old=True)
    found = shown(model)
    assert found.residuals is not None
    assert found.quality is not None
    assert (found.quality.rows, round(found.quality.value, 6)) == (2, 5.0)
    assert all(row.at == NOW for row in found.last_predictions)


def test_labels_without_end_take_bounded_space_and_leave_the_accuracy_right() -> None:
    model = followed()
    for minute in range(3):
        for begin in range(0, 1_000, 100):
            made = MS - minute * 60_000
            rows: list[batches.Row] = []
            for offset in range(begin, begin + 100):
                label = f"{minute}-{offset}"
                headers = [("expected", label.encode()), *batches.source(3, offset + minute * 1_000, made)]
                rows.append((offset, made, b"%d" % offset, batches.prediction({"label": label}), headers))
            model.add([batches.batch("iris.predictions", 3, rows)], NOW, is_old=True)
    found = shown(model)
    assert found.quality is not None
    assert (found.quality.value, found.quality.rows) == (1.0, 3_000)
    assert len({label for true, label, _ in found.confusion for label in (true, label)}) <= 21
    assert len(found.classes) <= 21
    assert len(found.minutes[-1].classes) <= 401
