"""Is it gone, and does treatment hold?"""
