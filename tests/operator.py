"""What an operator does: the command line beside the consumer, run as a process of its own."""

import subprocess

from embedded.processes import ROOT, python
from tests.stack import Stack


def tools(stack: Stack, *arguments: str, exit_code: int = 0) -> str:
    """What a command prints; on standard error where it should fail."""
    command = python("services.consumer.tools", *arguments)
    ran = subprocess.run(command, cwd=ROOT, env=stack.environment(), capture_output=True, text=True, timeout=60)
    print(" ".join(arguments), ran.stdout, ran.stderr, sep="\n")
    assert ran.returncode == exit_code
    if exit_code == 0:
        assert ran.stderr == ""
    return ran.stderr if exit_code else ran.stdout


def replay(stack: Stack, *arguments: str) -> str:
    """The line in which a replay sums itself up."""
    return tools(stack, "dead-letters", "replay", *arguments).splitlines()[-1]
