"""Settings: defaults, the environment, and errors that name the variable."""

from pathlib import Path

import pytest

from petalstream import settings
from petalstream.settings import Delivery, LostOffsets, SettingError


def test_an_empty_environment_gives_the_defaults() -> None:
    assert settings.load({}) == settings.Settings()


def test_an_empty_variable_means_the_default() -> None:
    assert settings.load({"API_PORT": " "}).api_port == 5000


def test_each_kind_of_setting_is_read_from_the_environment() -> None:
    given = {"MODELS_DIR": "/m", "API_PORT": "5001", "PRODUCER_INTERVAL": "0.5", "PRODUCER_LOOP": "False"}
    loaded = settings.load(given)
    assert (loaded.models_dir, loaded.api_port, loaded.producer_interval) == (Path("/m"), 5001, 0.5)
    assert loaded.producer_loop is False


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("API_PORT", "http", "a whole number from 1 to 65535"),
        ("API_PORT", "65536", "a whole number from 1 to 65535"),
        ("PRODUCER_INTERVAL", "-1", "a number of at least 0"),
        ("PRODUCER_INTERVAL", "nan", "a number of at least 0"),
        ("MIN_VALIDATION_ACCURACY", "1.1", "a number from 0 to 1"),
        ("PRODUCER_LOOP", "maybe", "true or false"),
        ("DELIVERY", "twice", "at-least-once or exactly-once"),
        ("CONSUMER_LOST_OFFSETS", "ignore", "continue or stop"),
        ("RECORD_MAX_BYTES", "1000001", "a whole number from 1 to 1000000"),
        ("API_TIMEOUT", "0", "a number from 0.1 to 3600"),
        ("CONSUMER_GIVE_UP_SECONDS", "never", "a number of at least 0"),
        ("CONSUMER_GROUP", "my group", "up to 200 letters, digits, dots, underscores and hyphens"),
        ("CONSUMER_MODELS", "iris;rose", "names of models, with commas between"),
        ("CONSUMER_DEAD_LETTER_SHARE", "1.1", "a number from 0 to 1"),
        ("CONSUMER_DEAD_LETTERS_IN_A_ROW", "-1", "a whole number of at least 0"),
        ("API_MEM_LIMIT", "2 GB", "an amount of memory such as 512m or 2g"),
        *(
            ("DASHBOARD_PUBLIC_URL", url, "a URL such as https://example.com/live")
            for url in (
                "javascript:alert(1)",
                "localhost:5001",
                "//example.com",
                "https://",
                "https://user:password@example.com",
                "https://example.com:65536",
                "https://example.com/?next=1",
                "https://example.com/#live",
                "https://example.com/a b",
                'https://example.com/"onclick="',
            )
        ),
        ("API_PUBLIC_URL", "file:///etc/passwd", "a URL such as https://example.com/live"),
        ("LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING or ERROR"),
    ],
)
def test_what_a_setting_cannot_be_is_refused_by_name(name: str, text: str, expected: str) -> None:
    with pytest.raises(SettingError) as refused:
        settings.load({name: text})
    assert str(refused.value) == f"{name} must be {expected}, not {text!r}"


@pytest.mark.parametrize(
    "url", ["http://localhost:5001", "https://petals.example.com/live", "http://[::1]:5001", "HTTPS://EXAMPLE.COM"]
)
def test_the_address_of_a_page_is_a_url_of_http_without_a_slash_at_its_end(url: str) -> None:
    loaded = settings.load({"DASHBOARD_PUBLIC_URL": f"{url}/", "API_PUBLIC_URL": url})
    assert (loaded.dashboard_public_url, loaded.api_public_url) == (url, url)


def test_models_are_listed_with_commas_between() -> None:
    assert settings.load({"CONSUMER_MODELS": "iris, rose"}).consumer_models.names == ["iris", "rose"]
    assert settings.load({"CONSUMER_MODELS": ""}).consumer_models.names == []


def test_the_consumer_may_wait_for_the_api_as_long_as_is_asked() -> None:
    assert settings.load({"API_TIMEOUT": "600"}).api_timeout == 600


def test_delivery_is_at_least_once_unless_it_is_asked_for_exactly_once() -> None:
    assert settings.load({}).delivery == Delivery.AT_LEAST_ONCE
    assert settings.load({"DELIVERY": "Exactly-Once"}).delivery is Delivery.EXACTLY_ONCE


def test_a_consumer_goes_on_after_lost_offsets_unless_it_is_to_stop() -> None:
    assert settings.load({}).consumer_lost_offsets == LostOffsets.CONTINUE
    assert settings.load({"CONSUMER_LOST_OFFSETS": "Stop"}).consumer_lost_offsets is LostOffsets.STOP


@pytest.mark.parametrize(("text", "count"), [("2G", 2**31), ("512m", 2**29), ("1kb", 1024), ("1000", 1000)])
def test_memory_is_written_as_compose_has_it(text: str, count: int) -> None:
    assert settings.load({"API_MEM_LIMIT": text}).api_mem_limit.bytes == count


def test_a_log_level_may_be_written_small() -> None:
    assert settings.load({"LOG_LEVEL": "debug"}).log_level == "DEBUG"
