"""The sample district's day: three devices through the real HTTP API. Plays on a demo's data only."""
