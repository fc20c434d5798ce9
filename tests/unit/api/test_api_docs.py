"""The page around the OpenAPI document: what it loads, and how little else it may do."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

Read = Callable[[str], list[tuple[str, dict[str, Any]]]]


def test_it_loads_its_own_files_alone_and_has_no_script_inside(client: FlaskClient, elements: Read) -> None:
    answer = client.get("/docs")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    found = elements(answer.text)
    scripts = [attributes["src"] for tag, attributes in found if tag == "script"]
    assert scripts == ["/docs/swagger-ui-bundle.js", "/static/explorer.js"]
    assert answer.text.count("></script>") == len(scripts)
    loaded = scripts + [attributes["href"] for tag, attributes in found if tag == "link"]
    for address in loaded:
        file = client.get(address, buffered=True)
        assert file.status_code == 200, address
        assert file.headers["X-Content-Type-Options"] == "nosniff"
        assert client.get(address, headers={"If-None-Match": file.headers["ETag"]}, buffered=True).status_code == 304


def test_it_alone_may_run_scripts_and_only_its_own(client: FlaskClient) -> None:
    policy = client.get("/docs").headers["Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "script-src": "'self'",
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "connect-src": "'self'",
    }
    for path in ("/openapi.json", "/docs/swagger-ui-bundle.js", "/docs/nothing", "/"):
        answer = client.get(path, headers={"Accept": "text/html"}, buffered=True)
        assert "script-src" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("file", ["index.css", "LICENSE", "oauth2-redirect.html", "nothing", "..%2f__init__.py"])
def test_of_the_package_it_gives_nothing_else(client: FlaskClient, file: str) -> None:
    assert client.get(f"/docs/{file}").status_code == 404


def test_the_script_is_sent_compressed(client: FlaskClient) -> None:
    answer = client.get("/docs/swagger-ui-bundle.js", headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert (answer.mimetype, answer.headers["Content-Encoding"]) == ("text/javascript", "gzip")
    assert len(answer.data) < 700_000
