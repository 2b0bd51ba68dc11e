"""`make bench`: how fast, as ratios against a peer in the same run, printed as JSON.

Not a test: machines differ and are busy. Each figure is the best of a few interleaved rounds,
because disturbance only ever makes things slower, and counts processor time where it can.
"""
