"""Says in words when a model needs more memory than the containers have."""

from collections.abc import Iterator

from petalstream.model.manifest import Manifest
from petalstream.settings import Settings

# What is beyond this share of a limit is worth a word.
CLOSE = 0.8
MIB = 2**20


def describe_memory(manifest: Manifest, settings: Settings) -> Iterator[str]:
    """Yield a sentence for each container whose limit the model reaches, or nearly so."""
    workers, api, trainer = settings.api_workers, manifest.memory["api_bytes"], manifest.memory["trainer_bytes"]
    if api * workers > CLOSE * settings.api_mem_limit.bytes:
        yield (
            f"the api needs at least {_mib(api)} in each of {workers} workers, and API_MEM_LIMIT is"
            f" {settings.api_mem_limit}: raise it, or lower API_WORKERS"
        )
    if trainer > CLOSE * settings.trainer_mem_limit.bytes:
        yield f"the training took {_mib(trainer)}, and TRAINER_MEM_LIMIT is {settings.trainer_mem_limit}: raise it"


def _mib(count: int) -> str:
    return f"{count / MIB:,.0f} MiB"
