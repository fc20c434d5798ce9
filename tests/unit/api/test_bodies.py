"""Bodies that arrive slowly, and what all of them may keep in memory."""

import asyncio
from typing import Any

import pytest

from services.api.server import bodies
from services.api.server.bodies import MOST_PIECES, Bodies, NotRead

LARGEST = 100_000
LARGE, SMALL = b"l" * LARGEST, b"s" * 1_000


class Arriving:
    """A body of which only the beginning has arrived; `end` sends the rest."""

    def __init__(self, bodies: Bodies, beginning: bytes) -> None:
        self.rest, self.environ = asyncio.get_running_loop().create_future(), dict[str, Any]()
        first = {"type": "http.request", "body": beginning, "more_body": True}
        self.reading = asyncio.ensure_future(bodies.read_into(self.environ, first, lambda: self.rest))

    async def end(self, rest: bytes) -> bytes:
        """The whole body, once its rest has arrived."""
        self.rest.set_result({"type": "http.request", "body": rest, "more_body": False})
        await self.reading
        content: bytes = self.environ["wsgi.input"].read()
        return content

    async def leave(self) -> None:
        """The client goes."""
        self.rest.set_result({"type": "http.disconnect"})
        with pytest.raises(NotRead, match="did not arrive in time"):
            await self.reading


async def fill(found: Bodies) -> list[Arriving]:
    """So many large bodies that are about to end that one more has no room."""
    arriving = [Arriving(found, LARGE) for _ in range(2)]
    await asyncio.sleep(0)
    return arriving


@pytest.fixture(autouse=True)
def two_bodies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_BODIES", 2)


def test_large_bodies_beyond_the_bound_are_refused_and_small_ones_are_read() -> None:
    async def arrive() -> None:
        found = Bodies(LARGEST)
        await fill(found)
        with pytest.raises(NotRead, match="too many large requests"):
            await Arriving(found, LARGE).reading
        assert await Arriving(found, SMALL).end(SMALL) == SMALL + SMALL

    asyncio.run(arrive())


def test_bodies_that_have_arrived_or_are_given_up_make_room() -> None:
    async def arrive() -> None:
        found = Bodies(LARGEST)
        first, second = await fill(found)
        assert await first.end(b"") == LARGE
        assert await Arriving(found, LARGE).end(b"") == LARGE
        await second.leave()
        third, fourth = await fill(found)
        with pytest.raises(NotRead, match="too many large requests"):
            await Arriving(found, LARGE).reading
        third.reading.cancel()
        await asyncio.gather(third.reading, return_exceptions=True)
        assert await Arriving(found, LARGE).end(b"") == LARGE
        await fourth.leave()

    asyncio.run(arrive())


@pytest.mark.parametrize(("pieces", "is_read"), [(MOST_PIECES, True), (MOST_PIECES + 1, False)])
def test_a_body_in_too_many_pieces_is_refused(pieces: int, is_read: bool) -> None:
    async def arrive() -> None:
        left = pieces

        async def receive() -> dict[str, Any]:
            nonlocal left
            left -= 1
            return {"type": "http.request", "body": b"s", "more_body": left > 0}

        await Bodies(LARGEST).read_into({}, await receive(), receive)

    if is_read:
        asyncio.run(arrive())
    else:
        with pytest.raises(NotRead, match=f"more than {MOST_PIECES} pieces") as raised:
            asyncio.run(arrive())
        assert raised.value.status == 400
