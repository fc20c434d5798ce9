"""A figure of the report and its two SVG files."""

from collections.abc import Callable
from dataclasses import dataclass

import matplotlib as mpl
from matplotlib.figure import Figure

from services.trainer.report.style import DARK, LIGHT, Scheme, as_svg, new_figure, settings


@dataclass(frozen=True)
class Drawing:
    """A figure of `width` x `height` CSS pixels with its texts; `onto` draws it on an empty matplotlib figure."""

    name: str
    title: str
    caption: str
    alt: str
    width: int
    height: int
    onto: Callable[[Figure, Scheme], None]

    def files(self) -> dict[str, bytes]:
        """Return the SVG in each colour scheme, by file name."""
        return {self._file(scheme): self._svg(scheme) for scheme in (LIGHT, DARK)}

    def entry(self) -> dict[str, object]:
        """Return the entry of the figure in report.json."""
        texts = {"name": self.name, "title": self.title, "caption": self.caption, "alt": self.alt}
        schemes = {scheme.name: self._file(scheme) for scheme in (LIGHT, DARK)}
        return {**texts, **schemes, "width": self.width, "height": self.height}

    def _file(self, scheme: Scheme) -> str:
        return f"{self.name}.{scheme.name}.svg"

    def _svg(self, scheme: Scheme) -> bytes:
        with mpl.rc_context(settings(scheme)):
            figure = new_figure(self.width, self.height)
            self.onto(figure, scheme)
            return as_svg(figure)
