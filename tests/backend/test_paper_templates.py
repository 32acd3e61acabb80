"""Templates of papers: the house's own and an office's, with known fields only, as Word files that do nothing else."""

from __future__ import annotations

import hashlib
import io

import docx
import pytest
from docx.shared import Cm
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from backend.exports import docx_templates
from backend.exports.paper_forms import house_template
from backend.exports.paper_kinds import fields, lists
from backend.models import Office
from tests.backend.paper_desks import OFFERED, Desks, template, texts, with_part
from tests.backend.records import Person, Records
from tests.stories import FakeTime


@pytest.fixture
def desks(app: Flask, client: FlaskClient, session: Session, time: FakeTime) -> Desks:
    return Desks(client, Records(app, session), time)


@pytest.fixture
def air(desks: Desks) -> Office:
    return desks.office(assignment="柳大气办交", supervision_letter="柳大气办督")


@pytest.fixture
def qin(desks: Desks, air: Office) -> Person:
    """Somebody of the air office."""
    return desks.person(air)


@pytest.mark.parametrize("kind", OFFERED)
def test_the_houses_own_templates_name_known_fields_only_and_open_as_word_files(kind):
    assert "number" in docx_templates.check(house_template(kind), fields(), lists())


@pytest.mark.parametrize("kind", OFFERED)
def test_the_columns_of_a_list_of_findings_fill_the_page_and_the_numbers_fit_theirs(kind):
    made = docx.Document(io.BytesIO(house_template(kind)))
    section, (widths, *_) = made.sections[0], [[column.width for column in table.columns] for table in made.tables]
    text = section.page_width - section.left_margin - section.right_margin
    assert abs(sum(widths) - text) < Cm(0.01)
    assert widths[0] < widths[1] >= Cm(3.2)
    assert [cell.width for cell in made.tables[0].rows[0].cells] == widths


@pytest.mark.parametrize("kind", OFFERED)
def test_the_lines_that_are_sealed_stand_together_with_text_before_them(kind):
    lines = docx.Document(io.BytesIO(house_template(kind))).paragraphs
    last = next(n for n, line in enumerate(lines) if line.text == "{{ date }}")
    assert [bool(line.paragraph_format.keep_with_next) for line in lines[last - 3 : last + 1]] == [True] * 3 + [False]
    assert "联系人" in lines[last - 3].text


@pytest.mark.parametrize(
    ("paragraph", "code", "field"),
    [
        ("{{ 单位电话 }}", "template-field-unknown", "单位电话"),
        ("{{ phone_number }}", "template-field-unknown", "phone_number"),
        ("{%p for each in findings %}\n", "template-invalid", None),
        ("{{ number.__class__ }}", "template-field-unknown", "number.__class__"),
        ("{{ number | upper }}", "template-invalid", None),
        ("{{ range(9) }}", "template-invalid", None),
        ("{% for a in findings %}{{ a.secret }}{% endfor %}", "template-field-unknown", "a.secret"),
        ("{% for a in findings %}{% for b in findings %}x{% endfor %}{% endfor %}", "template-invalid", None),
        ("{% for a in users %}x{% endfor %}", "template-field-unknown", "users"),
        ("{% set a = 1 %}", "template-invalid", None),
        ("{{ number", "template-invalid", None),
        ("{% include 'x' %}", "template-invalid", None),
    ],
)
def test_a_template_that_names_an_unknown_field_or_does_more_is_refused_and_nothing_kept(
    desks, qin, air, paragraph, code, field
):
    answer = desks.bring(qin, air, template("{{ number }}", paragraph))
    assert (answer.status_code, answer.json["code"]) == (422, code)
    assert answer.json.get("field") == field
    listed = desks.client.get(f"/api/v1/paper-templates?office={air.id}", headers=qin.headers)
    assert listed.json == []


def test_a_field_in_a_header_is_looked_at_too(desks, qin, air):
    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = "{{ secret }}"
    file = io.BytesIO()
    made.save(file)
    assert desks.bring(qin, air, file.getvalue()).json["field"] == "secret"


def test_a_file_with_macros_a_remote_part_or_no_word_file_is_refused(desks, qin, air):
    good = template("{{ number }}")
    remote = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        b'Type="http://x/attachedTemplate" Target="http://x/t.dotm" TargetMode="External"/></Relationships>'
    )
    for data in (
        b"no zip", b"", good[:2000], with_part(good, "word/vbaProject.bin", b"x"),
        with_part(good, "word/_rels/settings.xml.rels", remote), with_part(good, "word/document.xml", b"<broken"),
    ):  # fmt: skip
        answer = desks.bring(qin, air, data)
        assert (answer.status_code, answer.json["code"]) == (422, "template-invalid"), data[:20]


def test_templates_have_versions_and_the_newest_is_used(desks, qin, air):
    for n, words in enumerate(("第一版 {{ number }}", "第二版 {{ number }} {{ addressee }}"), start=1):
        made = desks.bring(qin, air, template(words)).json
        assert (made["version"], made["fields"]) == (n, ["number"] if n == 1 else ["addressee", "number"])
    issued = desks.issue(qin, desks.draft(qin, addressee="A&B <公司>\n{{ secret }}"))
    assert texts(desks.word(qin, issued)) == ["第二版 柳大气办交〔2026〕1号 A&B <公司>\n{{ secret }}"]
    assert issued["issued"]["template"] == made["id"]
    kept = desks.client.get(f"/api/v1/paper-templates/{made['id']}/file.docx", headers=qin.headers)
    assert hashlib.sha256(kept.data).hexdigest() == made["sha256"]
    stranger = desks.person(desks.office("住建局", rectification_notice="柳建整"))
    assert desks.bring(stranger, air, template("x")).json["code"] == "not-the-issuer"
    assert desks.bring(desks.admin, air, template("{{ number }}")).json["version"] == 3
