"""A service that remembers notes: small enough to be read, whole enough to be served."""
