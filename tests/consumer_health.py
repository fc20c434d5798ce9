"""What a running consumer says of itself over HTTP."""

import subprocess
from dataclasses import dataclass
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

from embedded.processes import ROOT, python
from petalstream import settings

SECONDS = 10


@dataclass(frozen=True)
class ConsumerHealth:
    """The health of the consumer that answers on `port` of this machine."""

    port: int

    def get(self, path: str) -> tuple[int, Any]:
        """The status and the JSON of /health or /ready; 0 and None where nobody answers."""
        try:
            response = requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=SECONDS)
        except requests.ConnectionError:
            return 0, None
        return response.status_code, response.json()

    def is_ready(self) -> bool:
        """Whether /ready is answered with 200."""
        return self.get("/ready")[0] == 200

    def value(self, name: str, **labels: str) -> float | None:
        """The value of one series, None where there is none."""
        text = requests.get(f"http://127.0.0.1:{self.port}/metrics", timeout=SECONDS).text
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == f"petalstream_consumer_{name}" and sample.labels == labels:
                    return sample.value
        return None

    def probe(self) -> tuple[int, str]:
        """The exit code of the container's health check, and what it prints."""
        environment = settings.inherited(consumer_health_port=self.port)
        command = python("services.consumer.probe")
        ended = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return ended.returncode, ended.stdout + ended.stderr
