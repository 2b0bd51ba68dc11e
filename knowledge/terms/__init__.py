"""The nouns everyone may use."""
