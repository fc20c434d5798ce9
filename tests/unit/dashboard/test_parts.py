"""A part that is away is named in plain words, not by the text of an exception."""

import pytest

from embedded.ports import free_port
from services.dashboard.snapshot import Condition
from services.dashboard.status.api_status import ApiStatus
from services.dashboard.status.zookeeper import ask_zookeeper


@pytest.mark.parametrize("host", ["127.0.0.1", "stopped.invalid"])
def test_an_api_that_is_away_is_named_by_its_address(host: str) -> None:
    url = f"http://{host}:{free_port()}"
    status = ApiStatus(url, {})
    status.update()
    assert (status.part.condition, status.part.state) == (Condition.BAD, "not reachable")
    assert status.part.words == f"nothing answers at {url}"


def test_a_zookeeper_whose_name_is_not_known_may_be_stopped() -> None:
    part = ask_zookeeper("stopped.invalid:2181")
    assert (part.condition, part.state) == (Condition.BAD, "not reachable")
    assert part.words == "its host name is not known: it may be stopped"
