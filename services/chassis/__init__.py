"""The frame every service is bolted onto. It knows no medicine."""
