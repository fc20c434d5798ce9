"""The media types that the api reads and writes."""

PAGE, JSON, PROBLEM, CSV = "text/html", "application/json", "application/problem+json", "text/csv"
FORM = "application/x-www-form-urlencoded"
NDJSON = "application/x-ndjson"
