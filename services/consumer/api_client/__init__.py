"""The consumer's client of the api: requests, responses, and the errors that they end in."""
