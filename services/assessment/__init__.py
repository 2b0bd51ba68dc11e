"""Does this person have tumor-induced osteomalacia?"""
