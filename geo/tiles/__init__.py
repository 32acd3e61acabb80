"""Tiles for maps: web-mercator squares, findings gathered into counts, cells simplified with their common borders kept.

Read it in this order: `tile` (squares and metres), `squares` (points by square, for counts that add up), `outlines`
(cells by zoom), `encoding` (bytes of a vector tile). Degrees are CGCS2000, which map libraries take for WGS-84; a map
of another provider has its own datum (see `geo.datum`), and whoever draws on it converts.
"""
