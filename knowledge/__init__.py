"""What is true? Dated, cited tables and pure rules. No clock, no file at call time, no service."""
