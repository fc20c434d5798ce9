"""Asking ahead: what went wrong the first time is told to whoever asks for the same rows in earnest, once."""

import pytest

from services.consumer.ahead import EagerClient, NotAtOnce
from services.consumer.client import ApiClient
from services.consumer.policy import Unavailable

ROWS, OTHER = [b'{"n": 1}'], [b'{"n": 2}']


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> list[list[bytes]]:
    """What an api is asked for that does not answer."""
    asked: list[list[bytes]] = []

    def score(self: ApiClient, model: str, rows: list[bytes]) -> None:
        asked.append(rows)
        raise Unavailable(f"refusal {len(asked)}")

    monkeypatch.setattr(ApiClient, "score", score)
    return asked


def test_the_first_refusal_is_the_answer_to_the_same_question_and_then_the_api_is_asked_again(
    refused: list[list[bytes]],
) -> None:
    client = EagerClient("http://nowhere.invalid", 1)
    with pytest.raises(NotAtOnce):
        client.ask_once("iris", ROWS)
    for said in ("refusal 1", "refusal 2"):
        with pytest.raises(Unavailable, match=said):
            client.score("iris", list(ROWS))
    assert refused == [ROWS, ROWS]


def test_another_question_is_asked_of_the_api(refused: list[list[bytes]]) -> None:
    client = EagerClient("http://nowhere.invalid", 1)
    with pytest.raises(NotAtOnce):
        client.ask_once("iris", ROWS)
    with pytest.raises(Unavailable, match="refusal 2"):
        client.score("iris", OTHER)
    with pytest.raises(Unavailable, match="refusal 3"):
        client.score("iris", ROWS)
    assert refused == [ROWS, OTHER, ROWS]
