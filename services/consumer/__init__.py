"""Asks the api for a prediction of each request record, writes it to Kafka, prints it, and only then commits."""
