"""Rating plates (挂牌) as data: schemes read and checked, and the plate that facts of a site give.

Pure: knows the file and the facts; nothing of where facts come from or where plates are kept.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from backend import catalogue
from backend.config import SettingInvalid

FILE = Path(catalogue.__file__).with_name("plates.yaml")
NUMBERS = ("open", "open_serious", "overdue", "overdue_serious", "relapses", "clear_days", "inspected_days_ago")
FACTS = (*NUMBERS, "holds")
OPS: Mapping[str, Callable[[Any, Any], bool]] = {"eq": operator.eq, "gte": operator.ge, "lte": operator.le}

Facts = Mapping[str, int | bool | None]
Scheme = Mapping[str, Any]


class PlateRulesInvalid(SettingInvalid):
    """A file of schemes cannot be used; the sentence says what to mend."""


class ConditionSchema(Schema):
    class Meta:
        unknown = RAISE

    fact = fields.String(required=True, validate=validate.OneOf(FACTS))
    op = fields.String(required=True, validate=validate.OneOf(tuple(OPS)))
    value = fields.Raw(required=True)

    @validates_schema
    def check(self, data: Mapping[str, Any], **_options: Any) -> None:
        """A number is compared with a number, yes or no with yes or no."""
        is_flag = data["fact"] == "holds"
        if is_flag is not isinstance(data["value"], bool) or not isinstance(data["value"], int):
            raise ValidationError(
                f"{data['fact']} is compared with {'true or false' if is_flag else 'a whole number'}."
            )
        if is_flag and data["op"] != "eq":
            raise ValidationError("holds is compared with eq.")


class RuleSchema(Schema):
    class Meta:
        unknown = RAISE

    code = fields.String(required=True, validate=validate.Length(1, 60))
    zh = fields.String(required=True)
    en = fields.String(required=True)
    when = fields.List(fields.Nested(ConditionSchema), required=True, validate=validate.Length(1))


class SchemeSchema(Schema):
    class Meta:
        unknown = RAISE

    code = fields.String(required=True, validate=validate.Length(1, 60))
    area = fields.List(fields.String(), required=True)
    site_kinds = fields.List(fields.String(validate=validate.OneOf(catalogue.codes("site_kind"))), required=True)
    relapse_days = fields.Integer(required=True, validate=validate.Range(1, 3660))
    red = fields.List(fields.Nested(RuleSchema), required=True)
    yellow = fields.List(fields.Nested(RuleSchema), required=True)
    green = fields.List(fields.Nested(RuleSchema), required=True, validate=validate.Length(1))


@dataclass(frozen=True, slots=True)
class Judgement:
    """A plate and the codes of the rules behind it; of `none`, what green still lacks."""

    plate: str
    reasons: tuple[str, ...]


@cache
def schemes(own: Path | None = None) -> tuple[Scheme, ...]:
    """A deployment's own schemes, then the shipped ones. Raises PlateRulesInvalid."""
    found = [scheme for path in (own, FILE) if path is not None for scheme in _read(path)]
    codes = [scheme["code"] for scheme in found]
    if len(set(codes)) < len(codes):
        raise PlateRulesInvalid("Two plate schemes have the same code.")
    return tuple(found)


def scheme_of(all_schemes: Sequence[Scheme], kind: str, lineage: Sequence[str]) -> Scheme | None:
    """The scheme of a site of a kind, by the cells above it, nearest first; None where none is meant for it."""
    meant = [scheme for scheme in all_schemes if kind in scheme["site_kinds"]]
    for code in lineage:
        for scheme in meant:
            if code in scheme["area"]:
                return scheme
    return next((scheme for scheme in meant if not scheme["area"]), None)


def judge(scheme: Scheme, facts: Facts) -> Judgement:
    """The plate that facts give: the same for the same facts."""
    for plate in ("red", "yellow"):
        reasons = tuple(rule["code"] for rule in scheme[plate] if _holds(rule, facts))
        if reasons:
            return Judgement(plate, reasons)
    lacking = tuple(rule["code"] for rule in scheme["green"] if not _holds(rule, facts))
    return Judgement("none", lacking) if lacking else Judgement("green", tuple(r["code"] for r in scheme["green"]))


def words(all_schemes: Sequence[Scheme], code: str, reasons: Sequence[str]) -> list[dict[str, str]]:
    """Reasons with their words; of a scheme or rule that is no more, the code alone."""
    scheme = next((each for each in all_schemes if each["code"] == code), None)
    rules = {rule["code"]: rule for plate in ("red", "yellow", "green") for rule in scheme[plate]} if scheme else {}
    return [{"code": each, **{lang: rules.get(each, {}).get(lang, each) for lang in ("zh", "en")}} for each in reasons]


def _holds(rule: Mapping[str, Any], facts: Facts) -> bool:
    return all(
        facts[each["fact"]] is not None and OPS[each["op"]](facts[each["fact"]], each["value"]) for each in rule["when"]
    )


def _read(path: Path) -> list[Scheme]:
    try:
        loaded: list[Scheme] = SchemeSchema(many=True).load(yaml.safe_load(path.read_text("utf-8")) or [])
        return loaded
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise PlateRulesInvalid(f"{path.name} cannot be read: {error}") from None
    except ValidationError as error:
        raise PlateRulesInvalid(f"{path.name} has faults: {error.messages}") from None
