"""Checklists: what is inspected, as immutable data, and the engine that reads it.

Pure: knows no database, network, clock, web framework, grid or sync protocol; reading its own data files is all it
does.
"""
