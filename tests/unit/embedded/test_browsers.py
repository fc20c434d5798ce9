"""How a person at this machine opens a page: on a desktop by a command, on a server not at all."""

import sys
from pathlib import Path

import pytest

from embedded import browsers

URL = "http://localhost:5001"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """A Linux machine without a display, that has a command to open pages."""
    opener = tmp_path / "xdg-open"
    opener.write_text("#!/bin/sh\n")
    opener.chmod(0o755)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_on_a_server_no_command_is_proposed(machine: pytest.MonkeyPatch) -> None:
    assert browsers.command(URL) == ""


@pytest.mark.parametrize("name", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_with_a_display_the_desktops_command_opens_the_page(machine: pytest.MonkeyPatch, name: str) -> None:
    machine.setenv(name, ":0")
    assert browsers.command(URL) == f"xdg-open {URL}"


def test_a_command_that_is_not_installed_is_not_proposed(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    machine.setenv("DISPLAY", ":0")
    (tmp_path / "xdg-open").unlink()
    assert browsers.command(URL) == ""


def test_on_macos_open_opens_the_page(machine: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "xdg-open").rename(tmp_path / "open")
    machine.setattr(sys, "platform", "darwin")
    assert browsers.command(URL) == f"open {URL}"
