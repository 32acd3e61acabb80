"""A round of web hooks: queue what happened, take up what is due, post it outside of any transaction, note the replies.

Killed between posting and noting, it is posted again: receivers know a repeated message by its id.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import current_app

from backend import clock
from backend.services import hook_queue
from backend.services.hook_queue import Errand
from backend.services.hook_register import PURPOSE
from backend.services.sealed import Seal, Unreadable
from backend.transactions import writing
from backend.web_hooks import rounds
from backend.web_hooks.messages import Receiver
from backend.web_hooks.posting import Patience, Reply
from backend.web_hooks.rounds import Round

PATIENCE = Patience()


def tell_hooks(_alive: Callable[[], object]) -> dict[str, Any]:
    """One round for all hooks that have something waiting."""
    settings = current_app.extensions["bluegrid.settings"]
    with writing() as session:
        hook_queue.look(session, clock.now(), clock.new_id)
    with writing() as session:
        errands = hook_queue.take_up(session, clock.now())
    seal = Seal(settings.secret_key, PURPOSE)
    outcomes: dict[str, list[hook_queue.Outcome]] = {}
    ready: dict[str, Round] = {}
    for errand in errands:
        try:
            ready[errand.hook_id] = _round(errand, seal)
        except Unreadable as error:
            outcomes[errand.hook_id] = [(errand.parcels[0].id, Reply(False, None, str(error)))]
    private, authorities = settings.hooks_private, settings.hooks_authorities
    outcomes |= rounds.run(ready, clock.current().now, private=private, authorities=authorities, patience=PATIENCE)
    for hook_id, said in outcomes.items():
        with writing() as session:
            hook_queue.note(session, hook_id, said, clock.now())
    taken = [reply.taken for said in outcomes.values() for _, reply in said]
    return {"sent": sum(taken), "failed": len(taken) - sum(taken)}


def _round(errand: Errand, seal: Seal) -> Round:
    kept = seal.open(errand.sealed)
    to = Receiver(errand.form, str(kept["url"]), kept["secret"], errand.language)
    return Round(to, [(parcel.id, parcel.content) for parcel in errand.parcels])
