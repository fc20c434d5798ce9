"""What a browser shows of a broker that is away, and of one that comes back."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from embedded.processes import Processes
from petalstream import broker
from petalstream.lifecycle import Stop
from petalstream.settings import Settings
from tests.brokers import LocalBroker
from tests.browser.site import Site
from tests.browser.test_live_updates import is_live
from tests.live_page import prediction_of, send, watch
from tests.records import flower
from tests.stack import Stack, new_stack

pytestmark = pytest.mark.xdist_group("browser")

SECONDS = 30


@pytest.mark.long
def test_a_page_that_was_opened_before_the_broker_was_there_goes_on_when_it_is(
    browser: Browser, kafka_jars: Path, settings: Settings, tmp_path: Path
) -> None:
    with Processes(Stop()) as processes:
        away = LocalBroker(processes, tmp_path / "kafka")
        with new_stack(away, settings, tmp_path, lambda: "") as stack:
            url = watch(stack)
            with Site(browser, url, url).visit() as visit:
                visit.page.goto(url)
                kafka = visit.page.locator("#parts tr").filter(has_text="Kafka at")
                expect(kafka).to_contain_text(re.compile("connecting|not reachable"))
                away.start()
                broker.create_topics(away.servers, "iris", 1)
                send(stack, flower())
                expect(kafka.get_by_text("reachable", exact=True)).to_be_visible(timeout=SECONDS * 1000)
                expect(visit.page.locator("#model-1 .sum")).to_contain_text("1 request =", timeout=SECONDS * 1000)
                assert visit.complaints == []


@pytest.mark.long
@pytest.mark.own_broker
def test_a_broker_that_dies_is_named_and_the_page_goes_on_without_a_reload(stack: Stack, browser: Browser) -> None:
    stack.use_shared_api()
    stack.consume()
    url = watch(stack)
    assert stack.produce().process.wait(SECONDS) == 0
    with Site(browser, url, url).visit() as visit:
        page = visit.page
        page.goto(url)
        is_live(page)
        page.evaluate("window.before = true")
        kafka = page.locator("#parts tr").filter(has_text="Kafka at")
        expect(kafka).to_contain_text("reachable")
        stack.broker.kill()
        expect(kafka).to_contain_text("not reachable", timeout=SECONDS * 1000)
        stack.broker.start()
        place, _ = send(stack, flower())
        expect(kafka.get_by_text("reachable", exact=True)).to_be_visible(timeout=SECONDS * 1000)
        card = page.locator("#model-1")
        expect(card.locator(".sum")).to_contain_text(
            "31 requests = 31 predictions + 0 dead letters + 0 still to do", timeout=SECONDS * 1000
        )
        expect(card).to_contain_text("ledger balances", timeout=SECONDS * 1000)
        assert page.evaluate("window.before")
        is_live(page)
        page.goto(f"{url}/models/iris")
        prediction_of(page, place)
        assert visit.complaints == []
