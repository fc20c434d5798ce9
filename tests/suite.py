"""How pytest runs this suite: its options, what runs when, and what a run shows."""

import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from petalstream.settings import KafkaClient, Settings
from tests.length import Length
from tests.progress import STAGES, Progress, stage_of
from tests.turns import turn


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--nothing-skipped`, which CI gives: a test that cannot run has failed; and what `make chaos` gives."""
    parser.addoption("--nothing-skipped", action="store_true", help="report a skipped test as failed")
    parser.addoption("--seed", type=int, help="what chaos draws from, to repeat a run; else a new one for each test")
    parser.addoption("--length", choices=["short", "full"], default="short", help="how long scenarios last")
    parser.addoption("--scale", type=int, default=1, help="how many times longer than full")
    parser.addoption("--stages", type=float, metavar="BEGAN", help="show progress by stage, in time since that epoch")
    parser.addoption("--report", type=Path, help="file to which chaos adds a line a scenario")
    clients, default = list(KafkaClient), Settings().kafka_client
    parser.addoption("--kafka-client", choices=clients, default=default, help="what the services talk to Kafka with")
    parser.addoption("--oip-url", help="the server that conformance is tested of; else an api of the tests' own")
    parser.addoption("--oip-model", help="the model that it is asked for")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Show progress by stage where `--stages` asks for it, in the process that prints; have Ctrl-C work."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        # A shell starts background jobs so, and the services that tests interrupt would inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    terminal, began = config.pluginmanager.get_plugin("terminalreporter"), config.getoption("--stages")
    if began and terminal and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Progress(terminal, began))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark each test that asks for its length: it runs short in one part of the suite and at full length in another."""
    if "length" in getattr(item, "fixturenames", ()):
        item.add_marker("scenario")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the tests by stage; within a stage they stay in the random order that pytest-randomly gives them."""
    items.sort(key=lambda item: STAGES.index(stage_of(item.nodeid)))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, bool, bool]:
    """Give a test its turn, before its time limit begins."""
    with turn(item.config.rootpath / ".cache" / "turns", item.get_closest_marker("alone") is not None):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where nothing may be skipped."""
    report = yield
    if report.skipped and item.config.getoption("--nothing-skipped"):
        report.outcome = "failed"
    return report


@pytest.fixture(scope="session")
def length(request: pytest.FixtureRequest) -> Length:
    """How long scenarios last in this run."""
    return Length(request.config.getoption("--length") == "full", request.config.getoption("--scale"))
