"""Who does what, in which order, and how long do we wait? No clinical conclusion is drawn here."""
