"""The store's schema, one migration after the other. A released migration is never edited."""
