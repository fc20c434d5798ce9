"""Outcomes that a topic does not take for their size: what is written in their place, once the clients are new."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence

from petalstream.dead_letters import write_dead_letter
from petalstream.messages import dead_letters_topic, model_of, place
from petalstream.reasons import Reason
from petalstream.schema import Fault
from services.consumer.scoring.outcomes import Outcome

log = logging.getLogger(__name__)


class Refusals:
    """Remembers what was refused, by the place of its request; `limit` gives the most bytes that a topic takes."""

    def __init__(self, limit: Callable[[str], int]) -> None:
        self._limit = limit
        self._topics: dict[str, list[str]] = defaultdict(list)
        self._said: dict[str, str] = {}

    def remember(self, outcomes: Sequence[Outcome]) -> None:
        """One of `outcomes` was refused, the one that is largest beside what its topic takes. Raises KafkaError.

        The client does not tell which: it fails its neighbours with the same error.
        """
        limits = {topic: max(1, self._limit(topic)) for topic in {outcome.message.topic for outcome in outcomes}}
        culprit = max(outcomes, key=lambda outcome: outcome.message.size / limits[outcome.message.topic])
        topic, at = culprit.message.topic, place(culprit.record)
        self._topics[at].append(topic)
        self._said[at] = f"{topic} takes {limits[topic]} bytes (max.message.bytes), its outcome has more"
        log.error("%s: %s", at, self._said[at])

    def instead(self, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
        """The outcomes, with a dead letter in place of a prediction, or one without bytes in place of a dead letter."""
        return [self._instead(outcome) for outcome in outcomes] if self._topics else outcomes

    def _instead(self, outcome: Outcome) -> Outcome:
        refused_by = self._topics.get(place(outcome.record), ())
        if outcome.message.topic not in refused_by:
            return outcome
        fault = Fault(Reason.TOO_LARGE, self._said[place(outcome.record)])
        bare = dead_letters_topic(model_of(outcome.record.topic)) in refused_by
        message = write_dead_letter(outcome.record, fault, outcome.attempts, bare)
        return Outcome(outcome.record, message, fault, outcome.attempts)
