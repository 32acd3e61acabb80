"""A pack as an XLSForm workbook, for phones that speak OpenRosa and for people who translate in a spreadsheet.

What an XLSForm has no place for (sources, modality, severity, deadlines …) travels in a sheet of its own, `bluegrid`,
which converters pass over; xlsform_import.py reads it back. docs/rulebook.md says what is lost on the way.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter
import yaml

from . import pack_yaml, xpath

CHINESE, ENGLISH = "中文 (zh)", "English (en)"
OWN_SHEET, OWN_COLUMNS = "bluegrid", ("part", "name", "yaml")
BOTH = ("label", "hint", "constraint_message")
COLUMNS = (
    "type", "name", *(f"{each}::{language}" for each in BOTH for language in (CHINESE, ENGLISH)),
    "relevant", "constraint", "default", "parameters",
)  # fmt: skip
LISTS = {
    "result": [("pass", "合格", "pass"), ("fail", "不合格", "fail"), ("not_applicable", "不适用", "not applicable")],
    "yes_no": [("yes", "是", "yes"), ("no", "否", "no")],
}
AS_TAKEN = {"parameters": "max-pixels=20000"}  # larger than any phone's: a photo is evidence and never made smaller
FILES = {"photo": "image", "film": "video", "audio": "audio", "document": "file"}
WORDS = {
    "photo": ("照片", "Photo"), "film": ("录像", "Film"), "audio": ("录音", "Sound"), "document": ("资料", "Document"),
    "position": ("定位", "Position"), "phrases": ("常用语", "Ready phrases"), "note": ("说明", "Note"),
    "value": ("数值或选择", "Value"),
}  # fmt: skip

Data = Mapping[str, Any]
Row = dict[str, str]


def write(pack: Data) -> bytes:
    """The workbook's bytes, the same for the same pack."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    # A fixed time: the bytes tell the pack and nothing of the day.
    book.set_properties({"created": datetime(2000, 1, 1)})  # noqa: DTZ001 (the library wants a plain one)
    _sheet(book, "survey", COLUMNS, survey(pack))
    _sheet(book, "choices", ("list_name", "name", f"label::{CHINESE}", f"label::{ENGLISH}"), choices(pack))
    settings = {
        "form_title": f"{pack['title']['zh']} / {pack['title']['en']}",
        "form_id": pack["code"],
        "version": pack["version"],
        "default_language": CHINESE,
    }
    _sheet(book, "settings", tuple(settings), [settings])
    _sheet(book, OWN_SHEET, OWN_COLUMNS, own_rows(pack))
    book.close()
    return out.getvalue()


def names(pack: Data) -> dict[str, str]:
    """Item code → its question's name; XPath names hold no dots here, and stay unique."""
    found: dict[str, str] = {}
    for item in pack["items"]:
        name = plain = item["code"].replace(".", "_").replace("-", "_")
        number = 2
        while name in found.values():
            name, number = f"{plain}_{number}", number + 1
        found[item["code"]] = name
    return found


def survey(pack: Data) -> Iterator[Row]:
    """The questions: the place first, then the items by section."""
    yield _row("begin_group", "place", "点位", "Place")
    yield _row("date", xpath.DAY, "检查日期", "Date of inspection", default="today()")
    yield _row("text", xpath.UNIT, "辖区编码", "Administrative code", constraint="regex(., '^[0-9]{2,12}$')")
    yield _row("geopoint", "place_position", "定位", "Position")
    if pack["tables"]["site_kinds"]:
        yield _row("select_multiple site_kinds", xpath.KINDS, "点位类型", "Kinds of site")
    if pack["tables"].get("zones"):
        yield _row("select_multiple zones", xpath.ZONES, "所在区域", "Zones at the place")
    for name, field in pack["tables"]["fields"].items():
        unit = f"（{field['unit']}）" if "unit" in field else ""
        yield _row(_field_type(name, field), name, field["zh"] + unit, field["en"] + unit)
    yield {"type": "end_group"}
    called, section = names(pack), None
    for item in pack["items"]:
        if item["archived"] is not None:
            continue
        here = item["code"].rsplit(".", 1)[0]
        if here != section:
            if section is not None:
                yield {"type": "end_group"}
            section = here
            yield _row("begin_group", f"section_{called[item['code']]}", here, here)
        yield from _item(item, called[item["code"]])
    yield {"type": "end_group"}


def choices(pack: Data) -> Iterator[Row]:
    """All lists."""
    for name, options in LISTS.items():
        yield from (_choice(name, *option) for option in options)
    for table in ("site_kinds", "zones"):
        yield from (
            _choice(table, code, each["zh"], each["en"]) for code, each in pack["tables"].get(table, {}).items()
        )
    if pack["tables"].get("zones"):
        yield _choice("zones", xpath.NO_ZONE, "都不是", "none of these")
    for name, field in pack["tables"]["fields"].items():
        yield from (_choice(f"field_{name}", code, word, code) for code, word in field.get("choices", {}).items())
    for code, name in names(pack).items():
        item = next(each for each in pack["items"] if each["code"] == code)
        if item["archived"] is None:
            yield from (_choice(f"{name}_options", o["value"], o["zh"], o["en"]) for o in item["answer"]["options"])
            yield from (
                _choice(f"{name}_phrases", f"p{number}", phrase["zh"], phrase["en"])
                for number, phrase in enumerate(item["phrases"], 1)
            )


def own_rows(pack: Data) -> Iterator[Row]:
    """The pack's own sheet: its head, its tables and each item, as YAML."""
    called = names(pack)
    for part in ("pack", "tables"):
        held = pack["tables"] if part == "tables" else {k: v for k, v in pack.items() if k not in ("items", "tables")}
        yield {"part": part, "name": "", "yaml": _yaml(held)}
    for item in pack["items"]:
        yield {"part": "item", "name": called[item["code"]], "yaml": _yaml(pack_yaml.short(item))}


def _item(item: Data, name: str) -> Iterator[Row]:
    note = item["note"] or {"zh": "", "en": ""}
    main = _row("select_one result", name, item["text"]["zh"], item["text"]["en"], xpath.shown(item))
    yield {**main, f"hint::{CHINESE}": note["zh"], f"hint::{ENGLISH}": note["en"]}
    for exemption in item["exemptions"]:
        lifted, words = f"{name}_{exemption['code'].replace('-', '_')}", exemption["text"]
        yield _row("note", lifted, words["zh"], words["en"], xpath.certain(exemption["when"]))
    answered, failed = f"(${{{name}}} = 'pass' or ${{{name}}} = 'fail')", f"${{{name}}} = 'fail'"
    if item["answer"]["kind"] != "pass_fail":
        yield _value(item["answer"], name, answered)
    yield _row(f"select_multiple {name}_phrases", f"{name}_phrase", *WORDS["phrases"], failed)
    yield _row("text", f"{name}_note", *WORDS["note"], f"${{{name}}} != ''")
    for each in item["evidence"]:
        yield from _evidence(each, name, answered if each["when"] == "always" else failed)


def _value(answer: Data, name: str, relevant: str) -> Row:
    kind = {"number": "decimal", "text": "text", "date": "date"}.get(answer["kind"])
    if kind is None:
        kind = f"select_{'multiple' if answer['multiple'] else 'one'} {name}_options"
    unit = f"（{answer['unit']}）" if answer["unit"] else ""
    row = _row(kind, f"{name}_value", WORDS["value"][0] + unit, WORDS["value"][1] + unit, relevant)
    if answer["kind"] == "number":
        row["constraint"] = f". >= {answer['minimum']} and . <= {answer['maximum']}"
        if answer["threshold"] is not None:
            # A failing number is an answer like any other; only a pass beside it is a contradiction.
            row["constraint"] += f" and (${{{name}}} != 'pass' or {xpath.within(answer)})"
        span = f"{answer['minimum']}–{answer['maximum']}"
        row[f"constraint_message::{CHINESE}"] = f"应在{span}{unit}之间；判为合格时不得超过限值"
        row[f"constraint_message::{ENGLISH}"] = f"Between {span}{unit}, and within the limit if it is a pass"
    return row


def _evidence(each: Data, name: str, relevant: str) -> Iterator[Row]:
    kind = each["kind"]
    if kind == "position":
        yield _row("geopoint", f"{name}_position", *WORDS["position"], relevant)
    for number in range(1, each["count"] + 1) if kind in FILES else ():
        zh, en = WORDS[kind]
        spot = each["offsets_m"][number - 1] if number <= len(each["offsets_m"]) else None
        where = "" if spot is None else f" {spot:+d} m"
        file = _row(FILES[kind], f"{name}_{kind}_{number}", f"{zh}{number}{where}", f"{en} {number}{where}", relevant)
        yield {**file, **(AS_TAKEN if kind == "photo" else {})}
        if spot is not None:
            zh, en = WORDS["position"]
            yield _row("geopoint", f"{name}_spot_{number}", f"{zh}{number}{where}", f"{en} {number}{where}", relevant)


def _field_type(name: str, field: Data) -> str:
    if field["type"] == "boolean":
        return "select_one yes_no"
    if field["type"] == "number":
        return "decimal"
    return f"select_one field_{name}" if "choices" in field else "text"


def _row(kind: str, name: str, zh: str, en: str, relevant: str = "", **more: str) -> Row:
    return {"type": kind, "name": name, f"label::{CHINESE}": zh, f"label::{ENGLISH}": en, "relevant": relevant, **more}


def _choice(listed: str, name: str, zh: str, en: str) -> Row:
    return {"list_name": listed, "name": name, f"label::{CHINESE}": zh, f"label::{ENGLISH}": en}


def _yaml(data: Any) -> str:
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=110)


def _sheet(book: Any, title: str, columns: Sequence[str], rows: Any) -> None:
    sheet = book.add_worksheet(title)
    for column, heading in enumerate(columns):
        sheet.write_string(0, column, heading)
    for number, row in enumerate(rows, 1):
        for column, heading in enumerate(columns):
            # Always as text: a spreadsheet would turn 2026.1 into a number and '=…' into a formula.
            if row.get(heading):
                sheet.write_string(number, column, row[heading])
