"""What the deployment guide tells people to write exists, and its examples can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"
READERS = ("backend/config.py", "backend/serve_options.py", "backend/serve.py", "backend/failpoints.py")
SETTING = re.compile(r"\bBLUEGRID_[A-Z_]+\b")
READ = {name for reader in READERS for name in SETTING.findall((ROOT / reader).read_text("utf-8"))}
GUIDES = [*sorted((ROOT / "docs").glob("*.md")), *sorted(EXAMPLES.iterdir()), *sorted(ROOT.glob("README*.md"))]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_every_setting_that_a_guide_names_is_read_by_the_server(guide: Path) -> None:
    of_tests = ("BLUEGRID_TORTURE", "BLUEGRID_CUTS")
    named = {name for name in SETTING.findall(guide.read_text("utf-8")) if not name.startswith(of_tests)}
    assert named <= READ


def test_every_setting_of_the_server_is_in_both_readmes() -> None:
    of_tests = {"BLUEGRID_FAILPOINT", "BLUEGRID_DEMO"}
    for name in ("README.md", "README.zh-CN.md"):
        assert set(SETTING.findall((ROOT / name).read_text("utf-8"))) >= READ - of_tests


def test_the_web_hosts_of_the_compose_file_share_what_hosts_must_share() -> None:
    services = yaml.safe_load((EXAMPLES / "compose.yaml").read_text("utf-8"))["services"]
    hosts = [service for name, service in services.items() if name.startswith("web-")]
    assert len(hosts) > 1
    told = [host["environment"] for host in hosts]
    assert all(one == told[0] for one in told)
    assert told[0]["BLUEGRID_BLOB_URL"].startswith("s3://")
    assert told[0]["BLUEGRID_DATABASE_URL"].startswith("postgresql://")
    assert "BLUEGRID_SECRET_KEY" in told[0]
    assert len({volume for host in hosts for volume in host["volumes"]}) == len(hosts)


def test_the_guide_points_to_each_example_and_to_no_other() -> None:
    links = re.findall(r"\]\(examples/([^)]*)\)", (ROOT / "docs" / "deploy.md").read_text("utf-8"))
    assert sorted(set(links)) == sorted(path.name for path in EXAMPLES.iterdir())
