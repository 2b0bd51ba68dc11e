"""Where is the tumor?"""
