"""What do we conclude, and who remembers it?"""
