"""Serves the published models over HTTP. The path of a request for predictions:

1. gunicorn's ASGI worker accepts the connection and reads the head. `server/asgi` decides who responds: the event loop,
   to small requests for predictions that arrived together (`server/turns`), or else a thread (`server/threads`).
2. The request gets an id (`telemetry/`). For a thread, its body is read (`server/bodies`), and it needs a place
   (`gateway/admission`), or is rejected with 503.
3. `gateway/fast_path` takes a common request past Flask, to the same functions as the routes.
4. Flask checks the API key (`gateway/auth`), and calls the route (`routes/`).
5. The route finds the model version in `models/`, which follows the models volume and verifies each bundle.
6. `wire/` parses the body, be it JSON, columns, CSV, CloudEvents or tensors, into rows.
7. `scoring/`, which knows no HTTP, validates the rows, computes the predictions and adds warnings.
8. `wire/` writes the predictions in the format that the client accepts; `pages/` prepares them for a template.
9. An error (`errors`) becomes a response in `gateway/problems`, which has the status of each.
10. `gateway/` compresses the response and adds security headers; `telemetry/` counts it and logs it.

What differs between models of labels and of numbers is in `targets/`. Beside this path, `openapi/` describes the
routes. pyproject.toml has the import rules of the packages.
"""
