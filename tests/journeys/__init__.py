"""The whole system, started as its user starts it."""
