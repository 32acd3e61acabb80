"""An XLSForm workbook back into a pack: words as somebody edited them, everything else from the sheet `bluegrid`.

Edited are the questions' labels and hints (note), the ready phrases, the options' labels and the version. A workbook
without that sheet is no pack: a form does not say by which document, how gravely and until when a duty binds.
"""

import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import openpyxl
import yaml

from . import pack_yaml, schema
from .errors import SourceInvalid
from .xlsform import CHINESE, ENGLISH, OWN_COLUMNS, OWN_SHEET

MAX_BYTES, MAX_UNPACKED, MAX_ROWS = 5_000_000, 50_000_000, 20_000
HEADINGS = {
    "survey": ("type", "name", f"label::{CHINESE}", f"label::{ENGLISH}", f"hint::{CHINESE}", f"hint::{ENGLISH}"),
    "choices": ("list_name", "name", f"label::{CHINESE}", f"label::{ENGLISH}"),
    "settings": ("form_id", "version"),
    OWN_SHEET: OWN_COLUMNS,
}

Data = dict[str, Any]
Row = tuple[int, Mapping[str, str]]


def read(workbook: bytes) -> Data:
    """The valid pack of a workbook. Raises SourceInvalid: `{place: "survey row 7", line, item, message}`."""
    sheets = _sheets(workbook)
    pack, called = _own(sheets[OWN_SHEET])
    faults = [*_words(pack, called, sheets["survey"]), *_lists(called, sheets["choices"])]
    for row, settings in sheets["settings"][:1]:
        if settings["form_id"] != pack.get("code"):
            faults.append(_fault("settings", row, None, f"form_id is {settings['form_id']!r}, not the pack's code"))
        pack["version"] = settings["version"]
    if faults:
        raise SourceInvalid(faults)
    if wrong := schema.faults(pack):
        raise SourceInvalid([_fault(OWN_SHEET, _row_of(each.path), None, each.message) for each in wrong])
    return pack


def _sheets(workbook: bytes) -> dict[str, list[Row]]:
    if len(workbook) > MAX_BYTES:
        raise SourceInvalid([_fault("workbook", 0, None, f"is larger than {MAX_BYTES} bytes")])
    try:
        with zipfile.ZipFile(io.BytesIO(workbook)) as packed:
            unpacked = sum(each.file_size for each in packed.infolist())
        if unpacked > MAX_UNPACKED:
            raise SourceInvalid([_fault("workbook", 0, None, f"is larger than {MAX_UNPACKED} bytes when unpacked")])
        book = openpyxl.load_workbook(io.BytesIO(workbook), read_only=True, data_only=True)
        if missing := [title for title in HEADINGS if title not in book.sheetnames]:
            reason = f"has no sheet {missing[0]!r}" + (
                "; it was not exported from here" if OWN_SHEET in missing else ""
            )
            raise SourceInvalid([_fault("workbook", 0, None, reason)])
        return {title: list(_rows(book[title], title, wanted)) for title, wanted in HEADINGS.items()}
    except SourceInvalid:
        raise
    # What a damaged workbook makes openpyxl raise has no end: of zlib, of the XML parser, KeyError, TypeError …
    except Exception as error:
        raise SourceInvalid([_fault("workbook", 0, None, "is no xlsx workbook that can be read")]) from error


def _rows(sheet: Any, title: str, wanted: Iterable[str]) -> Iterator[Row]:
    head: list[str] = []
    for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        texts = ["" if cell is None else str(cell) for cell in cells]
        if number == 1:
            head = texts
            if lacking := [each for each in wanted if each not in head]:
                raise SourceInvalid([_fault(title, 1, None, f"has no column {lacking[0]!r}")])
        elif number > MAX_ROWS:
            raise SourceInvalid([_fault(title, number, None, f"has more than {MAX_ROWS} rows")])
        elif any(texts):
            row = dict(zip(head, texts, strict=False))
            yield number, {heading: row.get(heading, "") for heading in wanted}


def _own(rows: list[Row]) -> tuple[Data, dict[str, Data]]:
    """The pack as its own sheet holds it, and its items by the names of their questions."""
    pack: Data = {"items": []}
    called: dict[str, Data] = {}
    for number, row in rows:
        try:
            held = pack_yaml.plain(row["yaml"])
        except (SourceInvalid, yaml.YAMLError) as error:
            raise SourceInvalid([_fault(OWN_SHEET, number, None, f"is no YAML: {error}")]) from error
        if not isinstance(held, dict) or row["part"] not in ("pack", "tables", "item"):
            raise SourceInvalid([_fault(OWN_SHEET, number, None, "is neither pack, tables nor item")])
        if row["part"] == "pack":
            pack.update(held)
        elif row["part"] == "tables":
            pack["tables"] = held
        else:
            pack["items"].append(held)
            called[row["name"]] = held
    pack_yaml.fill(pack)
    return pack, called


def _words(pack: Data, called: dict[str, Data], rows: list[Row]) -> Iterator[Data]:
    """Labels and hints of the items' questions go into the items; a question that no item has is a fault."""
    seen: set[str] = set()
    for number, row in rows:
        name = row["name"]
        if row["type"] != "select_one result":
            continue
        item = called.get(name)
        if item is None or name in seen:
            reason = "stands twice" if item else "has no row in the sheet bluegrid, which gives its source and weight"
            yield _fault("survey", number, name, f"the question {reason}")
            continue
        seen.add(name)
        item["text"] = {"zh": row[f"label::{CHINESE}"], "en": row[f"label::{ENGLISH}"]}
        zh, en = row[f"hint::{CHINESE}"], row[f"hint::{ENGLISH}"]
        item["note"] = {"zh": zh, "en": en} if zh or en else None
    for name, item in called.items():
        if name not in seen and item.get("archived") is None:
            yield _fault("survey", 0, item.get("code"), f"the question {name} is missing; archive an item instead")


def _lists(called: dict[str, Data], rows: list[Row]) -> Iterator[Data]:
    """Ready phrases may be added, changed, removed; options only reworded, for each has a meaning."""
    phrases: dict[str, list[Data]] = {}
    for number, row in rows:
        words = {"zh": row[f"label::{CHINESE}"], "en": row[f"label::{ENGLISH}"]}
        item_name, _, list_kind = row["list_name"].rpartition("_")
        item = called.get(item_name)
        if item is None:
            continue
        if list_kind == "phrases":
            phrases.setdefault(item_name, []).append(words)
        elif list_kind == "options":
            option = next((each for each in item["answer"]["options"] if each.get("value") == row["name"]), None)
            if option is None:
                yield _fault("choices", number, item.get("code"), f"the option {row['name']!r} is not the item's")
            else:
                option.update(words)
    for name, said in phrases.items():
        called[name]["phrases"] = said


def _row_of(path: tuple[str | int, ...]) -> int:
    """The row of the sheet `bluegrid` that a fault's path lies in: head, tables, then the items."""
    if path[:1] == ("items",) and len(path) > 1 and isinstance(path[1], int):
        return path[1] + 4
    return 3 if path[:1] == ("tables",) else 2


def _fault(sheet: str, row: int, item: str | None, message: str) -> Data:
    return {"place": f"{sheet} row {row}" if row else sheet, "line": row, "item": item, "message": message}
