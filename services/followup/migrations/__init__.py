"""Migrations of follow-up's own database."""
