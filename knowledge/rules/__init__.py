"""One module and one table per clinical question."""
