"""A connection to PostgreSQL that notices when its other end is gone without a word.

A host that loses its network or its power says no goodbye. If it held the counter's row, every write of every other
host would wait for as long as the server believes in it: by the operating system's defaults two hours when nothing
is under way, and a quarter of an hour when an answer is. So each side is told to give up after GONE_AFTER_S.
Knows psycopg's parameters and PostgreSQL's settings; nothing of tables or transactions.
"""

from __future__ import annotations

GONE_AFTER_S = 20
IDLE_S, INTERVAL_S, PROBES = 10, 5, 2  # a silent end is asked after 10 s, and given up after two answers missed
HUNG_AFTER_S = 60  # a process that lives and does nothing inside a writing transaction
LOCK_WAIT_S = 30  # longer than a vanished holder is believed in, so that whoever waits behind it still gets its turn

# While an answer is under way no probe is sent: then tcp_user_timeout alone ends the wait for a host that is gone.
_SERVER_SIDE = {
    "tcp_keepalives_idle": IDLE_S,
    "tcp_keepalives_interval": INTERVAL_S,
    "tcp_keepalives_count": PROBES,
    "tcp_user_timeout": f"{GONE_AFTER_S * 1000}",
    "client_connection_check_interval": "10s",
    "lock_timeout": f"{LOCK_WAIT_S}s",
}

CONNECT_ARGS: dict[str, str | int] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": IDLE_S,
    "keepalives_interval": INTERVAL_S,
    "keepalives_count": PROBES,
    "tcp_user_timeout": GONE_AFTER_S * 1000,
    "options": " ".join(f"-c {name}={value}" for name, value in _SERVER_SIDE.items()),
}

BEGIN_WRITING = f"SET LOCAL idle_in_transaction_session_timeout = '{HUNG_AFTER_S}s'"
