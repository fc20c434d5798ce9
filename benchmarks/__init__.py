"""How fast the stack is beside others and beside its own parts, measured in one run that anyone can repeat."""
