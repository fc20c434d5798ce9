"""The style of figures: two colour schemes, sizes in CSS pixels, and SVG with text as text."""

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
# More colours than these are hard to distinguish; figures then give each class a row or panel of its own.
MOST_COLOURS = 5
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1.5)))
# matplotlib measures text with the font that it contains, so that figures are the same everywhere. Browsers show the
# text in their own font, which is usually narrower.
MEASURED, SHOWN = "'DejaVu Sans', sans-serif", "system-ui, sans-serif"


@dataclass(frozen=True)
class Scheme:
    """The colours for light or dark pages; those of classes are Okabe and Ito's, adjusted to the surface."""

    name: str
    surface: str
    text: str
    muted: str
    grid: str
    faint: str
    classes: tuple[str, ...]

    @property
    def accent(self) -> str:
        """The colour of single series and of correct predictions."""
        return self.classes[0]

    @property
    def wrong(self) -> str:
        """The colour of wrong predictions."""
        return self.classes[1]

    def of_class(self, position: int, classes: int) -> str:
        """Return the colour of the class at `position`; `classes` is their number."""
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
    """Return the parameters for matplotlib's rc_context."""
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
    """Return an empty figure of `width` x `height` CSS pixels whose parts do not overlap."""
    return Figure(figsize=(width / 96, height / 96), layout="constrained", facecolor="none")


def as_svg(figure: Figure) -> bytes:
    """Return the figure as SVG: the same bytes each time, without date, version or any URL but XML namespaces."""
    written = io.StringIO()
    with warnings.catch_warnings():
        # A glyph that the measuring font lacks is no fault: the browser shows the text in another font.
        warnings.filterwarnings("ignore", r"Glyph .* missing from font", UserWarning)
        figure.savefig(written, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = written.getvalue()
    return text[text.index("<svg") :].replace(MEASURED, SHOWN).encode()


def mixed(colour: str, surface: str, share: float) -> str:
    """Return the mixture of a colour on a surface; `share` (0 to 1) is the colour's."""
    red, green, blue = (
        share * over + (1 - share) * under for over, under in zip(to_rgb(colour), to_rgb(surface), strict=True)
    )
    return to_hex((red, green, blue))


def readable_on(colour: str) -> str:
    """Return black or white, whichever has more contrast on `colour`: always 4.5:1 or more."""
    light = (_luminance(colour) + 0.05) ** 2 > 1.05 * 0.05
    return "#000000" if light else "#ffffff"


def _luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2 (0 to 1)."""
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), channels, strict=True))


def wrapped(label: str, width: int, lines: int = 2) -> str:
    """Return a label on at most `lines` lines of about `width` characters, shortened if it is longer."""
    if lines == 1:
        return label if len(label) <= width else label[: width - 1].rstrip() + "…"
    return "\n".join(textwrap.wrap(label, width, max_lines=lines, placeholder="…")) or label


def percent_axes(axes: Axes, parts: int = 4) -> None:
    """Scale both axes from 0 to 100%, with ticks that divide them into `parts`."""
    ticks = [part / parts for part in range(parts + 1)]
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_xticks(ticks, [f"{tick:.0%}" for tick in ticks])
    axes.set_yticks(ticks, [f"{tick:.0%}" for tick in ticks])


def legend_above(figure: Figure, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Add a legend above all panels, with as many columns as fit."""
    columns = max(1, min(len(labels), int(WIDTH / (9 * max(map(len, labels)) + 45))))
    figure.legend(
        handles, labels, loc="outside upper left", ncols=columns, handlelength=1.1, handleheight=1.1, borderaxespad=0.2
    )


def hide_frame(axes: Axes) -> None:
    """Hide the lines around a panel."""
    axes.spines[:].set_visible(False)
