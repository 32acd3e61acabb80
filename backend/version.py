"""The version of this server; a test compares it with pyproject.toml."""

VERSION = "0.1.0"
