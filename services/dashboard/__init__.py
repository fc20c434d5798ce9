"""The live page: reads the topics of all models, keeps a ledger of their records, and shows both in a browser."""
