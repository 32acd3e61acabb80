"""The WSGI entry point: `flask --app wsgi …` and gunicorn both load `app` from here."""

import gc

from backend import create_app

app = create_app()
gc.freeze()  # what was loaded stays for good: the collector need not walk it in the middle of every large push
