"""Fire points: from what satellites, tables and people send to detections, and from detections to events.

Read it in this order: `detection` (one sighting), `reading` (what all parsers share), `firms`, `himawari`, `report`
and `pasted` (the forms), `distinct` (the same sighting sent twice), `events` (one event a fire). No clock: where a
form leaves a date out, the caller says when it was received.
"""
