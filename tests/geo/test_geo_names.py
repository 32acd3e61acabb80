"""Names by code, and faulty lists."""

from __future__ import annotations

import pytest

from geo.errors import ImportRefused
from geo.names import read_names, townships, villages


def test_the_bundled_names_are_complete_and_join_on_code(counties):
    assert (len(townships()), len(villages())) == (192, 2435)
    assert townships()["450206100"].name == "拉堡镇"
    assert all(name.parent in counties for name in townships().values())
    assert all(name.parent in townships() for name in villages().values())
    assert sum(code.startswith("4502") for code in townships()) == 118


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("450206100,拉堡镇,450206\n450206100,又,450206\n", "code-duplicate"),
        ("450206100,,450206\n", "value-missing"),
        ("450206100,拉堡镇\n", "value-missing"),
        ("450206100,拉堡镇,450205\n", "parent-not-prefix"),
    ],
)
def test_a_faulty_list_is_refused(tmp_path, rows, problem):
    path = tmp_path / "names.csv"
    path.write_text("code,name,parent\n" + rows, encoding="utf-8-sig")
    with pytest.raises(ImportRefused) as refused:
        read_names(path)
    assert [p["problem"] for p in refused.value.problems] == [problem]


def test_a_list_without_its_columns_is_refused(tmp_path):
    path = tmp_path / "names.csv"
    path.write_text("code,title\n1,x\n", encoding="utf-8")
    with pytest.raises(ImportRefused):
        read_names(path)
