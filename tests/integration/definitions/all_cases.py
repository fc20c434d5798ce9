"""The definitions of all tables."""

from tests.integration.definitions import of_numbers, of_penguins, of_targets

CASES = {**of_numbers.CASES, **of_penguins.CASES, **of_targets.CASES}
