"""The api's OpenAPI 3.1 document: operations.yaml, with the schemas and examples of the served models."""
