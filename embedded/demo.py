"""`python -m embedded [--keep]`: the whole stack as local processes, the test set streamed through it once.

The exit code is 0 only if every record came back.
"""

import argparse
import signal
import tempfile
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from embedded import browsers, jars, node, ports
from embedded.demo_ports import PortInUse, ports_of
from embedded.processes import ChildFailed, Processes, Stopped, python
from embedded.summary import Summary
from petalstream import settings
from petalstream.broker import KafkaError
from petalstream.lifecycle import Stop
from petalstream.line_writer import standard_error, standard_output
from petalstream.model import bundle
from petalstream.settings import Settings

START_SECONDS = 60
TRAIN_SECONDS = 1800
RETURN_SECONDS = 60
MODEL_FILES = Path("services/trainer/models")
API = python("gunicorn", "-c", "services/api/gunicorn_conf.py", "services.api.app:create_server()")
LIVE_PAGE = python("gunicorn", "-c", "services/dashboard/gunicorn_conf.py", "services.dashboard.app:create_server()")


@dataclass(frozen=True)
class Demo:
    """One run of the stack: its processes, its settings, and a folder that is deleted afterwards.

    One that stays up until Ctrl-C (`keep`) has the live page too.
    """

    processes: Processes
    settings: Settings
    folder: Path
    keep: bool = False

    # Not `localhost`, which may stand for ::1: the stack listens on 127.0.0.1 only, and another program may on ::1.
    @property
    def servers(self) -> str:
        """The broker's address."""
        return f"{ports.LOOPBACK}:{self.settings.kafka_port}"

    @property
    def url(self) -> str:
        """The api's address."""
        return f"http://{ports.LOOPBACK}:{self.settings.api_port}"

    @property
    def page_url(self) -> str:
        """The live page's address, as a person types it."""
        return f"http://localhost:{self.settings.dashboard_port}"

    def bring_up(self) -> None:
        """Start broker, api and consumer, each when what it needs is ready; train where no bundle fits."""
        say("fetching and verifying Kafka's jars, where they are not here yet")
        self.processes.run("fetching Kafka", python("embedded.jars"), settings.inherited(), START_SECONDS * 10)
        say(f"starting Apache Kafka {jars.VERSION} on localhost:{self.settings.kafka_port}")
        node.start(self.processes, jars.CACHE, self.folder / "kafka", self.settings.kafka_port, ports.free_port())
        say("training, where no bundle matches data, code, seed and libraries")
        self.processes.run(
            "the trainer", python("services.trainer", "--if-changed"), settings.inherited(), TRAIN_SECONDS
        )
        say(f"starting the api on http://localhost:{self.settings.api_port}")
        self.processes.start("the api", API, self._environment(), self.folder / "api.log")
        ready = f"{self.url}/ready"
        self.processes.wait_until(lambda: answers(ready), f"status 200 from {ready}", START_SECONDS)
        say("starting the consumer")
        self.processes.start("the consumer", python("services.consumer"), self._environment())
        if self.keep:
            say(f"starting the live page on {self.page_url}")
            self.processes.start("the live page", LIVE_PAGE, self._environment(), self.folder / "dashboard.log")

    def stream(self) -> None:
        """Stream every model's test set once and wait until all of it came back, at most a minute."""
        say("streaming the test set")
        self.processes.run(
            "the producer", python("services.producer"), self._environment(producer_loop=False), TRAIN_SECONDS
        )
        try:
            self.processes.wait_until(self._all_back, "every record to come back", RETURN_SECONDS)
        except TimeoutError as error:
            say(str(error))  # the summary names what is missing

    def await_live_page(self) -> None:
        """Wait until the live page responds. Raises TimeoutError, ChildFailed."""
        health = f"http://{ports.LOOPBACK}:{self.settings.dashboard_port}/health"
        self.processes.wait_until(lambda: answers(health), f"status 200 from {health}", START_SECONDS)

    def summaries(self) -> dict[str, Summary]:
        """What became of each model's records."""
        return {model: Summary.read(self.servers, model) for model in bundle.model_names(self.settings.models_dir)}

    def untrained(self) -> list[str]:
        """The models that have a file and no bundle."""
        return sorted(
            {path.stem for path in MODEL_FILES.glob("[a-z]*.py")} - {*bundle.model_names(self.settings.models_dir)}
        )

    def _all_back(self) -> bool:
        return all(summary.complete for summary in self.summaries().values())

    def _environment(self, **overrides: object) -> dict[str, str]:
        return settings.inherited(
            kafka_bootstrap_servers=self.servers,
            api_port=self.settings.api_port,
            api_url=self.url,
            consumer_health_port=self.settings.consumer_health_port,
            dashboard_port=self.settings.dashboard_port,
            api_public_url=f"http://localhost:{self.settings.api_port}",
            dashboard_public_url=self.page_url if self.keep else "",
            **overrides,
        )


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered with 200."""
    # http.client and not urllib, which would ask the proxy that the environment may name.
    address = urlsplit(url)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=2)
    try:
        connection.request("GET", address.path)
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def say(text: str) -> None:
    """Tell the user what happens now, whether or not standard output can be written."""
    standard_output().write(f"==> {text}\n")


def run(demo: Demo, stop: Stop) -> int:
    """Bring the stack up, stream, print the summaries; if it is kept, stay until Ctrl-C. The exit code."""
    demo.bring_up()
    demo.stream()
    summaries = demo.summaries()
    for model, summary in summaries.items():
        say(f"summary of {model}\n{summary}")
    if untrained := demo.untrained():
        say(f"not trained, and the trainer said above why: {', '.join(untrained)}")
    if demo.keep:
        say_where(demo)
        while not stop.wait(0.5):
            demo.processes.check()
    return 0 if summaries and all(summary.complete for summary in summaries.values()) else 1


def say_where(demo: Demo) -> None:
    """Tell the addresses of what stays up, once the live page responds."""
    api_port, kafka_port = demo.settings.api_port, demo.settings.kafka_port
    if health_port := demo.settings.consumer_health_port:
        say(f"the consumer's health is on http://localhost:{health_port}/ready, its metrics on /metrics there")
    demo.await_live_page()
    opened_by = browsers.command(demo.page_url)
    how = f"; `{opened_by}` opens it" if opened_by else ""
    say(f"the api is on http://localhost:{api_port}, the broker on localhost:{kafka_port}")
    say(f"the live page is on {demo.page_url}{how}; Ctrl-C stops everything")


def main() -> int:
    """Run the demo; the exit code."""
    parser = argparse.ArgumentParser(prog="demo", description="Run the stack as local processes, without Docker.")
    parser.add_argument("--keep", action="store_true", help="stay up until Ctrl-C after the test set was streamed")
    keep: bool = parser.parse_args().keep
    configured = settings.load_or_exit("demo --keep" if keep else "demo")
    stop = Stop()
    stop.request_on_signals()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A handler, so that the signal requests a stop and does not kill, nor a second one, as it would a service: the
        # demo has processes to stop.
        signal.signal(number, lambda *_: None)
    try:
        with tempfile.TemporaryDirectory(prefix="petalstream-") as folder, Processes(stop) as processes:
            return run(Demo(processes, ports_of(configured, keep), Path(folder), keep), stop)
    except Stopped:
        standard_error().write("stopped\n")
        return 130
    except (ChildFailed, PortInUse, TimeoutError, KafkaError) as error:
        standard_error().write(f"demo: {error}\n")
        return 1
