"""Adapters behind the Model protocol. The only place that may import a provider's SDK."""
