"""Satellite files, tables and pasted texts: good rows become detections, bad ones are told by line."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from io import BytesIO

import pytest
from openpyxl import Workbook

from geo.datum import Datum, from_cgcs2000
from geo.errors import DatumMissing, TableUnreadable
from geo.fire_points.detection import Source
from geo.fire_points.firms import clock_time, parse_firms
from geo.fire_points.himawari import parse_himawari
from geo.fire_points.local_times import cell_clock, cell_day
from geo.fire_points.pasted import parse_pasted
from geo.fire_points.reading import RowFault
from geo.fire_points.report import Terms, parse_report
from geo.fire_points.table_files import table_rows
from geo.names import townships, villages

VIIRS_13 = (
    "latitude,longitude,bright_ti4,scan,track,acq_date,acq_time,satellite,confidence,version,bright_ti5,frp,daynight"
)
VIIRS_14 = VIIRS_13.replace("satellite,", "satellite,instrument,")
MODIS = VIIRS_14.replace("bright_ti4", "brightness").replace("bright_ti5", "bright_t31") + ",type"
ROW_13 = "24.3146,109.4117,330.1,0.39,0.36,2025-11-03,149,N,nominal,2.0NRT,290.2,3.4,N"
ROW_14 = "24.3146,109.4117,330.1,0.39,0.36,2025-11-03,0549,N20,VIIRS,n,2.0NRT,290.2,3.4,D"


def codes(parsed):
    return [(fault.code, fault.where) for fault in parsed.faults]


# -- FIRMS ---------------------------------------------------------------------------------------------------------


def test_viirs_files_of_13_and_14_columns_are_read_alike():
    (old,) = parse_firms(f"{VIIRS_13}\n{ROW_13}\n").detections
    (new,) = parse_firms(f"{VIIRS_14}\n{ROW_14}\n").detections
    assert (old.source, old.confidence, old.quality, old.satellite) == (Source.VIIRS, "nominal", "nrt", "N")
    assert old.instant == datetime(2025, 11, 3, 1, 49, tzinfo=UTC)
    assert new.instant == datetime(2025, 11, 3, 5, 49, tzinfo=UTC)
    assert (old.lon, old.lat, old.across_m, old.along_m) == (109.4117, 24.3146, 390.0, 360.0)
    assert (new.confidence, new.satellite, new.frp_mw) == ("nominal", "N20", 3.4)
    assert (old.row, old.raw["acq_time"]) == (2, "149")
    assert old.reach_m == pytest.approx(265.4, abs=0.1)


def test_modis_files_state_confidence_in_percent_and_versions_without_nrt_are_standard():
    rows = [
        f"24.3,109.4,310,1.0,1.0,2025/11/3,{clock},Terra,MODIS,{percent},61.03,290,9,D,0"
        for clock, percent in (("5", 29), ("230", 30), ("0230", 80))
    ]
    parsed = parse_firms("\ufeff" + "\r\n".join([MODIS, *rows]))
    assert [d.confidence for d in parsed.detections] == ["low", "nominal", "high"]
    assert [d.instant.time() for d in parsed.detections] == [time(0, 5), time(2, 30), time(2, 30)]
    assert {d.quality for d in parsed.detections} == {"standard"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("24.3146", "north"), "number-invalid"),
        (("24.3146", "nan"), "number-invalid"),
        (("24.3146,109.4117", "109.4117,24.3146"), "axes-exchanged"),
        (("24.3146,109.4117", "95.0,109.4117"), "coordinate-invalid"),
        (("2025-11-03", "2025-13-03"), "date-invalid"),
        (("149", "2460"), "time-invalid"),
        (("149", "-149"), "time-invalid"),
        (("nominal", "sure"), "confidence-unknown"),
        (("0.39", "0"), "number-invalid"),
        ((",N,nominal", ",nominal"), "row-malformed"),
        (("3.4,N", "3.4,N,0,extra"), "row-malformed"),
    ],
)
def test_a_bad_row_is_told_by_its_line_and_the_good_ones_go_on(change, code):
    parsed = parse_firms("\n".join([VIIRS_13, ROW_13.replace(*change, 1), ROW_13]))
    assert codes(parsed) == [(code, 2)]
    assert [d.row for d in parsed.detections] == [3]


def test_rows_outside_the_region_are_counted_not_dropped_in_silence():
    parsed = parse_firms("\n".join([VIIRS_13, ROW_13.replace("24.3146,109.4117", "39.9,116.3"), ROW_13]))
    (warning,) = parsed.warnings
    assert (warning.code, warning.params["count"], warning.params["rows"]) == ("outside-region", 1, [2])
    everywhere = parse_firms("\n".join([VIIRS_13, ROW_13.replace("24.3146,109.4117", "39.9,116.3")]), region=None)
    assert len(everywhere.detections) == 1


def test_what_is_no_firms_file_is_refused():
    for text in (
        "",
        "a,b\n1,2",
        VIIRS_13.replace("acq_time,", ""),
        VIIRS_13.replace("bright_ti4", "x") + "\n" + ROW_13,
    ):
        with pytest.raises(TableUnreadable):
            parse_firms(text)


def test_clock_times_without_leading_zeros():
    for text, expected in [("5", time(0, 5)), ("149", time(1, 49)), ("1349", time(13, 49)), ("1:49", time(1, 49))]:
        assert clock_time(text) == expected
    for text in ("", "abc", "12345", "1:2:3x"):
        with pytest.raises(RowFault):
            clock_time(text)


# -- Himawari ------------------------------------------------------------------------------------------------------

WLF = """# Himawari L2WLF
# comment with, commas
ID,Year,Month,Day,Time(UTC),Lat,Lon,Area(km^2),Volcano,Level,Reliability,FRP(Wm^-2),QF,Hot(ID)
1,2025,11,3,0210,25.04,106.96,.64,0,3,5,.53,0,1
# between
2,2025,11,3,0210,25.06,106.96,.04,0,2,2,1.2,0,1
3,2025,11,31,0210,25.06,106.96,.04,0,2,1,1.2,0,1
"""


def test_a_himawari_file_is_read_with_its_bare_decimals_and_line_numbers():
    parsed = parse_himawari(WLF)
    (one,) = parsed.detections
    assert (one.lon, one.lat, one.row) == (106.96, 25.04, 4)
    assert one.instant == datetime(2025, 11, 3, 2, 10, tzinfo=UTC)
    assert (one.confidence, one.frp_mw, one.raw["frp(wm^-2)"]) == ("high", None, ".53")
    assert one.along_m == pytest.approx(2226, abs=1)
    assert one.across_m == pytest.approx(2017, abs=3)
    assert codes(parsed) == [("confidence-unknown", 6), ("date-invalid", 7)]


def test_the_header_of_a_himawari_file_may_be_a_comment():
    lines = WLF.splitlines()
    commented = "\n".join([lines[0], "#" + lines[2], lines[3]])
    assert [d.row for d in parse_himawari(commented).detections] == [3]
    with pytest.raises(TableUnreadable):
        parse_himawari("# nothing\n1,2,3")


# -- tables of offices ---------------------------------------------------------------------------------------------

TERMS = Terms(Datum.WGS84)
LON, LAT = "109°24'42.12\"E", "24°18'52.56\"N"
HEAD = ["序号", "设区市", "县（市、区）", "乡镇", "中心经度", "中心纬度", "卫星过境日期"]


def body(*changes, row=None):
    row = row or [1, "柳州市", "柳南区", "太阳村镇", LON, LAT, "2025-11-03 13:30"]
    return [changes[i] if i < len(changes) and changes[i] is not None else value for i, value in enumerate(row)]


def test_a_published_table_is_read_below_its_title():
    parsed = parse_report([["广西秸秆焚烧火点遥感监测周报"], [], HEAD, body()], TERMS)
    (one,) = parsed.detections
    assert (one.lon, one.lat) == (pytest.approx(109.4117), pytest.approx(24.3146))
    assert (one.instant, one.until) == (datetime(2025, 11, 3, 5, 30, tzinfo=UTC), None)
    assert (one.row, one.raw["4"]) == (4, "太阳村镇")
    assert one.notes == {"city": "柳州市", "county": "柳南区", "township": "太阳村镇"}
    assert parsed.faults == parsed.warnings == ()


def test_merged_headings_a_row_of_units_and_merged_places():
    rows = [
        ["序号", "行政区", None, "坐标", None, "监测时间", None],
        [None, "市", "县", "经度", "纬度", "日期", "时间"],
        [None, None, None, "(°)", "(°)", None, None],
        [1, "柳州市", "柳城县", 109.25, 24.65, date(2025, 11, 3), time(13, 30)],
        [2, None, None, 109.26, 24.66, date(2025, 11, 3), time(13, 40)],
        [3, "贵港市", None, 109.60, 23.11, date(2025, 11, 3), time(13, 40)],
        ["合计", "3个", None, None, None, None, None],
        ["注：仅供参考"],
    ]
    parsed = parse_report(rows, TERMS)
    assert [d.notes for d in parsed.detections] == [
        {"city": "柳州市", "county": "柳城县"},
        {"city": "柳州市", "county": "柳城县"},
        {"city": "贵港市"},
    ]
    assert parsed.detections[1].instant == datetime(2025, 11, 3, 5, 40, tzinfo=UTC)
    assert parsed.faults == ()
    assert [(w.code, w.params["rows"]) for w in parsed.warnings] == [("rows-not-read", [7, 8])]


@pytest.mark.parametrize(
    "written",
    [
        date(2025, 11, 3),
        datetime(2025, 11, 3),
        45964,
        45964.0,
        "45964",
        "2025-11-03",
        "2025/11/3",
        "2025.11.3",
        "2025年11月3日",
        "20251103",
        20251103,
        "11月3日",
    ],
)
def test_a_day_is_read_in_every_writing_of_excel(written):
    assert cell_day(written, year=2025) == date(2025, 11, 3)
    (one,) = parse_report([HEAD, body(row=[*body()[:-1], written])], Terms(Datum.WGS84, year=2025)).detections
    assert one.instant == datetime(2025, 11, 2, 16, tzinfo=UTC)
    assert one.until == one.instant + timedelta(days=1)


def test_workbooks_that_count_from_1904_and_days_that_are_none():
    assert cell_day(44502, epoch_1904=True) == date(2025, 11, 3)
    for written in (None, "", "soon", 12, True, "2025-02-30", "11月3日"):
        assert cell_day(written) is None


def test_times_of_day_in_every_writing_of_excel():
    half_past_one = [time(13, 30), datetime(2025, 11, 3, 13, 30), 0.5625, "13:30", "13时30分", "1330", 1330,
                     "下午1点半", 45964.5625]  # fmt: skip
    assert {cell_clock(written) for written in half_past_one} == {time(13, 30)}
    for written in (None, "", "noon", 2575, True):
        assert cell_clock(written) is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ((None, None, None, None, "unclear"), "coordinate-invalid"),
        ((None, None, None, None, ""), "coordinate-missing"),
        ((None, None, None, None, LAT, LON), "axes-exchanged"),
        ((None, None, None, None, 24.3146, 109.4117), "axes-exchanged"),
        ((None, None, None, None, None, None, ""), "date-missing"),
        ((None, None, None, None, None, None, "周一"), "date-invalid"),
    ],
)
def test_a_bad_row_of_a_table_is_told_by_its_number(changes, code):
    parsed = parse_report([["标题"], HEAD, body(*changes), body()], TERMS)
    assert codes(parsed) == [(code, 3)]
    assert [d.row for d in parsed.detections] == [4]


def test_one_column_may_hold_the_pair():
    rows = [["编号", "经纬度", "日期"], [1, "109.4117,24.3146", "2025-11-03"], [2, "109.4117", "2025-11-03"]]
    parsed = parse_report(rows, TERMS)
    assert [(d.lon, d.lat) for d in parsed.detections] == [(109.4117, 24.3146)]
    assert codes(parsed) == [("coordinate-invalid", 3)]


def test_a_table_s_datum_is_declared_and_its_positions_are_brought_home():
    there = from_cgcs2000(109.4117, 24.3146, Datum.GCJ02)
    (one,) = parse_report([HEAD, body(None, None, None, None, *there)], Terms(Datum.GCJ02)).detections
    assert (one.lon, one.lat) == (109.4117, 24.3146)
    with pytest.raises(DatumMissing):
        Terms("")


def test_a_table_without_coordinates_is_refused():
    for rows in ([], [["a", "b"]], [["经度", "日期"], [109, "x"]]):
        with pytest.raises(TableUnreadable):
            parse_report(rows, TERMS)


def test_a_workbook_gives_its_rows_merged_cells_filled():
    book = Workbook()
    sheet = book.active
    sheet.append(["火点周报", None, None, None, None, None, None])
    sheet.merge_cells("A1:G1")
    sheet.append(HEAD)
    sheet.append([1, "柳州市", "柳南区", "太阳村镇", LON, LAT, datetime(2025, 11, 3, 13, 30)])
    sheet.append([2, None, None, None, 109.42, 24.32, datetime(2025, 11, 3, 13, 30)])
    sheet.merge_cells("B3:B4")
    content = BytesIO()
    book.save(content)
    rows, epoch_1904 = table_rows(content.getvalue())
    assert not epoch_1904
    parsed = parse_report(rows, TERMS)
    assert [(d.row, d.notes["city"]) for d in parsed.detections] == [(3, "柳州市"), (4, "柳州市")]
    assert parsed.faults == ()
    with pytest.raises(TableUnreadable, match="Sheet"):
        table_rows(content.getvalue(), "absent")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk"])
def test_a_csv_of_excel_is_utf_8_or_gbk(encoding):
    text = "序号,经度,纬度,日期\n1,109.4117,24.3146,2025/11/3\n"
    rows, _ = table_rows(text.encode(encoding))
    assert len(parse_report(rows, TERMS).detections) == 1
    tabbed, _ = table_rows(text.replace(",", "\t").encode(encoding))
    assert tabbed == rows


def test_lines_end_as_they_like_and_a_quote_that_never_closes_is_told():
    for end in ("\r", "\r\n", "\n"):
        assert len(parse_firms(end.join([VIIRS_13, ROW_13, ""])).detections) == 1
        rows, _ = table_rows(end.join(["序号,经度,纬度,日期", "1,109.4117,24.3146,2025/11/3"]).encode())
        assert len(rows) == 2
    with pytest.raises(TableUnreadable):
        table_rows(b'"' + b"x" * 200_000)
    with pytest.raises(TableUnreadable, match="no readable CSV"):
        parse_firms(f'{VIIRS_13}\n"' + "x" * 200_000)


def test_what_is_no_table_is_refused():
    for content in (b"PK\x03\x04broken", b"\xd0\xcf\x11\xe0old", b"\xff\xff\xff"):
        with pytest.raises(TableUnreadable):
            table_rows(content)


# -- people --------------------------------------------------------------------------------------------------------

RECEIVED = datetime(2025, 11, 3, 7, 0, tzinfo=UTC)  # 15:00 here


def said(text, **options):
    return parse_pasted(text, **({"datum": "WGS84", "received": RECEIVED} | options))


def test_a_pasted_alarm_keeps_what_was_said():
    text = "【视频告警】11月3日14:30，柳江区进德镇发现烟火，109.4117,24.3146，联系人王 13877212345"
    parsed = said(text, source=Source.VIDEO, names=townships())
    (one,) = parsed.detections
    assert (one.source, one.lon, one.lat) == (Source.VIDEO, 109.4117, 24.3146)
    assert one.instant == datetime(2025, 11, 3, 6, 30, tzinfo=UTC)
    assert one.notes["phones"] == ["13877212345"]
    assert [townships()[code].name for code in one.notes["places"]] == ["进德镇"]
    assert "发现烟火" in one.notes["text"]
    assert one.radius_m == 50.0


def test_several_points_have_their_own_lines_times_and_the_common_day():
    text = "2025年11月2日 柳城县火点：\n1. 13:05 109.2453，24.6513 两处\n2. 109.2460, 24.6520\n3. 昨晚22点 109.25,24.66"
    parsed = said(text)
    assert [d.row for d in parsed.detections] == [2, 3]
    assert parsed.detections[0].instant == datetime(2025, 11, 3, 5, 5, tzinfo=UTC)
    assert parsed.detections[1].instant == datetime(2025, 11, 2, 5, 5, tzinfo=UTC)


def test_what_is_left_out_of_a_time_is_taken_from_before_it_was_received():
    def instant(text):
        (one,) = said(text + " 109.4117,24.3146").detections
        return one.instant, one.until

    assert instant("14:59发现")[0] == datetime(2025, 11, 3, 6, 59, tzinfo=UTC)
    assert instant("15:01发现")[0] == datetime(2025, 11, 2, 7, 1, tzinfo=UTC)
    assert instant("昨天8点")[0] == datetime(2025, 11, 2, 0, 0, tzinfo=UTC)
    assert instant("12月31日23:00")[0] == datetime(2024, 12, 31, 15, 0, tzinfo=UTC)
    assert instant("11月2日") == (datetime(2025, 11, 1, 16, tzinfo=UTC), datetime(2025, 11, 2, 16, tzinfo=UTC))
    assert instant("有烟") == (RECEIVED, None)


def test_a_time_after_it_was_received_is_pointed_out():
    assert [w.code for w in said("2025-11-04 10:00 109.4117,24.3146").warnings] == ["time-in-future"]


def test_labels_the_wrong_way_round_are_exchanged_with_a_warning():
    parsed = said("经度24.3146 纬度109.4117")
    assert [(d.lon, d.lat) for d in parsed.detections] == [(109.4117, 24.3146)]
    assert [w.code for w in parsed.warnings] == ["axes-exchanged"]


def test_a_text_without_coordinates_is_told_and_a_place_elsewhere_is_counted():
    assert [f.code for f in said("太阳村镇有人烧甘蔗叶").faults] == ["no-coordinates"]
    elsewhere = said("39.9087,116.3975 着火")
    assert [w.code for w in elsewhere.warnings] == ["outside-region"]
    assert elsewhere.detections == ()
    assert [f.code for f in said("2025年2月30日 2月30日 109.4117,24.3146").faults] == ["date-invalid"]


def test_a_text_of_nothing_but_blanks_is_read_in_no_time_and_one_that_is_a_file_is_refused():
    for text in ("经" + " " * 19_999, "109.4117,24.3146 " * 1_100, "上午 " * 6_000):
        assert len(said(text, names=villages()).detections) == text.count(",")
    with pytest.raises(TableUnreadable):
        said("x" * 20_001)


def test_a_chat_s_own_places_are_gcj02_and_a_datum_is_declared():
    lon, lat = from_cgcs2000(109.4117, 24.3146, Datum.GCJ02)
    (one,) = said(f"{lon:.9f},{lat:.9f}", datum="GCJ02").detections
    assert (one.lon, one.lat) == (pytest.approx(109.4117, abs=1e-8), pytest.approx(24.3146, abs=1e-8))
    with pytest.raises(DatumMissing):
        said("109.4117,24.3146", datum="")
    with pytest.raises(ValueError, match="time zone"):
        said("109.4117,24.3146", received=datetime(2025, 11, 3))


def test_a_coarse_pair_has_a_wide_circle_and_a_village_is_known_by_its_short_name():
    (one,) = said("109.412,24.315").detections
    assert one.radius_m == pytest.approx(111)
    village = next(v for v in villages().values() if v.name.endswith("村委会"))
    (two,) = said(f"{village.name.removesuffix('委会')} 109.4117,24.3146", names=villages()).detections
    assert village.code in two.notes["places"]
