"""The console of supervisors, handlers and admins, at /console/."""

from backend import built_web

blueprint = built_web.blueprint("console", "/console")
