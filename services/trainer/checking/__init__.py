"""`make check`: says in seconds what is wrong with a definition and its data, and what deserves a second look."""
