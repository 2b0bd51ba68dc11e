"""Who has to do what, by when?"""
