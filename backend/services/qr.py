"""Links that phones open, and their QR images."""

from __future__ import annotations

import io

import segno


def enrolment_url(base: str, code: str) -> str:
    """The link that a phone opens; the code stands in the fragment, which no server logs."""
    return f"{base.rstrip('/')}/app/#/enrol/{code}"


def site_url(base: str, label: str) -> str:
    """The link on a site's label; a phone that knows the app opens the site, others open the app."""
    return f"{base.rstrip('/')}/app/#/site/{label}"


def svg(text: str) -> str:
    """A QR image as an SVG document."""
    buffer = io.BytesIO()
    segno.make(text, error="m").save(buffer, kind="svg", scale=6, border=4, xmldecl=False)
    return buffer.getvalue().decode()


def png(text: str) -> bytes:
    """A QR image as a PNG file."""
    buffer = io.BytesIO()
    segno.make(text, error="m").save(buffer, kind="png", scale=6, border=4)
    return buffer.getvalue()


def terminal(text: str) -> str:
    """A QR image in block characters."""
    buffer = io.StringIO()
    segno.make(text, error="m").terminal(out=buffer, compact=True)
    return buffer.getvalue()
