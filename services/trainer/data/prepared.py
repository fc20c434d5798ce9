"""What is fitted, and from where it comes."""

from dataclasses import dataclass

from services.trainer.data.dataset import Dataset
from services.trainer.data.split import Parts
from services.trainer.definition import Definition


@dataclass(frozen=True)
class Prepared:
    """A definition, complete with what it takes from its CSV, the content of that, its samples and their parts.

    `findings` are sentences on what deserves a second look. `model_file` is the content of the file of a model that was
    fitted elsewhere.
    """

    name: str
    definition: Definition
    content: bytes
    samples: Dataset
    parts: Parts
    seed: int
    findings: tuple[str, ...] = ()
    model_file: bytes = b""
