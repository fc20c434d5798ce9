"""What docker-compose.yml and the overrides in deploy/ promise of every container."""

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent


class Loader(yaml.SafeLoader):
    """Knows Compose's own tag for what an override takes away."""


Loader.add_constructor("!reset", lambda loader, node: None)


def loaded(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(path.read_text(), Loader)  # noqa: S506 - a safe loader
    return content


COMPOSE = loaded(ROOT / "docker-compose.yml")
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = sorted(path.parent.name for path in (ROOT / "services").glob("*/Dockerfile"))
OVERRIDES = [loaded(path) for path in sorted((ROOT / "deploy").glob("compose.*.yml"))]
CHANGES = [(name, service) for override in OVERRIDES for name, service in override["services"].items()]
ADDED = {name: service for name, service in CHANGES if name not in SERVICES}
ALL = {**SERVICES, **ADDED}


def seconds(duration: str) -> int:
    return int(duration.removesuffix("s"))


def test_our_services_are_the_folders_of_services() -> None:
    assert sorted(name for name, service in SERVICES.items() if "build" in service) == OURS


@pytest.mark.parametrize("name", [*OURS, *sorted(ADDED)])
def test_our_containers_and_those_of_overrides_can_do_little(name: str) -> None:
    service = ALL[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [mount.split(":")[0] for mount in service["tmpfs"]] == ["/tmp"]  # noqa: S108 - the container's own
    if name in OURS:
        assert "\nUSER petalstream\n" in (ROOT / "services" / name / "Dockerfile").read_text()
    else:
        assert service["user"] == "10001:10001"


def test_an_override_takes_nothing_of_that_away() -> None:
    for name, change in CHANGES:
        assert name in ADDED or set(change) <= {"environment", "ports", "secrets"}


def test_what_an_override_mounts_is_read_only_and_its_own_files_exist() -> None:
    for override in OVERRIDES:
        # Compose mounts these read-only, and complains of one that is not there.
        mounted = {**override.get("configs", {}), **override.get("secrets", {})}
        assert all(set(how) == {"file"} for how in mounted.values())
        assert all((ROOT / how["file"]).is_file() for how in override.get("configs", {}).values())
    assert not any("volumes" in change for _, change in CHANGES)


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_container_is_bounded_and_comes_back(name: str) -> None:
    service = ALL[name]
    assert service["mem_limit"]
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "3"}
    restarts = {"importer": "no", "trainer": "no", "producer": "on-failure"}
    assert service["restart"] == restarts.get(name, "unless-stopped")
    assert name == "trainer" or seconds(service["stop_grace_period"]) > 10


def test_the_container_that_opens_pickles_has_no_network_no_volume_and_no_setting() -> None:
    importer = SERVICES["importer"]
    assert importer["network_mode"] == "none"
    assert importer["profiles"] == ["import"], "no other command starts it"
    assert not {"volumes", "environment", "ports", "secrets", "networks", "devices"} & set(importer)
    assert importer["pids_limit"] <= 64


def test_ports_are_published_on_loopback_only() -> None:
    for _, service in [*SERVICES.items(), *CHANGES]:
        for port in service.get("ports") or []:
            assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_service_starts_on_a_state_of_what_it_needs(name: str) -> None:
    for needed, how in ALL[name].get("depends_on", {}).items():
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


def test_nothing_waits_for_the_live_page_and_it_waits_for_the_broker_alone() -> None:
    assert not [name for name, service in ALL.items() if "dashboard" in service.get("depends_on", {})]
    assert SERVICES["dashboard"]["depends_on"] == {"kafka": {"condition": "service_healthy"}}


def test_the_api_alone_mounts_its_history_and_its_image_has_the_folder() -> None:
    mounted = [name for name, service in SERVICES.items() if "history:/history" in service.get("volumes", [])]
    assert mounted == ["api"]
    assert SERVICES["api"]["environment"]["HISTORY_DIR"] == "/history"
    assert " && install --directory --owner petalstream /models /history\n" in (
        (ROOT / "services/api/Dockerfile").read_text()
    )


def test_no_probe_starts_a_java_machine() -> None:
    for name in ("kafka", "zookeeper"):
        assert SERVICES[name]["healthcheck"]["test"][:3] == ["CMD", "bash", "-c"]
        assert "kafka-" not in SERVICES[name]["healthcheck"]["test"][3]
