"""From the file that was brought to the one that the trainer keeps, which is data and no pickle."""

from dataclasses import dataclass

from services.trainer.definition import Fitted
from services.trainer.definition.fitted import ONNX, SKOPS
from services.trainer.fitted.errors import FittedError
from services.trainer.fitted.estimators import untrusted_types
from services.trainer.importing.request import Request
from services.trainer.importing.sandbox import open_pickle
from services.trainer.importing.source import Kind, Source, find_source
from services.trainer.importing.types import confirm, confirm_pickled

WARNING = "opening this file runs whatever code is in it"


@dataclass(frozen=True)
class Accepted:
    """The `name` of the file, what a definition says of the one that is kept, its content, and what is to be told."""

    name: str
    fitted: Fitted
    content: bytes
    notes: tuple[str, ...] = ()


def accept(request: Request) -> Accepted:
    """Return the model in the file of a request. Raises FittedError; without TRUST=1 no pickle is opened."""
    source = find_source(request.file)
    if source.kind is Kind.ONNX:
        return Accepted(source.name, Fitted(request.model + ONNX, made_with=source.made_with), source.content)
    if source.kind is Kind.SKOPS:
        untrusted = untrusted_types(source.content, source.name)
        types = confirm(untrusted, request.types, source.name, request.is_trusted)
        kept = Fitted(request.model + SKOPS, types, source.made_with)
        return Accepted(source.name, kept, source.content, _listed(types))
    return _accept_pickle(request, source)


def _accept_pickle(request: Request, source: Source) -> Accepted:
    name = source.name
    if not request.is_trusted:
        raise FittedError(
            f"{name} is a pickle (joblib, cloudpickle): {WARNING}. If you trust who made it, add TRUST=1; if not, ask"
            " for a skops or an ONNX file"
        )
    where = "a container without network, volumes and capabilities" if request.sandbox else "a process of its own"
    less = "" if request.sandbox else ", which is no wall: it can read your files, and compiled code in it can do more"
    print(f"import: {name} is opened in {where}{less}: {WARNING}", flush=True)
    content, made_with = open_pickle(source.content, name, request.sandbox)
    types = confirm_pickled(untrusted_types(content, name), request.types, name)
    notes = (f"{name} became {request.model}{SKOPS}: the trainer opens no pickle of others", *_listed(types))
    kept = Fitted(request.model + SKOPS, types, {**source.made_with, **made_with})
    return Accepted(name, kept, content, notes)


def _listed(types: list[str]) -> tuple[str, ...]:
    return (f"types beyond those that skops trusts by itself: {', '.join(types)}",) if types else ()
