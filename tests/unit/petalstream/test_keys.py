"""The file of API keys: what is a key, and what is said of a file that is none."""

from pathlib import Path

import pytest

from petalstream.keys import KeysError, authorization, read_keys


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys.txt"


@pytest.mark.parametrize(
    "content",
    [
        b"first\nsecond",
        b"# of the consumer\nfirst\n\n  \n#second was here\nsecond\n",
        b"first\r\nsecond\r\n",
        b"\xef\xbb\xbffirst\n\tsecond  \n",
    ],
)
def test_each_line_is_a_key_but_blank_lines_and_comments(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert read_keys(str(file)) == ["first", "second"]


def test_a_key_is_any_printable_ascii_without_spaces(file: Path) -> None:
    every = "".join(map(chr, range(0x21, 0x7F)))
    keys = [every.replace("#", "", 1), every[3:], "x#y"]
    file.write_text("\n".join(keys))
    assert read_keys(str(file)) == keys


@pytest.mark.parametrize("line", [b"two words", b"k\xc3\xa9y", b"k\xffy", b"k\x00y", b"k\x0by", b"k\x7fy", b"k\ty"])
def test_a_line_that_is_no_key_is_told_by_its_number_and_not_shown(file: Path, line: bytes) -> None:
    file.write_bytes(b"# keys\nfirst\n" + line)
    with pytest.raises(KeysError) as refused:
        read_keys(str(file))
    assert str(refused.value) == (
        f"API_KEYS names {file}, whose line 3 is no key: a key is printable ASCII without spaces"
    )


@pytest.mark.parametrize("content", ["", "\n\n", "# none yet\n"])
def test_a_file_without_a_key_opens_nothing_to_everybody(file: Path, content: str) -> None:
    file.write_text(content)
    with pytest.raises(KeysError) as refused:
        read_keys(str(file))
    assert str(refused.value) == f"API_KEYS names {file}, which holds no key"


def test_a_file_that_cannot_be_read_is_told_with_the_reason(file: Path, tmp_path: Path) -> None:
    for path, reason in ((file, "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(KeysError) as refused:
            read_keys(str(path))
        assert str(refused.value) == f"API_KEYS names {path}, which cannot be read: {reason}"


def test_our_own_clients_send_the_first_key_and_none_where_no_file_is_named(file: Path) -> None:
    file.write_text("first\nsecond\n")
    assert authorization(str(file)) == {"Authorization": "Bearer first"}
    assert authorization("") == {}
