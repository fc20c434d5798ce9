"""A lane is one model's way through the consumer: an inbox, a thread that scores, a thread that writes.

The lanes share the Kafka consumer and nothing else, so that a lane that waits delays no other.
"""
