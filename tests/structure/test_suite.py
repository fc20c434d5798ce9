"""The test suite itself."""

from pathlib import Path


def test_what_a_folder_of_tests_shares_ends_with_its_last_test(root: Path) -> None:
    # Of a folder that is no package, pytest keeps it until the last of all tests.
    sharing = [path for path in (root / "tests").rglob("*.py") if "fixture(scope=" + '"package")' in path.read_text()]
    assert sharing
    assert [path for path in sharing if not (path.parent / "__init__.py").exists()] == []
