"""The interval of a share that was counted."""

import math
from statistics import NormalDist

CONFIDENCE = 0.95


def wilson(found: float, total: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return Wilson's interval, from 0 to 1, of the probability behind `found` of `total` independent rows.

    Wilson, Probable Inference, the Law of Succession, and Statistical Inference, Journal of the American Statistical
    Association 22 (1927). Without continuity correction.
    """
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share, z2 = found / total, z * z
    center = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = z * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    # Rounding must not lead outside of the shares that are possible, nor past the ends that are exact.
    return (0.0 if found == 0 else max(0.0, center - half)), (1.0 if found == total else min(1.0, center + half))
