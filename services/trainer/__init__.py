"""One-shot trainer: a CSV and one file in models/ become a published bundle."""
