"""Each service names the settings that its code reads, all of them and no other."""

import ast
import re
from dataclasses import fields
from pathlib import Path

import pytest

from petalstream.service_settings import SETTINGS_OF
from petalstream.settings import Settings, variable

ROOT = Path(__file__).parent.parent.parent
NAMES = {setting.name for setting in fields(Settings)}
# Where a service is a part of a folder, or has a name of its own.
TOOLS = ROOT / "services/consumer/tools"
WATCH = ROOT / "services/dashboard/watch"
PROBES = {"probe": ROOT / "services/api/probe.py", "consumer probe": ROOT / "services/consumer/probe.py"}
PROBES |= {"dashboard probe": ROOT / "services/dashboard/probe.py", "history": ROOT / "services/api/show_history.py"}
FOLDERS = {**PROBES, "tools": TOOLS, "watch": WATCH, "demo --keep": ROOT / "embedded"}
# What runs in a container beside its service.
ALSO_IN = {
    "consumer": ("tools", "consumer probe"),
    "api": ("probe", "history"),
    "dashboard": ("dashboard probe", "watch"),
}
# Compose gives these in an override alone, as a port of the host, or not at all.
ELSEWHERE = {"api_keys"}


def files(service: str) -> list[Path]:
    """The code of a service."""
    folder = FOLDERS.get(service, ROOT / "services" / service)
    found = [folder] if folder.is_file() else sorted(folder.rglob("*.py"))
    parts = {TOOLS, WATCH}
    return [path for path in found if service in FOLDERS or not (path in PROBES.values() or parts & {*path.parents})]


@pytest.mark.parametrize("service", sorted(SETTINGS_OF.keys() - {"demo"}))
def test_a_services_code_reads_the_settings_that_it_names(service: str) -> None:
    nodes = [node for path in files(service) for node in ast.walk(ast.parse(path.read_text()))]
    read = {node.attr for node in nodes if isinstance(node, ast.Attribute)} & NAMES
    assert read == set(SETTINGS_OF[service])


def test_every_setting_is_some_services() -> None:
    assert set().union(*SETTINGS_OF.values()) == NAMES


@pytest.mark.parametrize("service", ["trainer", "api", "producer", "consumer", "dashboard"])
def test_compose_gives_a_container_just_its_settings(service: str) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    (block,) = re.findall(rf"^  {service}:\n(.*?)(?=^  \w|^\w)", text, re.MULTILINE | re.DOTALL)
    (environment,) = re.findall(r"^    environment:\n((?:      .*\n)+)", block, re.MULTILINE)
    given = re.findall(r"^      ([A-Z_]+):", environment, re.MULTILINE)
    used = {name for each in (service, *ALSO_IN.get(service, ())) for name in SETTINGS_OF[each]}
    assert set(given) == {variable(name) for name in used - ELSEWHERE}
