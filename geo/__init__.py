"""Geography of the field: datums, projections, square grids, BeiDou codes, administrative cells, location.

A pure library: it knows no framework, database, network or clock. Read it in this order: `datum` (what a
longitude means), `position` (what a device sent), `proj` and `square` (metres and squares), `beidou`
(GB/T 39409-2020), `admin` and `geojson` (cells with shapes), `locate` (which cell, how sure), `reference`
(the cells that we carry). Upon these stand `cell_import` (files of offices, with a report), `grid_changes` (one version
to the next), `zones` (which rule holds where and when), `fire_points` (from sightings to events), `patrol` (what was
walked) and `tiles` (for maps). Everywhere a coordinate is longitude, latitude, in degrees, in that order.
"""
