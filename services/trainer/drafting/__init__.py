"""`make new`: writes the file of a model from its CSV, to be read and completed by a person."""
