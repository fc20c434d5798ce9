"""The stack as `make up` brings it up, and the stack behind nginx, each shared by the tests of the package."""

from tests.e2e.site import site
from tests.e2e.stack import stack

__all__ = ["site", "stack"]
