"""The stack behind nginx, shared by the tests of its two proxies."""

from tests.e2e.site import site

__all__ = ["site"]
