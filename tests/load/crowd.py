"""Connections that ask an api at once and cost little themselves, so that an answer's time is the api's."""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.load.client import SECONDS, Seen, is_a_flower_or_busy


@dataclass(frozen=True)
class Crowd:
    """So many connections that post the same flower, each one request after the other.

    After a 503 a connection stays away for `pause` seconds: 1, as Retry-After asks it to, or less.
    """

    url: str
    body: bytes
    connections: int
    pause: float = 0

    def ask(self, seconds: float) -> Seen:
        """Have all of them ask for that long."""
        seen = Seen()
        asyncio.run(self._all(seen, seconds))
        return seen

    async def _all(self, seen: Seen, seconds: float) -> None:
        opened = [await self._open() for _ in range(self.connections)]
        end = time.monotonic() + seconds
        async with asyncio.timeout(seconds + SECONDS):
            await asyncio.gather(*(self._ask_on(seen, end, *each) for each in opened))

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection that was answered once already: to be accepted is another wait."""
        host, port = urlsplit(self.url).hostname, urlsplit(self.url).port
        reader, writer = await asyncio.open_connection(host, port)
        async with asyncio.timeout(SECONDS):
            await self._answer(reader, writer, b"GET /health")
        return reader, writer

    async def _ask_on(self, seen: Seen, end: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asking = f"POST {urlsplit(self.url).path}".encode()
        try:
            while (asked := time.monotonic()) < end:
                status, headers, body = await self._answer(reader, writer, asking, self.body)
                seen.statuses[status] += 1
                if status == 200:
                    seen.seconds.append(time.monotonic() - asked)
                if complaint := is_a_flower_or_busy(status, headers, body):
                    seen.complaints.append(complaint)
                if status == 503:
                    await asyncio.sleep(self.pause)
        except (OSError, EOFError) as error:
            seen.failures.append(repr(error))
        finally:
            writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, asking: bytes, body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the answer to one request."""
        told = b"Host: localhost\r\nContent-Type: application/json\r\nContent-Length: %d" % len(body)
        writer.write(b"%b HTTP/1.1\r\n%b\r\n\r\n%b" % (asking, told, body))
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        return int(first.split()[1]), headers, await reader.readexactly(int(headers["content-length"]))
