"""Backups: a repository of whole, checked copies of database, photos and keys, and the way back from one.

`creating` makes one beside the running server, `checking` reads one again to the last byte, `restoring` puts one back.
"""
