"""Which peers there are, how each is started, and what it is asked."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

Row = Mapping[str, float]
FEATURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")


@dataclass(frozen=True)
class HttpPeer:
    """A server on loopback; its command has the placeholders {python}, {bin}, {folder}, {model} and {port}.

    {bin} is the folder of the environment's commands, {folder} the peer's own and {model} the pickled pipeline, each an
    absolute path. `packages` are those whose versions matter.
    """

    name: str
    title: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    ready: str  # answers 200 once the model is loaded
    path: str  # takes the body of `one_row`
    one_row: Callable[[Row], bytes]
    rows_path: str | None = None  # takes the body of `rows`, where many rows can be asked for at once
    rows: Callable[[Sequence[Row]], bytes] | None = None
    v2: str | None = None  # takes inference requests of the Open Inference Protocol


@dataclass(frozen=True)
class StreamPeer:
    """A process that answers each record of one topic with a record in another, until it is killed.

    Its command has the placeholders {python}, {bin}, {folder}, {model}, {bootstrap}, {group}, {requests},
    {predictions}, {api_url} (Petalstream's api, for a peer without a model of its own) and {port}.
    """

    name: str
    title: str
    packages: tuple[str, ...]
    command: tuple[str, ...]
    value: Callable[[Row], bytes] | None = None  # of a request record; None is our JSON object of named features
    headers: tuple[tuple[str, bytes], ...] = ()  # that a request record has besides ours


def named(row: Row) -> bytes:
    """A JSON object of named features."""
    return json.dumps(dict(row)).encode()


def inference_request(rows: Sequence[Row]) -> bytes:
    """An inference request of the Open Inference Protocol for probabilities: one tensor, a line for each row."""
    data = [row[feature] for row in rows for feature in FEATURES]
    tensor = {"name": "flowers", "shape": [len(rows), len(FEATURES)], "datatype": "FP64", "data": data}
    return json.dumps({"inputs": [tensor], "outputs": [{"name": "predict_proba"}]}).encode()


def data_frame(rows: Sequence[Row]) -> bytes:
    """A table as MLflow's scoring server takes it."""
    data = [[row[feature] for feature in FEATURES] for row in rows]
    return json.dumps({"dataframe_split": {"columns": FEATURES, "data": data}}).encode()


_HTTP = (
    HttpPeer(
        name="fastapi",
        title="FastAPI + uvicorn",
        packages=("fastapi", "uvicorn", "pydantic"),
        command=(
            *("env", "MODEL={model}", "{bin}/uvicorn", "app:app", "--app-dir", "{folder}"),
            *("--port", "{port}", "--workers", "2", "--no-access-log", "--log-level", "warning"),
        ),
        ready="/health",
        path="/predict",
        one_row=named,
        rows_path="/predict_rows",
        rows=lambda rows: json.dumps([dict(row) for row in rows]).encode(),
    ),
    HttpPeer(
        name="mlserver",
        title="MLServer",
        packages=("mlserver", "mlserver-sklearn", "fastapi", "uvicorn"),
        command=(
            *("env", "MLSERVER_MODEL_URI={model}", "MLSERVER_HTTP_PORT={port}"),
            *("{bin}/mlserver", "start", "{folder}"),
        ),
        ready="/v2/models/iris/ready",
        path="/v2/models/iris/infer",
        one_row=lambda row: inference_request([row]),
        rows_path="/v2/models/iris/infer",
        rows=inference_request,
        v2="/v2/models/iris/infer",
    ),
    HttpPeer(
        name="bentoml",
        title="BentoML",
        packages=("bentoml", "uvicorn", "pydantic"),
        command=(
            *("env", "MODEL={model}", "BENTOML_DO_NOT_TRACK=True", "{bin}/bentoml", "serve", "service:Iris"),
            *("--working-dir", "{folder}", "--host", "127.0.0.1", "--port", "{port}"),
        ),
        ready="/readyz",
        path="/predict",
        one_row=lambda row: json.dumps({"flower": dict(row)}).encode(),
    ),
    HttpPeer(
        name="litserve",
        title="LitServe",
        packages=("litserve", "fastapi", "uvicorn"),
        command=("{python}", "{folder}/serve.py", "{model}", "{port}"),
        ready="/health",
        path="/predict",
        one_row=named,
    ),
    HttpPeer(
        name="mlflow",
        title="MLflow's scoring server",
        packages=("mlflow", "fastapi", "uvicorn", "pandas"),
        command=("{python}", "{folder}/serve.py", "{model}", "{port}"),
        ready="/ping",
        path="/invocations",
        one_row=lambda row: data_frame([row]),
        rows_path="/invocations",
        rows=data_frame,
    ),
    HttpPeer(
        name="flask_restful",
        title="Flask-RESTful + Flask's development server",
        packages=("flask", "flask-restful", "werkzeug"),
        command=("env", "MODEL={model}", "{bin}/flask", "--app", "{folder}/app.py", "run", "--port", "{port}"),
        ready="/health",
        path="/predict",
        one_row=named,
    ),
)
_STREAM = (
    StreamPeer(
        name="naive",
        title="kafka-python loop with a request a record",
        packages=("kafka-python", "requests"),
        command=(
            *("{python}", "{folder}/consume.py"),
            *("{bootstrap}", "{group}", "{requests}", "{predictions}", "{api_url}"),
        ),
    ),
    StreamPeer(
        name="mlserver_kafka",
        title="MLServer's Kafka mode",
        packages=("mlserver", "mlserver-sklearn", "aiokafka"),
        command=(
            *("env", "MLSERVER_MODEL_URI={model}", "MLSERVER_HTTP_PORT={port}", "MLSERVER_KAFKA_ENABLED=true"),
            *("MLSERVER_KAFKA_SERVERS={bootstrap}", "MLSERVER_KAFKA_TOPIC_INPUT={requests}"),
            *("MLSERVER_KAFKA_TOPIC_OUTPUT={predictions}", "{python}", "{folder}/start.py", "{folder}", "{group}"),
        ),
        value=lambda row: inference_request([row]),
        headers=(("mlserver-model", b"iris"),),
    ),
    StreamPeer(
        name="quix",
        title="Quix Streams",
        packages=("quixstreams", "confluent-kafka"),
        command=("{python}", "{folder}/app.py", "{bootstrap}", "{group}", "{requests}", "{predictions}", "{model}"),
    ),
    StreamPeer(
        name="bytewax",
        title="Bytewax",
        packages=("bytewax", "confluent-kafka"),
        command=(
            *("env", "MODEL={model}", "BOOTSTRAP={bootstrap}", "REQUESTS={requests}", "PREDICTIONS={predictions}"),
            *("{python}", "-m", "bytewax.run", "{folder}/dataflow.py:flow"),
        ),
    ),
    StreamPeer(
        name="faststream",
        title="FastStream",
        packages=("faststream", "aiokafka", "pydantic"),
        command=("{python}", "{folder}/app.py", "{bootstrap}", "{group}", "{requests}", "{predictions}", "{model}"),
    ),
)
HTTP: Mapping[str, HttpPeer] = {peer.name: peer for peer in _HTTP}
STREAM: Mapping[str, StreamPeer] = {peer.name: peer for peer in _STREAM}
