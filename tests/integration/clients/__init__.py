"""Clients that others make of the api. A package, so that what its tests share ends with the last of them."""
