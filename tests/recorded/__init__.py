"""Ops as released apps sent them, kept for ever and replayed against today's server."""
