"""What is true? Clinical knowledge as dated, cited tables and pure rules. No clock, no file at call time, no service."""
