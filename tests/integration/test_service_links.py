"""The services in containers beside Kubernetes Services named kafka, api and consumer-metrics."""

from tests.stack import Stack

LINK = "tcp://10.96.0.12:9092"


def test_variables_that_kubernetes_sets_harm_no_service_that_does_not_use_them(stack: Stack) -> None:
    stack.use_shared_api()
    stack.produce(kafka_port=LINK, api_port=LINK, consumer_metrics_port=LINK)
    stack.consume(kafka_port=LINK, api_port=LINK)
    stack.await_predictions(30)
