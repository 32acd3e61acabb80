"""The sample district's story: five weeks and a day, through the real HTTP API. Plays on a demo's data only."""

PLAYED = "day-played"
"""A file in the data folder that says that the whole story was played."""
