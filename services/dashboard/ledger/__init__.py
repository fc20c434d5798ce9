"""The ledger: which requests have an outcome, which have two, and which were passed over without one."""
