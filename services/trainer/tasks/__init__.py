"""What training does for a target: for labels in one module, for numbers in another."""

from typing import Any

from services.trainer.definition import Classes, Definition
from services.trainer.tasks.labels import LabelTask
from services.trainer.tasks.numbers import NumberTask
from services.trainer.tasks.task import Task

__all__ = ["Task", "task_of"]


def task_of(definition: Definition) -> Task[Any]:
    """Return the task of a definition."""
    target = definition.target
    return LabelTask(definition, target) if isinstance(target, Classes) else NumberTask(definition, target)
