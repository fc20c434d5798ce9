"""The OpenAPI document: whole, valid, and made from the models that are served."""

import dataclasses
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator

from petalstream.model.bundle import Bundle
from petalstream.settings import Parts, Settings
from services.api.app import create_app
from services.api.wire.media_types import FORM
from services.api.wire.rows import READERS
from tests.unit.api.roses import EVIL, rose

__all__ = ["rose"]

Json = dict[str, Any]


def document(client: FlaskClient) -> Json:
    answer = client.get("/openapi.json")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found: Json = answer.get_json()
    return found


def require_valid(found: Json) -> None:
    assert found["openapi"] == "3.1.0"
    assert [str(error) for error in OpenAPIV31SpecValidator(found).iter_errors()] == []


def operations(found: Json) -> dict[tuple[str, str], Json]:
    return {(method, path): each for path, item in found["paths"].items() for method, each in item.items()}


def routes(client: FlaskClient) -> set[tuple[str, str]]:
    """Every method and path that the app answers, with the models' names put in."""
    served, found = client.application.extensions["registry"].served, set()
    for rule in client.application.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        of_model = "{name}" in path and not path.startswith("/v2/repository")
        paths = [path.replace("{name}", name) for name in served] if of_model else [path]
        found |= {(method.lower(), each) for method in rule.methods or () for each in paths}
    return {(method, path) for method, path in found if method not in ("head", "options")}


@pytest.fixture
def empty(tmp_path: Path) -> FlaskClient:
    """A client of an api that has no model."""
    return create_app(Settings(models_dir=tmp_path)).test_client()


@pytest.mark.parametrize("which", ["both", "rose", "empty"])
def test_it_is_valid_and_names_every_route_and_nothing_else(which: str, request: pytest.FixtureRequest) -> None:
    client = request.getfixturevalue(which)
    found = document(client)
    require_valid(found)
    assert set(operations(found)) == routes(client)


def test_texts_of_a_manifest_are_texts_in_it(rose: FlaskClient) -> None:
    row = document(rose)["components"]["schemas"]["rose.row"]
    assert row["properties"]["height"]["title"] == "Height"
    assert row["properties"]["height"]["description"] == f"{EVIL}. Unit: {EVIL}."
    assert row["properties"]["soil type"]["title"] == f"Soil {EVIL}"
    assert row["properties"]["bed"]["description"] == "The model does not use it."
    assert row["required"] == ["soil type", "height", "thorns", "wild"]


def test_a_feature_and_a_label_may_have_the_name_of_anything(rose: FlaskClient) -> None:
    registry = rose.application.extensions["registry"]
    one = registry.served["rose"]
    names = ("$ref", "items", "anyOf", "a/b~c", "\u202e\U0001f339")
    features = tuple(
        dataclasses.replace(feature, name=name) for feature, name in zip(one.manifest.features, names, strict=True)
    )
    training = dict(zip(names, one.manifest.training.values(), strict=False))
    manifest = dataclasses.replace(
        one.manifest,
        features=features,
        title="$model",
        labels=("$ref", "$model"),
        voters=("$ref", "not"),
        golden=(),
        training=training,
    )
    registry.served["rose"] = dataclasses.replace(one, scorer=dataclasses.replace(one.scorer, manifest=manifest))
    found = document(rose)
    require_valid(found)
    assert list(found["components"]["schemas"]["rose.row"]["properties"]) == [each.name for each in features]
    assert found["components"]["schemas"]["rose.prediction"]["properties"]["label"]["enum"] == ["$ref", "$model"]
    assert found["tags"][0]["description"] == f"$model, version {manifest.version}"


def publish(models_dir: Path, like: Bundle, version: str, **changes: Any) -> None:
    """Serve a copy of the bundle from now on, with changes to its manifest."""
    home = models_dir / like.manifest.model
    shutil.copytree(like.path, home / version)
    manifest = dataclasses.replace(like.manifest, version=version, **changes)
    (home / version / "manifest.json").write_text(manifest.to_json())
    (home / "current").write_text(version)


def test_another_version_and_another_set_of_models_make_another_document(
    heart_failure: Bundle, iris: Bundle, tmp_path: Path
) -> None:
    publish(tmp_path, iris, "1")
    client = create_app(Settings(models_dir=tmp_path)).test_client()
    registry = client.application.extensions["registry"]
    first = client.get("/openapi.json")
    again = client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert first.get_json()["tags"][0]["description"] == "Iris, version 1"

    publish(tmp_path, iris, "2", sample="plant")
    registry.refresh()
    changed = client.get("/openapi.json", headers={"If-None-Match": first.headers["ETag"]})
    assert changed.get_json()["tags"][0]["description"] == "Iris, version 2"
    assert changed.get_json()["components"]["schemas"]["iris.row"]["title"] == "Plant"

    publish(tmp_path, heart_failure, "1")
    registry.refresh()
    assert "/models/heart_failure/predict" in document(client)["paths"]
    registry.unload("iris")
    assert set(operations(document(client))) == routes(client)


@pytest.mark.parametrize("open_parts", ["health,metrics", "pages", "pages,health,metrics", "none"])
def test_where_a_key_is_asked_for_it_says_so(all_models: Settings, tmp_path: Path, open_parts: str) -> None:
    keys = tmp_path / "keys"
    keys.write_text("the-key\n")
    own = dataclasses.replace(all_models, api_keys=str(keys), api_open=Parts(open_parts))
    client = create_app(own).test_client()
    found = client.get("/openapi.json", headers={"X-API-Key": "the-key"}).get_json()
    require_valid(found)
    for (method, path), operation in operations(found).items():
        answer = client.open(re.sub("{.*?}", "1", path), method=method.upper(), buffered=True)
        assert ("401" in operation["responses"]) == ("security" in operation) == (answer.status_code == 401), path


def test_without_keys_it_asks_for_none(both: FlaskClient) -> None:
    found = document(both)
    assert "securitySchemes" not in found["components"]
    assert not any("401" in operation["responses"] for operation in operations(found).values())


def test_of_a_default_model_that_is_not_served_it_promises_nothing(all_models: Settings) -> None:
    client = create_app(dataclasses.replace(all_models, default_model="rose")).test_client()
    answers = set(document(client)["paths"]["/predict"]["post"]["responses"])
    assert str(client.post("/predict", json={}).status_code) in answers
    assert "200" not in answers


@pytest.mark.parametrize("path", ["/predict", "/models/iris/predict"])
def test_it_describes_each_content_type_of_rows_that_the_api_reads(both: FlaskClient, path: str) -> None:
    described = set(document(both)["paths"][path]["post"]["requestBody"]["content"])
    assert described - {FORM} == set(READERS)
