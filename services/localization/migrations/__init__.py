"""Migrations of localization's own database."""
