"""The live page as `make demo KEEP=1` starts it, beside a stack of the tests' own."""

from embedded import ports
from embedded.demo import LIVE_PAGE, answers
from embedded.waiting import wait_until
from tests.stack import Stack

START_SECONDS = 60


def watch(stack: Stack, name: str = "dashboard", **overrides: object) -> str:
    """Start the live page of a stack and wait until it is healthy; return its address without a slash at the end."""
    port = ports.free_port()
    stack.start(name, LIVE_PAGE, dashboard_port=port, **overrides)
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: answers(f"{url}/health"), "the live page to be healthy", START_SECONDS)
    return url
