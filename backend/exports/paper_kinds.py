"""The kinds of papers, who issues them and what their templates may name: read from papers.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("papers.yaml")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of paper. `form` is the house's own template in plain words; `refused` says in each language why a kind
    is not offered, `needs` which of a drafter's texts it cannot do without.
    """

    code: str
    zh: str
    en: str
    body: str
    word: str = ""
    form: Sequence[Mapping[str, Any]] = ()
    needs: Sequence[str] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind by its code."""
    return {code: Kind(code, **said) for code, said in _data()["kinds"].items()}


@cache
def bodies() -> Mapping[str, Mapping[str, str]]:
    """The bodies that issue papers, with their names."""
    found: Mapping[str, Mapping[str, str]] = _data()["bodies"]
    return found


@cache
def fields() -> Mapping[str, str]:
    """The texts that a template may name, with what they mean."""
    found: Mapping[str, str] = _data()["fields"]
    return found


@cache
def lists() -> Mapping[str, Mapping[str, str]]:
    """The lists that a template may go through, and what each of their items has."""
    found: Mapping[str, Mapping[str, str]] = _data()["lists"]
    return found


@cache
def _data() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))
    return found
