"""The frame of a chart in units of its SVG's viewBox: where values and times are, and the ticks of both axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from petalstream.readable import readable

WIDTH, HEIGHT = 400.0, 190.0
LEFT, RIGHT, TOP, BOTTOM = 48.0, 394.0, 24.0, 164.0
HOUR, TICK_SECONDS = 3600.0, 1200.0
MOST_STEPS = 4


@dataclass(frozen=True)
class Tick:
    """A place on an axis and its label."""

    at: float
    label: str


def steps(highest: float) -> list[float]:
    """Return round numbers from 0 to at least `highest`, at most MOST_STEPS apart."""
    if not highest > 0:
        return [0.0, 1.0]
    rough = highest / MOST_STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999)
    return [step * number for number in range(math.ceil(highest / step - 1e-9) + 1)]


def across(at: float, end: float) -> float:
    """Return the x of a time in the hour before `end`."""
    return round(RIGHT - (end - at) / HOUR * (RIGHT - LEFT), 1)


def up(value: float, top: float) -> float:
    """Return the y of a value between 0 and `top`."""
    return round(BOTTOM - value / top * (BOTTOM - TOP), 1)


def value_ticks(ticks: Sequence[float]) -> list[Tick]:
    """Return the ticks of values between 0 and the last of them."""
    return [Tick(up(value, ticks[-1]), readable(value)) for value in ticks]
