"""All known bugs; some are put back a second time, for the explorer of interleavings to find."""

from __future__ import annotations

from dataclasses import replace

from tests.mutants.known import KNOWN
from tests.mutants.our_own import OUR_OWN
from tests.mutants.web import WEB

INTERLEAVINGS = "tests/faults/test_interleavings.py"

_EXPLORED = {
    "plain sequence cursor": "test_two_writers_and_a_reader[postgresql-long]",
    "head read after the rows, outside the snapshot": "test_two_writers_and_a_reader[postgresql-long]",
    "counter taken late": "test_two_phones_push_to_one_finding[postgresql-long]",
}
EXPLORED = tuple(
    replace(
        one,
        name=f"{one.name} (explored)",
        tests=(f"{INTERLEAVINGS}::{_EXPLORED[one.name]}",),
        beyond_torture="tried above, without the explorer",
    )
    for one in KNOWN
    if one.name in _EXPLORED
)

ALL = (*KNOWN, *OUR_OWN, *WEB, *EXPLORED)
