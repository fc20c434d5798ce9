"""What a history says was served when."""

from petalstream.history.events import Mover
from petalstream.history.timeline import MOST_ENTRIES, Timeline
from tests.histories import event, minute, told


def test_a_version_is_served_until_the_next_one() -> None:
    timeline = Timeline([event(0, "trained", "1"), event(1, "trained", "2"), event(2, "rolled_back", "1")])
    assert told(timeline) == [
        ("trained", "1", minute(0), minute(1), True),
        ("trained", "2", minute(1), minute(2), True),
        ("rolled_back", "1", minute(2), None, True),
    ]
    assert timeline.current is timeline.entries[-1]


def test_a_model_that_was_not_published_moves_nothing() -> None:
    refusal = event(1, "refused", moved_by=Mover.TRAINING, reason="too few")
    timeline = Timeline([event(0, "trained", "1"), refusal])
    assert told(timeline) == [("trained", "1", minute(0), None, True), ("refused", None, minute(1), None, False)]
    assert timeline.current is timeline.entries[0]


def test_nothing_is_served_while_a_model_is_unloaded_whatever_is_published() -> None:
    timeline = Timeline(
        [event(0, "trained", "1"), event(1, "unloaded"), event(2, "trained", "2"), event(3, "loaded", "2")]
    )
    assert told(timeline) == [
        ("trained", "1", minute(0), minute(1), True),
        ("unloaded", None, minute(1), minute(3), False),
        ("trained", "2", minute(2), None, False),
        ("loaded", "2", minute(3), None, True),
    ]


def test_a_version_that_the_api_cannot_open_was_never_served_and_the_one_before_goes_on() -> None:
    events = [event(0, "trained", "1"), event(1, "trained", "2"), event(2, "refused", "2", still_served="1")]
    assert told(Timeline(events)) == [
        ("trained", "1", minute(0), None, True),
        ("trained", "2", minute(1), None, False),
        ("refused", "2", minute(2), None, False),
    ]
    events += [event(3, "trained", "3"), event(4, "loaded", "2")]
    assert told(Timeline(events))[0] == ("trained", "1", minute(0), minute(3), True)
    assert told(Timeline(events))[3:] == [
        ("trained", "3", minute(3), minute(4), True),
        ("loaded", "2", minute(4), None, True),
    ]


def test_several_versions_that_the_api_never_opened_leave_the_last_one_that_it_did() -> None:
    events = [event(number, "trained", str(number + 1)) for number in range(4)]
    timeline = Timeline([*events, event(4, "refused", "4", still_served="2")])
    assert [served for *_, served in told(timeline)] == [True, True, False, False, False]
    assert timeline.current is timeline.entries[1]
    assert timeline.entries[1].end is None


def test_a_refusal_by_an_api_that_serves_nothing_ends_what_was_served() -> None:
    timeline = Timeline([event(0, "trained", "1"), event(5, "refused", "1")])
    assert told(timeline) == [("trained", "1", minute(0), minute(5), True), ("refused", "1", minute(5), None, False)]
    assert timeline.current is None


def test_a_version_that_was_altered_while_it_is_served_goes_on() -> None:
    timeline = Timeline([event(0, "trained", "1"), event(1, "refused", "1", still_served="1")])
    assert timeline.current is timeline.entries[0]
    assert timeline.entries[0].end is None


def test_a_refusal_after_a_restart_leaves_a_model_without_a_version_that_was_unloaded_before() -> None:
    timeline = Timeline([event(0, "trained", "1"), event(1, "unloaded"), event(2, "refused", "1")])
    assert timeline.unloaded is None
    assert timeline.current is timeline.entries[1]
    assert not timeline.current.is_served


def test_events_are_sorted_by_time_whatever_file_they_come_from() -> None:
    events = [event(2, "trained", "2"), event(0, "trained", "1"), event(1, "unloaded")]
    assert [entry.event.at for entry in Timeline(events).entries] == [minute(0), minute(1), minute(2)]


def test_the_newest_entries_come_first_and_only_so_many() -> None:
    timeline = Timeline([event(number, "trained", str(number + 1)) for number in range(MOST_ENTRIES + 5)])
    newest = timeline.newest()
    assert [newest[0].event.version, newest[-1].event.version] == [str(MOST_ENTRIES + 5), "6"]
    assert len(newest) == MOST_ENTRIES


def test_without_events_nothing_is_known() -> None:
    assert (Timeline().newest(), Timeline().current) == ([], None)
