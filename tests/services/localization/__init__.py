"""Localization, through its verb and through its client."""
