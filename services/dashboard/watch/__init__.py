"""The overview of the live page in a terminal."""
