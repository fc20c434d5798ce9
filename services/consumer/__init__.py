"""Scores the records of the `<model>.requests` topics through the api. The path of a record:

1. `supervisor` keeps a Kafka consumer; `consumer_loop`, in the main thread, polls it. `models` follows which models
   there are, `subscription` which of their topics are read.
2. The record goes to the lane of its model (`lanes/`), into an `inbox`. A full inbox pauses its topic, and no other.
3. The lane's `scorer_thread` takes the first records of the inbox as a batch.
4. `scoring/` reads them and asks the api (`api_client/`) about all in one request; `isolation` finds bad ones.
5. Each record becomes a prediction or a dead letter; `error_policy` says which error leads to what.
6. A `brake` pauses a lane with too many dead letters; `pauses` shares that with all consumers of the group.
7. The lane's second thread, or the first where few records wait, writes the outcomes to Kafka (`delivery/`).
8. Once they are acknowledged, they are counted (`metrics`) and shown in the log (`output/`).
9. At least once: `consumer_loop` commits their offsets. Exactly once: the transaction has committed them already.
10. A record whose outcome is not on the broker yet stays uncommitted, and is polled again by the next owner.

Beside this path, `health/` answers over HTTP: whether the consumer works, and how far each lane is.
"""
