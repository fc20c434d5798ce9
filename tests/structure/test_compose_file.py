"""What docker-compose.yml promises of every container."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = sorted(path.parent.name for path in (ROOT / "services").glob("*/Dockerfile"))


def seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))


def test_our_services_are_the_folders_of_services() -> None:
    assert sorted(name for name, service in SERVICES.items() if "build" in service) == OURS


@pytest.mark.parametrize("name", OURS)
def test_our_containers_can_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"] == ["/tmp"]  # noqa: S108 - the container's own
    dockerfile = (ROOT / "services" / name / "Dockerfile").read_text()
    assert "\nUSER petalstream\n" in dockerfile


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_container_is_bounded_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    assert service["restart"] == {"trainer": "no", "producer": "on-failure"}.get(name, "unless-stopped")
    assert name == "trainer" or seconds(service["stop_grace_period"]) > 10


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_ports_are_published_on_loopback_only(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_starts_on_a_state_of_what_it_needs(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[needed]
        else:
            assert how["condition"] == "service_completed_successfully"


def test_all_data_is_on_named_volumes_and_only_the_trainer_writes_models() -> None:
    mounts = {name: [mount.split(":") for mount in service.get("volumes", [])] for name, service in SERVICES.items()}
    assert {mount[0] for of_service in mounts.values() for mount in of_service} == set(COMPOSE["volumes"])
    writers = [name for name, of_service in mounts.items() for mount in of_service if mount == ["models", "/models"]]
    assert writers == ["trainer"]
    assert len(mounts["zookeeper"]) == 2


def test_no_probe_starts_a_java_machine() -> None:
    for name in ("kafka", "zookeeper"):
        assert SERVICES[name]["healthcheck"]["test"][:3] == ["CMD", "bash", "-c"]
        assert "kafka-" not in SERVICES[name]["healthcheck"]["test"][3]
