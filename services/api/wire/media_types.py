"""The media types that the api reads and writes."""

JSON, CSV = "application/json", "text/csv"
FORM = "application/x-www-form-urlencoded"
NDJSON = "application/x-ndjson"
