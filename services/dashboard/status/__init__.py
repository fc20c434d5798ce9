"""Asks the other parts of the stack how they are, in threads of its own."""
