"""MLServer in its Kafka mode: `start.py FOLDER GROUP`, the rest from the folder's settings and variables.

MLServer's consumer has no group and sees only what is written after its start. Here it is given both a group and the
topic from its beginning, as every peer has them; all else is MLServer's own.
"""

import sys
from functools import partial

import mlserver.kafka.server
from mlserver.cli import main

folder, group = sys.argv[1:]
mlserver.kafka.server.AIOKafkaConsumer = partial(
    mlserver.kafka.server.AIOKafkaConsumer, group_id=group, auto_offset_reset="earliest"
)
sys.argv = ["mlserver", "start", folder]
main()
