"""A service parses only its own settings, and names a value that Kubernetes has set."""

import os
from dataclasses import fields

import pytest

from petalstream import settings
from petalstream.service_settings import SETTINGS_OF
from petalstream.settings import SettingError, Settings, variable

LINK = "tcp://10.96.0.12:9092"
PORTS = [variable(setting.name) for setting in fields(Settings) if setting.name.endswith("_port")]


def fails(service: str) -> str | None:
    """What the service says as it ends for its settings."""
    try:
        settings.load_or_exit(service)
    except SystemExit as exit_with:
        return str(exit_with.code)
    return None


@pytest.mark.parametrize("service", SETTINGS_OF)
@pytest.mark.parametrize("name", PORTS)
def test_a_service_link_harms_only_a_service_that_uses_a_setting_of_its_name(
    monkeypatch: pytest.MonkeyPatch, service: str, name: str
) -> None:
    monkeypatch.setenv(name, LINK)
    assert (fails(service) is not None) == (name.lower() in SETTINGS_OF[service])


@pytest.mark.parametrize("service", SETTINGS_OF)
def test_what_is_no_value_of_a_setting_of_another_service_is_ignored(
    monkeypatch: pytest.MonkeyPatch, service: str
) -> None:
    for setting in fields(Settings):
        if setting.name not in SETTINGS_OF[service]:
            monkeypatch.setenv(variable(setting.name), "no value of any setting")
    assert settings.load(os.environ, SETTINGS_OF[service]) == Settings()


@pytest.mark.parametrize("name", PORTS)
def test_a_service_link_is_named_for_what_it_is(name: str) -> None:
    with pytest.raises(SettingError) as refused:
        settings.load({name: LINK})
    service = {
        "API_PORT": "api",
        "KAFKA_PORT": "kafka",
        "CONSUMER_HEALTH_PORT": "consumer-health",
        "DASHBOARD_PORT": "dashboard",
    }[name]
    assert (
        f"65535, not '{LINK}'. Kubernetes sets {name} to an address in each container beside a Service named {service}"
        in str(refused.value)
    )
    assert "enableServiceLinks: false" in str(refused.value)
