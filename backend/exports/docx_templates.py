"""Word templates: looked at before they are taken, filled in, and marked as drafts.

A template names fields, goes through a list and asks whether something is there; nothing else of the template language
is let in, so a file from anywhere can run nothing here. Knows Word files and which fields there are; nothing of papers.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import parse_xml
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment
from lxml.etree import XMLSyntaxError  # type: ignore[import-untyped]

from backend.exports.cell_text import safe
from backend.services.errors import InputInvalid

MOST_BYTES = 5 * 2**20
MOST_UNPACKED = 60 * 2**20  # a docx file is a zip file, and may claim anything
HYPERLINK = "/hyperlink"
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.For,
    nodes.If,
    nodes.Not,
    nodes.And,
    nodes.Or,
)
_WATERMARK = """
<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:v="urn:schemas-microsoft-com:vml"
 xmlns:o="urn:schemas-microsoft-com:office:office"><w:r><w:pict>
<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" path="m@7,l@8,m@5,21600l@6,21600e">
<v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/><v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/>
<v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/><v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/>
<v:f eqn="if @0 @4 21600"/></v:formulas><v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/>
</v:shapetype>
<v:shape id="BluegridDraft{n}" type="#_x0000_t136" style="position:absolute;margin-left:0;margin-top:0;width:360pt;
height:180pt;rotation:315;z-index:-251658752;mso-position-horizontal:center;
mso-position-horizontal-relative:margin;mso-position-vertical:center;mso-position-vertical-relative:margin"
 fillcolor="silver" stroked="f"><v:fill opacity=".5"/><v:textpath style="font-family:&quot;宋体&quot;;font-size:1pt"
 string="{word}"/></v:shape></w:pict></w:r></w:p>
"""


class TemplateInvalid(InputInvalid):
    """The file is no Word template that can be used; the sentence says why, and nothing of it was kept."""

    code = "template-invalid"


class TemplateFieldUnknown(TemplateInvalid):
    """The template names a field that this paper does not have; `field` says which."""

    code = "template-field-unknown"


class _Environment(SandboxedEnvironment):
    """Lets in what `docx_templates` says, in whatever part of the file it stands."""

    def __init__(self, texts: Mapping[str, object], lists: Mapping[str, Mapping[str, object]]) -> None:
        super().__init__(undefined=StrictUndefined, autoescape=True)
        self.texts, self.lists = texts, lists
        self.named: set[str] = set()

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        self._look(tree, {})
        return tree

    def _look(self, node: nodes.Node, loops: Mapping[str, str]) -> None:
        """`loops`: the names of the items of the lists that are gone through here."""
        if not isinstance(node, _ALLOWED):
            what = type(node).__name__.lower()
            raise TemplateInvalid(
                f"The template uses '{what}'; it may only name fields, go through a list, and ask if."
            )
        if isinstance(node, nodes.Name):
            self._named(node.name, node.name in self.texts or node.name in self.lists)
        elif isinstance(node, nodes.Getattr):
            self._look_at_item(node, loops)
        elif isinstance(node, nodes.For):
            self._look_at_loop(node, loops)
        else:
            for child in node.iter_child_nodes():
                self._look(child, loops)

    def _look_at_item(self, node: nodes.Getattr, loops: Mapping[str, str]) -> None:
        base = node.node.name if isinstance(node.node, nodes.Name) else "?"
        listed = loops.get(base)
        self._named(f"{base}.{node.attr}", listed is not None and node.attr in self.lists[listed])

    def _look_at_loop(self, node: nodes.For, loops: Mapping[str, str]) -> None:
        if loops or node.test is not None or node.recursive or not isinstance(node.target, nodes.Name):
            raise TemplateInvalid("A list is gone through plainly, and not within another one.")
        listed = node.iter.name if isinstance(node.iter, nodes.Name) else "?"
        self._named(listed, listed in self.lists)
        for child in (*node.body, *node.else_):
            self._look(child, {node.target.name: listed})

    def _named(self, name: str, known: bool) -> None:
        if not known:
            raise TemplateFieldUnknown(
                f"The template names the field {name!r}, which this paper does not have.", field=name
            )
        self.named.add(name)


def check(data: bytes, texts: Mapping[str, object], lists: Mapping[str, Mapping[str, object]]) -> list[str]:
    """Look at a template, and fill it once on trial; the fields that it names.

    Raises TemplateInvalid, TemplateFieldUnknown.
    """
    _require_sane(data)
    trial: dict[str, Any] = dict.fromkeys(texts, "示例")
    trial |= {name: [dict.fromkeys(item, "示例")] for name, item in lists.items()}
    environment = _Environment(texts, lists)
    _filled(data, trial, environment)
    return sorted(environment.named)


def fill(
    data: bytes,
    context: Mapping[str, Any],
    lists: Mapping[str, Mapping[str, object]],
    draft: str | None = None,
) -> bytes:
    """A template filled in; with `draft` that word lies across every page. Raises TemplateInvalid."""
    texts = {name: value for name, value in context.items() if name not in lists}
    made = _filled(data, _plain(context), _Environment(texts, lists))
    return _marked(made, draft) if draft else made


def _filled(data: bytes, context: Mapping[str, Any], environment: _Environment) -> bytes:
    try:
        template = DocxTemplate(io.BytesIO(data))
        template.render(dict(context), environment, autoescape=True)
        file = io.BytesIO()
        template.save(file)
    except TemplateInvalid:
        raise
    except TemplateError as error:
        raise TemplateInvalid(f"The template's fields cannot be read: {error}.") from error
    except (PackageNotFoundError, XMLSyntaxError, KeyError, ValueError, AttributeError, zipfile.BadZipFile) as error:
        raise TemplateInvalid("The Word file is broken; save it anew from Word as .docx.") from error
    return file.getvalue()


def _marked(data: bytes, word: str) -> bytes:
    """A word in grey across every page, as Word itself writes a watermark: in the headers."""
    document = docx.Document(io.BytesIO(data))
    n = 0
    for index, section in enumerate(document.sections):
        headers = [section.header]
        if section.different_first_page_header_footer:
            headers.append(section.first_page_header)
        if document.settings.odd_and_even_pages_header_footer:
            headers.append(section.even_page_header)
        for header in headers:
            if index and header.is_linked_to_previous:
                continue  # shows the header of the section before, which is marked
            n += 1
            header.is_linked_to_previous = False
            header._element.append(parse_xml(_WATERMARK.format(n=n, word=word)))
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _plain(value: Any) -> Any:
    """Values as XML can carry them."""
    if isinstance(value, str):
        return safe(value, "…")
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def _require_sane(data: bytes) -> None:
    """A Word file without macros, that fetches nothing from elsewhere and is as large as it says."""
    if len(data) > MOST_BYTES:
        raise TemplateInvalid(f"A template may have {MOST_BYTES // 2**20} MiB at most.", limit=MOST_BYTES)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            if sum(part.file_size for part in archive.infolist()) > MOST_UNPACKED:
                raise TemplateInvalid("The file unpacks to more than is read.", limit=MOST_UNPACKED)
            if "word/document.xml" not in names:
                raise TemplateInvalid("This is no Word file; save it as .docx.")
            if any(name.casefold().endswith("vbaproject.bin") for name in names):
                raise TemplateInvalid("The template has macros; save it as .docx without them.")
            for name in names:
                if name.endswith(".rels"):
                    _require_local(archive.read(name), name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise TemplateInvalid("The file is no .docx file, or it is broken.") from error


def _require_local(rels: bytes, name: str) -> None:
    try:
        tree = parse_xml(rels)
    except XMLSyntaxError as error:
        raise TemplateInvalid("The Word file is broken; save it anew from Word as .docx.") from error
    for each in tree:
        if each.get("TargetMode") == "External" and not (each.get("Type") or "").endswith(HYPERLINK):
            raise TemplateInvalid(
                f"The template fetches something from elsewhere ({name}); put it into the file itself."
            )
