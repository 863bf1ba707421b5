"""The store: a port and its adapters."""
