"""Which settings each service uses. It reads no others: what is in the environment under their names is not for it."""

import re
from collections.abc import Mapping

_KAFKA = ("kafka_bootstrap_servers", "kafka_client", "topic_partitions")
_DEMO = ("models_dir",)

# The name under which a service calls settings.load_or_exit(), and the attributes of Settings that its code reads.
SETTINGS_OF: Mapping[str, tuple[str, ...]] = {
    "trainer": (
        "models_dir",
        "data_dir",
        "train_seed",
        "min_validation_accuracy",
        "model_versions",
        "trainer_mem_limit",
        "api_mem_limit",
        "api_workers",
        "log_level",
    ),
    "api": (
        "kafka_bootstrap_servers",
        "models_dir",
        "default_model",
        "api_host",
        "api_port",
        "api_workers",
        "api_threads",
        "api_queue",
        "api_max_body_bytes",
        "api_access_log",
        "api_keys",
        "api_open",
        "api_cors_origins",
        "api_trusted_hosts",
        "script_name",
        "forwarded_allow_ips",
        "history_dir",
        "dashboard_public_url",
        "log_level",
    ),
    "history": ("models_dir", "history_dir"),
    "probe": ("api_host", "api_port", "api_keys"),
    "producer": (*_KAFKA, "models_dir", "producer_interval", "producer_loop", "log_level"),
    "consumer": (
        *_KAFKA,
        "api_keys",
        "api_url",
        "api_timeout",
        "consumer_group",
        "consumer_instance_id",
        "delivery",
        "record_max_bytes",
        "consumer_batch_records",
        "consumer_batch_bytes",
        "consumer_give_up_seconds",
        "consumer_dead_letter_share",
        "consumer_dead_letters_in_a_row",
        "consumer_probe_seconds",
        "consumer_lost_offsets",
        "consumer_models",
        "consumer_print",
        "consumer_health_host",
        "consumer_health_port",
        "log_level",
    ),
    "tools": (
        *_KAFKA,
        "api_keys",
        "api_url",
        "consumer_group",
        "dead_letter_replays",
        "log_level",
    ),
    "dashboard": (
        "kafka_bootstrap_servers",
        "consumer_group",
        "api_url",
        "api_keys",
        "api_public_url",
        "zookeeper_server",
        "dashboard_host",
        "dashboard_port",
        "dashboard_trusted_hosts",
        "log_level",
    ),
    "dashboard probe": ("dashboard_host", "dashboard_port"),
    "watch": ("dashboard_host", "dashboard_port"),
    "demo": _DEMO,
    "consumer probe": ("consumer_health_port",),
    "demo --keep": (*_DEMO, "api_port", "kafka_port", "consumer_health_port", "dashboard_port"),
}

_ADDRESS = re.compile(r"(?:tcp|udp|sctp)://\S+")


def service_link(variable: str, text: str) -> str:
    """Return a sentence for the error of a `*_PORT` variable that Kubernetes or Docker has set; "" for any other."""
    if not (variable.endswith("_PORT") and _ADDRESS.fullmatch(text)):
        return ""
    service = variable.removesuffix("_PORT").lower().replace("_", "-")
    return (
        f". Kubernetes sets {variable} to an address in each container beside a Service named {service}, as Docker's"
        " --link does: set it to a port yourself, or give the pod enableServiceLinks: false"
    )
