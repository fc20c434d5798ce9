"""The live page as `make demo KEEP=1` starts it, beside a stack of the tests' own."""

from playwright.sync_api import Page, expect

from embedded import ports
from embedded.demo import LIVE_PAGE, answers
from embedded.waiting import wait_until
from petalstream import broker
from petalstream.messages import Message
from tests.stack import Stack

START_SECONDS, SECONDS = 60, 30
REQUESTS = "iris.requests"


def watch(stack: Stack, name: str = "dashboard", **overrides: object) -> str:
    """Start the live page of a stack and wait until it is healthy; return its address without a slash at the end."""
    port = ports.free_port()
    stack.start(name, LIVE_PAGE, dashboard_port=port, **overrides)
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: answers(f"{url}/health"), "the live page to be healthy", START_SECONDS)
    return url


def send(stack: Stack, value: bytes, key: bytes = b"7") -> tuple[str, int]:
    """Send a request to Iris; return its place, topic[partition]@offset, and its timestamp in milliseconds."""
    producer = broker.new_producer(stack.servers, SECONDS)
    try:
        message = Message(REQUESTS, key, value, [("expected", b"setosa")])
        sent = broker.send(producer, message).get(timeout=SECONDS)
        return f"{REQUESTS}[{sent.partition}]@{sent.offset}", sent.timestamp
    finally:
        broker.close_producer(producer, 5)


def prediction_of(page: Page, place: str) -> None:
    """Wait until the page has a prediction of a request."""
    expect(page.locator("#predictions code").get_by_text(place, exact=True)).to_be_visible(timeout=SECONDS * 1000)
