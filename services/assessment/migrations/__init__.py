"""How assessment's own database came to its present shape."""
