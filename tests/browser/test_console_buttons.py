"""No button of the console that changes something is without somebody who presses it in a browser."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase
from pathlib import Path

from tests.browser.routes import changes

# Asked for by the code that a person owes after a single sign-on alone; tests/backend/test_single_sign_on.py owes it.
ELSEWHERE = {"POST /auth/second-factor/prove"}


def pressed() -> set[str]:
    """What the stories of this folder say was pressed; each of them fails when the server did not grant it."""
    return {
        argument.value
        for file in Path(__file__).parent.glob("test_console_*.py")
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "has_pressed"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }


def test_every_change_that_the_console_asks_for_is_pressed_in_a_story() -> None:
    said = pressed() | ELSEWHERE
    asked = changes()
    assert len(asked) > 70
    assert sorted(each for each in asked if not any(fnmatchcase(known, each) for known in said)) == []
