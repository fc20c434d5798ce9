"""How figures look: two colour schemes, sizes in CSS pixels, and SVG whose text is text."""

import io
import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure

WIDTH = 480
POINTS = 72 / 96  # of a CSS pixel
TEXT, SMALL = 13 * POINTS, 12 * POINTS
# With more classes than these, colours are no longer told apart, and figures show each class in its own place.
MOST_COLOURS = 5
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1.5)))
# The first is what comes with matplotlib, so that text is measured alike everywhere; it is wider than most fonts.
MEASURED, SHOWN = "'DejaVu Sans', sans-serif", "system-ui, sans-serif"


@dataclass(frozen=True)
class Scheme:
    """Colours for a page of one brightness; those of classes are Okabe and Ito's, tuned to its surface."""

    name: str
    surface: str
    text: str
    muted: str
    grid: str
    faint: str
    classes: tuple[str, ...]

    @property
    def accent(self) -> str:
        """The colour where there is only one, and of what is right."""
        return self.classes[0]

    @property
    def wrong(self) -> str:
        """The colour of a mistake."""
        return self.classes[1]

    def of_class(self, position: int, classes: int) -> str:
        """The colour of the class at `position` of so many `classes`."""
        return self.classes[position] if classes <= MOST_COLOURS else self.accent


LIGHT = Scheme(
    "light",
    surface="#ffffff",
    text="#1f2328",
    muted="#59636e",
    grid="#d8dee4",
    faint="#f3f5f7",
    classes=("#0072b2", "#d55e00", "#009e73", "#c0699a", "#2b2f77"),
)
DARK = Scheme(
    "dark",
    surface="#1b1f24",
    text="#e6edf3",
    muted="#a3adb8",
    grid="#3a424c",
    faint="#242a31",
    classes=("#4ba3e3", "#f0803c", "#2dbe90", "#e59ac4", "#d9d4ff"),
)


def settings(scheme: Scheme) -> Any:
    """What matplotlib's rc_context takes."""
    lines = {f"{axis}.color": scheme.grid for axis in ("xtick", "ytick")}
    labels = {f"{axis}.labelcolor": scheme.muted for axis in ("xtick", "ytick")}
    sizes = {f"{axis}.labelsize": SMALL for axis in ("xtick", "ytick")} | {"legend.fontsize": SMALL}
    lengths = {f"{axis}.major.size": 0 for axis in ("xtick", "ytick")}
    distances = {"xtick.major.pad": 6, "ytick.major.pad": 5}
    return {
        **(lines | labels | sizes | lengths | distances),
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": TEXT,
        "text.color": scheme.text,
        "text.parse_math": False,
        "axes.labelsize": SMALL,
        "axes.labelcolor": scheme.text,
        "axes.edgecolor": scheme.grid,
        "axes.facecolor": "none",
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlesize": TEXT,
        "axes.titlelocation": "left",
        "grid.color": scheme.grid,
        "grid.linewidth": 0.6,
        "legend.frameon": False,
        "figure.constrained_layout.w_pad": 0.06,
        "figure.constrained_layout.h_pad": 0.06,
        "figure.constrained_layout.wspace": 0.04,
        "figure.constrained_layout.hspace": 0.05,
        "svg.fonttype": "none",
        "svg.hashsalt": "petalstream",
    }


def new_figure(width: int, height: int) -> Figure:
    """An empty figure of so many CSS pixels, which keeps its parts from overlapping."""
    return Figure(figsize=(width / 96, height / 96), layout="constrained", facecolor="none")


def as_svg(figure: Figure) -> bytes:
    """The figure as SVG: the same bytes each time, and no address in it but those of XML's namespaces."""
    written = io.StringIO()
    with warnings.catch_warnings():
        # Measuring lacks the glyph, but the reader's browser draws the text with a font of its own.
        warnings.filterwarnings("ignore", r"Glyph .* missing from font", UserWarning)
        figure.savefig(written, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = written.getvalue()
    return text[text.index("<svg") :].replace(MEASURED, SHOWN).encode()


def mixed(colour: str, surface: str, share: float) -> str:
    """`share` (0 to 1) of a colour on a surface."""
    red, green, blue = (
        share * over + (1 - share) * under for over, under in zip(to_rgb(colour), to_rgb(surface), strict=True)
    )
    return to_hex((red, green, blue))


def readable_on(colour: str) -> str:
    """Black or white, whichever is the more legible on `colour`; that is always 4.5:1 or more."""
    light = (_luminance(colour) + 0.05) ** 2 > 1.05 * 0.05
    return "#000000" if light else "#ffffff"


def _luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), channels, strict=True))


def wrapped(label: str, width: int, lines: int = 2) -> str:
    """A label on at most so many lines of about `width` characters, shortened where that is too little."""
    if lines == 1:
        return label if len(label) <= width else label[: width - 1].rstrip() + "…"
    return "\n".join(textwrap.wrap(label, width, max_lines=lines, placeholder="…")) or label


def percent_axes(axes: Axes, parts: int = 4) -> None:
    """Make both axes reach from 0 to 100%, with so many `parts`."""
    ticks = [part / parts for part in range(parts + 1)]
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_xticks(ticks, [f"{tick:.0%}" for tick in ticks])
    axes.set_yticks(ticks, [f"{tick:.0%}" for tick in ticks])


def legend_above(figure: Figure, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """A legend over all panels, in as many columns as its labels let fit."""
    columns = max(1, min(len(labels), int(WIDTH / (9 * max(map(len, labels)) + 45))))
    figure.legend(
        handles, labels, loc="outside upper left", ncols=columns, handlelength=1.1, handleheight=1.1, borderaxespad=0.2
    )


def quiet(axes: Axes) -> None:
    """Take all lines from around a panel."""
    axes.spines[:].set_visible(False)
