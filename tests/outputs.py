"""What a graph predicts, as the kind that a test expects."""

from petalstream.model.outputs import ClassOutput, ModelOutput, NumberOutput


def classes(output: ModelOutput) -> ClassOutput:
    """The output of a model of labels."""
    assert isinstance(output, ClassOutput)
    return output


def numbers(output: ModelOutput) -> NumberOutput:
    """The output of a model of numbers."""
    assert isinstance(output, NumberOutput)
    return output
