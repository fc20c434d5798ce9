"""The core of the api: validates rows, computes predictions and adds warnings. It knows no HTTP."""
