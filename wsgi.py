"""The WSGI entry point: `flask --app wsgi …` and gunicorn both load `app` from here."""

import gc

gc.disable()  # what is loaded stays for good: a fifth of every start went into looking whether any of it might go

from backend import create_app  # noqa: E402

app = create_app()
gc.freeze()  # nor need the collector walk it in the middle of every large push
gc.enable()
