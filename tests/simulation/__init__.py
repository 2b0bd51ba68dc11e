"""What would happen: drawn patients, and what becomes of their searches."""
