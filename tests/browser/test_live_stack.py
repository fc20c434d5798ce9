"""What a browser shows of the real stack: broker, api, consumer and live page, each as a process of its own."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, expect

from petalstream import broker
from petalstream.messages import Message, ReceivedRecord
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.brokers import LocalBroker
from tests.browser.site import Site, Visit
from tests.browser.test_accessibility import violations
from tests.browser.test_layout import LOST, brightness, does_not_scroll_sideways
from tests.browser.test_live_updates import is_live
from tests.length import Length, long_except
from tests.live_page import REQUESTS, prediction_of, send, watch
from tests.operator import replay
from tests.records import flower
from tests.stack import Stack, new_stack
from tests.versions import Versions

pytestmark = pytest.mark.xdist_group("browser")

IRIS = "/models/iris"
SECONDS, MOST_MILLISECONDS = 30, 2_000
PREDICTIONS = "iris.predictions"
# When a place is first on the page, by the machine's clock; null where it is not within 10 s.
SHOWN_AT = """place => new Promise(resolve => {
  const look = () => {
    const found = [...document.querySelectorAll("#predictions code")].some(each => each.textContent === place);
    if (found) resolve(Date.now());
  };
  new MutationObserver(look).observe(document.body, {subtree: true, childList: true, characterData: true});
  setTimeout(() => resolve(null), 10_000);
  look();
})"""


@dataclass
class Shown:
    """A running stack, the address of its live page, and the versions of Iris that can be published to its api."""

    stack: Stack
    url: str
    versions: Versions

    def send(self, value: bytes, key: bytes = b"7") -> tuple[str, int]:
        """Send a request; return its place, topic[partition]@offset, and its timestamp in milliseconds."""
        return send(self.stack, value, key)


def records(stack: Stack, topic: str) -> list[ReceivedRecord]:
    return list(broker.read_topic(stack.servers, topic))


@pytest.fixture(scope="module")
def shown(
    chromium: str,
    shared_broker: LocalBroker,
    settings: Settings,
    iris: Bundle,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Shown]:
    """A stack that has scored the test set, for all tests of this module that do not harm its broker."""
    folder = tmp_path_factory.mktemp("live")
    versions = Versions(folder / "models")
    versions.publish(iris)
    shared_broker.delete_topics()
    own = replace(settings, models_dir=versions.models_dir)
    with new_stack(shared_broker, own, folder, lambda: "") as stack:
        stack.launch_api()
        stack.consume()
        url = watch(stack)
        assert stack.produce().process.wait(SECONDS) == 0
        stack.await_predictions(30)
        yield Shown(stack, url, versions)


@pytest.fixture
def visit(browser: Browser, shown: Shown) -> Iterator[Visit]:
    """The page of Iris, live; that nothing untoward happened in it is seen at the end of every test."""
    with Site(browser, shown.url, shown.url).visit() as opened:
        opened.page.goto(shown.url + IRIS)
        is_live(opened.page)
        yield opened
        assert opened.complaints == []


def test_a_record_is_on_the_page_within_2_s_after_it_was_sent(shown: Shown, visit: Visit, length: Length) -> None:
    prediction_of(visit.page, shown.send(flower())[0])
    took = []
    for _ in range(length.count(3, 30)):
        place, sent = shown.send(flower())
        shown_at = visit.page.evaluate(SHOWN_AT, place)
        assert shown_at, f"{place} is not on the page within 10 s"
        took.append(shown_at - sent)
    print(f"from request to page, in ms: {sorted(took)}")
    assert max(took) < MOST_MILLISECONDS


def test_a_bad_record_is_a_dead_letter_whose_command_sends_it_again(shown: Shown, visit: Visit) -> None:
    bad = flower(petal_width="<b>wide</b>")
    place, _ = shown.send(bad, b"bad")
    letter = visit.page.locator("#dead-letters li").filter(has_text=place)
    expect(letter.get_by_text("wrong type", exact=True)).to_be_visible()
    expect(letter).to_contain_text("petal_width")
    expect(letter.locator(".bytes")).to_have_text(bad.decode())
    command = letter.locator(".command").inner_text()
    before = len(records(shown.stack, REQUESTS))
    # As `make replay MODEL=iris ARGS="--offset 0:1"` does.
    given = dict(word.split("=", 1) for word in shlex.split(command.removeprefix("make replay ")))
    assert replay(shown.stack, "--model", given["MODEL"], *given["ARGS"].split()).startswith("1 replayed")
    after = records(shown.stack, REQUESTS)
    assert len(after) == before + 1
    again = max(after, key=lambda record: record.timestamp)
    assert (again.key, again.value) == (b"bad", bad)
    place = f"{REQUESTS}[{again.partition}]@{again.offset}"
    expect(visit.page.locator("#dead-letters li").filter(has_text=place)).to_be_visible()


def test_a_new_version_appears_with_its_number(shown: Shown, visit: Visit, iris: Bundle) -> None:
    version = shown.versions.publish(iris).manifest.version
    served = visit.page.locator("#now dd strong")
    expect(served).to_have_text(version, timeout=SECONDS * 1000)
    place, _ = shown.send(flower())
    row = visit.page.locator("#predictions tbody tr").filter(has=visit.page.get_by_text(place, exact=True))
    expect(row.locator("td").nth(4)).to_have_text(version)


def test_a_prediction_that_is_copied_behind_the_consumers_back_is_shown_as_doubled(shown: Shown, visit: Visit) -> None:
    record = records(shown.stack, PREDICTIONS)[0]
    found = {name: (value or b"").decode() for name, value in record.headers}
    headers = [(name, value or b"") for name, value in record.headers]
    shown.stack.write([Message(PREDICTIONS, record.key, record.value, headers, record.partition)])
    place = f"{REQUESTS}[{found['source_partition']}]@{found['source_offset']}"
    row = visit.page.get_by_role("region", name="Places that do not balance").locator("tr").filter(has_text=place)
    expect(row).to_contain_text("doubled")
    expect(row).to_contain_text(f"{PREDICTIONS}[{record.partition}]@")
    expect(visit.page.locator("#ledger .verdict")).to_contain_text("does not balance: 1 doubled")
    visit.page.goto(shown.url)
    expect(visit.page.get_by_text("ledger: 1 doubled")).to_be_visible()


@pytest.mark.parametrize("scheme", long_except(["dark"], ["light", "dark"]))
def test_real_data_is_readable_on_a_phone_in_both_schemes(browser: Browser, shown: Shown, scheme: str) -> None:
    options = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "color_scheme": scheme}
    with Site(browser, shown.url, shown.url).visit(**options) as visit:
        for path in ("/", IRIS):
            visit.page.goto(shown.url + path)
            is_live(visit.page)
            does_not_scroll_sideways(visit.page)
            assert visit.page.evaluate(LOST) == []
            assert violations(visit.page) == ""
        shade = brightness(visit.page.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert shade > 600 if scheme == "light" else shade < 200
        assert visit.complaints == []
