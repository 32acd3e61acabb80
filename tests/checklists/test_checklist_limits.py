"""Every number of the rule book, pinned a second time beside its source; and how a limit is chosen and judged."""

import pytest

from checklists.engine import judge
from checklists.selection import Context

# code: operator, value, unit, upper end, and the limit of a designated special area where there is one
LIMITS = {
    "dust.lz6.hoarding": ("gte", 100, "%"),
    "dust.lj6.earthwork-wet": ("gte", 100, "%"),
    "dust.gg9.cover": ("gte", 100, "%"),
    "dust.exit.road-clean": ("gte", 50, "m"),
    "straw.handling.rate-2024": ("gte", 85, "%"),
    "straw.handling.rate-2025": ("gte", 90, "%"),
    "straw.satellite.change-2024": ("lte", -10, "%"),
    "voc.coating.ledger-years": ("gte", 3, "a"),
    "voc.rate.vehicle": ("gte", 90, "%"),
    "voc.rate.vehicle-parts": ("gte", 80, "%"),
    "voc.gb.5-2-1.treated-80": ("gte", 80, "%"),
    "voc.gb.5-2-2.treated-90": ("gte", 90, "%"),
    "voc.gb.5-2-3.repair-days": ("lte", 90, "d"),
    "voc.gb.6-2.outlet-height": ("lt", 200, "mm"),
    "voc.gb.6-2.treated-80": ("gte", 80, "%"),
    "voc.gb.7-3-1.ledger-years": ("gte", 3, "a"),
    "voc.gb.10-2-2.hood-speed": ("gte", 0.3, "m/s"),
    "voc.gb.10-2-3.duct-leak": ("lte", 500, "μmol/mol"),
    "ground.sweeping.guigang": ("gte", 70, "%"),
    "ground.ring-road.length": ("lte", 0, "m"),
    "ground.sweeping.liujiang": ("gte", 80, "%"),
    "ground.sweeping.city": ("gte", 80, "%"),
    "ground.sweeping.county": ("gte", 70, "%"),
    "ind.coal-boiler.new-2018": ("gte", 20, "t/h"),
    "ind.coal-boiler.new-2018-county": ("gte", 10, "t/h"),
    "ind.coal-boiler.new-145": ("gte", 35, "t/h"),
    "ind.steel.head-pm": ("lte", 10, "mg/m³"),
    "ind.steel.head-so2": ("lte", 35, "mg/m³"),
    "ind.steel.head-nox": ("lte", 50, "mg/m³"),
    "ind.steel.other-pm": ("lte", 10, "mg/m³"),
    "ind.steel.other-so2": ("lte", 50, "mg/m³"),
    "ind.steel.other-nox": ("lte", 200, "mg/m³"),
    "ind.sulphur.coal-boilers": ("lte", 0.6, "%"),
    "ind.sulphur.coal-industry": ("lte", 1.5, "%"),
    "ind.sulphur.oil": ("lte", 0.8, "%"),
    "ind.cement.denox": ("gte", 60, "%"),
    "life.coal.briquettes": ("lte", 0, "个"),
    "mob.port.shore-fitted": ("gte", 80, "%"),
    "mob.port.shore-used": ("gte", 60, "%"),
    "mob.register.error": ("lte", 2, "%"),
    "mob.new.electric-share": ("gte", 90, "%"),
    "oil.gb.unload-pipe": ("lt", 200, "mm"),
    "oil.gb.vapour-ratio": ("gte", 1, "L/L", 1.2),
    "oil.gb.leak": ("lte", 500, "μmol/mol"),
    "oil.gb.cctv-months": ("gte", 3, "月"),
    "oil.gb.online-years": ("gte", 1, "a"),
    "straw.use.off-field": ("gte", 30, "%"),
    "straw.use.off-field-gg": ("gte", 30, "%"),
    "straw.use.total-gg": ("gte", 86, "%"),
    "straw.use.cane-leaves-gg": ("gte", 30, "%"),
    "straw.use.cane-leaves-zone-gg": ("gte", 60, "%"),
    "straw.use.total": ("gte", 86, "%"),
    "straw.use.cane-leaves": ("gte", 33, "%"),
    "straw.use.cane-leaves-zone": ("gte", 65, "%"),
    "voc.gb.8-2.leak-gas": ("lte", 5000, "μmol/mol"),
    "voc.gb.8-2.leak-other": ("lte", 2000, "μmol/mol"),
    "voc.gb.8-3.weekly-look": ("lte", 7, "d"),
    "voc.gb.8-3.pumps": ("lte", 6, "月"),
    "voc.gb.8-3.flanges": ("lte", 12, "月"),
    "voc.gb.8-3.after-start": ("lte", 90, "d"),
    "voc.gb.8-4.first-repair": ("lte", 5, "d"),
    "voc.gb.8-4.repaired": ("lte", 15, "d"),
    "voc.gb.8-5.ledger-years": ("gte", 3, "a"),
    "voc.gb.13-4.sampled": ("lte", 2, "个"),
    "voc.gb.9-1.open-surface": ("lt", 200, "μmol/mol", None, ("lt", 100)),
    "voc.gb.9-3.toc-months": ("lte", 6, "月"),
    "voc.gb.9-3.toc-rise": ("lte", 10, "%"),
    "voc.gb.10-3-2.efficiency": ("gte", 80, "%"),
    "voc.gb.10-3-4.stack-height": ("gte", 15, "m"),
    "voc.gb.10-4.ledger-years": ("gte", 3, "a"),
    "voc.gb.a-1.hour": ("lte", 10, "mg/m³", None, ("lte", 6)),
    "voc.gb.a-1.any": ("lte", 30, "mg/m³", None, ("lte", 20)),
    "waste.sorting.accuracy": ("gte", 90, "%"),
}


def limit(item):
    """A limit as the table above writes it."""
    threshold, further = item.answer.threshold, item.answer.limits
    found = (threshold.op, threshold.value, item.answer.unit)
    if threshold.upper is not None or further:
        found += (threshold.upper, *((each.threshold.op, each.threshold.value) for each in further))
    return found


@pytest.mark.parametrize("code", LIMITS)
def test_a_limit_is_the_one_in_its_source(code, items):
    assert {limit(item) for item in items if item.code == code} == {LIMITS[code]}


def test_every_limit_below_a_full_rate_is_pinned_here(items):
    assert {i.code for i in items if i.answer.threshold and i.answer.threshold.value != 100} <= set(LIMITS)


def judged(pack, code, value, **attributes):
    verdict = judge(pack, [{"item": code, "result": "pass", "value": value}], Context(attributes=attributes)).verdicts[
        0
    ]
    return verdict.result, "limit-uncertain" in verdict.flags


SURFACE = "voc.gb.9-1.open-surface"


@pytest.mark.parametrize(
    ("special", "value", "expected"),
    [
        (False, 150, ("pass", False)),
        (True, 150, ("fail", False)),
        (None, 150, ("pass", True)),  # nobody has said: the general limit holds, and a supervisor is told
        (None, 200, ("fail", True)),
        (True, 99, ("pass", False)),
    ],
)
def test_the_stricter_limit_binds_only_where_a_special_area_is_designated(packs, special, value, expected):
    assert judged(packs["voc-control-liuzhou"], SURFACE, value, special_area=special) == expected


@pytest.mark.parametrize(("value", "result"), [(0.99, "fail"), (1, "pass"), (1.2, "pass"), (1.21, "fail")])
def test_the_vapour_ratio_has_a_lower_and_an_upper_end(packs, value, result):
    assert judged(packs["oil-guigang"], "oil.gb.vapour-ratio", value)[0] == result
