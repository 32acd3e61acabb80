"""The field app for phones and tablets, at /app/."""

from backend import built_web

blueprint = built_web.blueprint("field", "/app")
