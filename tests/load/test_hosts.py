"""Every way to write the address that the api listens on, and the health check that asks there."""

import subprocess
from pathlib import Path

import pytest
import requests

from embedded.processes import ROOT, python
from petalstream import settings as environment
from petalstream.model.bundle import Bundle
from petalstream.settings import Settings
from tests.length import long_except
from tests.listeners import NO_IPV6, has_ipv6_loopback
from tests.lone_api import lone_api

HOSTS = [("::", "::1"), ("::1", "::1"), ("[::1]", "::1"), ("0.0.0.0", "127.0.0.1"), ("127.0.0.2", "127.0.0.2")]


@pytest.mark.parametrize("where", long_except(HOSTS[:1], HOSTS), ids=str)
def test_the_api_listens_there_and_the_health_check_finds_it(
    settings: Settings, iris: Bundle, tmp_path: Path, where: tuple[str, str]
) -> None:
    host, asked = where
    if ":" in host and not has_ipv6_loopback():
        pytest.skip(NO_IPV6)
    with lone_api(settings.models_dir, tmp_path, host=asked, api_host=host) as api:
        assert requests.get(f"{api.url}/ready", timeout=10).status_code == 200
        probed = subprocess.run(
            python("services.api.probe"),
            cwd=ROOT,
            env=environment.inherited(api_port=api.port, api_host=host),
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (probed.returncode, probed.stderr) == (0, "")
