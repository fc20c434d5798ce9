"""Every setting stands in README.md, in .env.example and, where a container uses it, in docker-compose.yml."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from petalstream.settings import Settings, variable

ROOT = Path(__file__).parent.parent.parent
COMPOSE = (ROOT / "docker-compose.yml").read_text()
EXAMPLE = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
README, DEPLOY = (
    dict(re.findall(r"^\| `([A-Z_]+)` \| (.*) \|$", (ROOT / document).read_text(), re.MULTILINE))
    for document in ("README.md", "deploy/README.md")
)
OVERRIDES = {
    name: default
    for path in sorted((ROOT / "deploy").glob("compose.*.yml"))
    # The default may name another setting, as in ${A:-http://localhost:${B:-5000}}.
    for name, default in re.findall(r"\$\{([A-Z_]+):-((?:[^{}]|\{[^}]*\})*)\}", path.read_text())
}
SETTINGS = {variable(setting.name): setting for setting in fields(Settings)}
# Compose alone reads these: they name images.
IMAGES = {"PYTHON_IMAGE", "KAFKA_IMAGE", "ZOOKEEPER_IMAGE"}
# Compose gives these values that only make sense inside a container.
FIXED = {"API_HOST", "API_KEYS", "API_URL", "CONSUMER_HEALTH_HOST", "DATA_DIR", "KAFKA_BOOTSTRAP_SERVERS"}
FIXED |= {"DASHBOARD_HOST", "HISTORY_DIR", "MODELS_DIR", "ZOOKEEPER_SERVER"}
# Compose knows where a browser finds what it publishes.
PUBLISHED = {"API_PUBLIC_URL": "API_PORT", "DASHBOARD_PUBLIC_URL": "DASHBOARD_PORT"}


def shown(name: str) -> str:
    default = SETTINGS[name].default
    return str(default).lower() if isinstance(default, bool) else str(default)


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_readme_gives_default_and_meaning_of_the_setting(name: str) -> None:
    default = f"`{shown(name)}`" if shown(name) else "empty"
    assert README[name] == f"{default} | {SETTINGS[name].metadata['meaning']}"


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_the_example_file_gives_the_default(name: str) -> None:
    assert EXAMPLE[name] == shown(name)


@pytest.mark.parametrize("name", sorted(set(SETTINGS) - FIXED - set(PUBLISHED)))
def test_compose_passes_the_setting_on_with_the_same_default(name: str) -> None:
    assert f"${{{name}:-{shown(name)}}}" in COMPOSE


@pytest.mark.parametrize("name", PUBLISHED)
def test_compose_makes_an_address_of_the_port_that_it_publishes(name: str) -> None:
    port = PUBLISHED[name]
    assert f"      {name}: ${{{name}:-http://localhost:${{{port}:-{shown(port)}}}}}\n" in COMPOSE


def test_everything_compose_reads_is_a_setting_or_an_image() -> None:
    names = set(re.findall(r"\$\{([A-Z_]+):-", COMPOSE)) | set(re.findall(r"\$\{([A-Z_]+)\}", COMPOSE)) - {"NAME"}
    assert names == set(SETTINGS) - FIXED | IMAGES


def test_the_images_are_in_readme_and_example_with_composes_default() -> None:
    for name in IMAGES:
        (default,) = set(re.findall(rf"\${{{name}:-([^}}]+)}}", COMPOSE))
        assert EXAMPLE[name] == default
        assert README[name].startswith(f"`{default}` | ")


def test_nothing_documented_is_not_a_setting() -> None:
    assert set(EXAMPLE) == set(README) == set(SETTINGS) | IMAGES


def test_what_an_override_reads_beyond_the_settings_is_in_its_own_readme_with_its_default() -> None:
    own = {
        name: default for name, default in OVERRIDES.items() if not README.get(name, "").startswith(f"`{default}` |")
    }
    assert own.keys() == DEPLOY.keys()
    for name, default in own.items():
        assert DEPLOY[name].startswith(f"`{default}` | ")


def test_an_override_names_what_it_reads_with_a_default_and_in_its_first_lines() -> None:
    for path in sorted((ROOT / "deploy").glob("compose.*.yml")):
        text = path.read_text()
        names = set(re.findall(r"\$\{?([A-Z_]+)", text))
        assert names <= OVERRIDES.keys()
        opening = text.split("\nservices:")[0]
        assert [name for name in names & DEPLOY.keys() if name not in opening] == []
