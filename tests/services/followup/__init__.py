"""Follow-up, through its verb and through its client."""
