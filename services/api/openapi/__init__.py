"""What the api can be asked, as an OpenAPI 3.1 document that is made from the served models themselves."""
