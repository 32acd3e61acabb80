"""Zones: where and when a rule about burning, fuel, fireworks or machinery holds, and why.

Read it in this order: `kinds` (which rules there are, which is stricter), `windows` (when), `zone` (one zone and its
document), `areas` (from units, polygons, lines and points to a shape), `reading` (from data to zones), `rules` (which
rule holds at a point and an instant). Coordinates are CGCS2000 degrees; dates and hours are those of Asia/Shanghai.
"""
