"""What can a person type? One module a command, no logic of its own."""
