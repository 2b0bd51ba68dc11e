"""How coordination's tables came to be."""
