"""A real Kafka as a local process, and the services as plain processes beside it: no Docker, no Java, no Maven."""
