"""Who may come in: accounts, grants, certificates, devices and one's own sign-in, each button pressed in a browser."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, Asker, Browsers, Station
from tests.browser.desk import Desk

NEW_PASSWORD = "kaolin-7-terrace"


@pytest.mark.slow
def test_an_admin_takes_a_person_in_changes_her_rights_and_closes_the_account(
    browsers: Browsers, admin: Asker, tmp_path: Path
) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("人员")
    desk.press("新增人员")
    desk.look("new person")
    desk.dialog.get_by_label("用户名").fill("xin-lan")
    desk.dialog.get_by_label("姓名").fill("兰心")
    desk.dialog.get_by_label("按名称或编码查找网格").fill("450206100")
    desk.dialog.get_by_role("checkbox", name="拉堡镇 450206100", exact=True).press("Space")
    desk.press("新增，并生成一次性密码", desk.dialog)
    expect(page.get_by_role("dialog", name="一次性密码")).to_be_visible()
    desk.look("one-time password")
    once = page.get_by_role("dialog", name="一次性密码").locator("code").inner_text()
    desk.press("已告知，关闭")
    expect(page.get_by_role("heading", level=1, name="兰心")).to_be_visible()
    person = page.url.rsplit("/", 1)[1]
    assert admin.get(f"/api/v1/users/{person}")["grants"] == ["450206100"]

    page.get_by_label("按名称或编码查找网格").fill("450206102")
    page.get_by_role("checkbox", name="百朋镇 450206102", exact=True).press("Space")
    page.locator(".chosen").get_by_role("button").first.click()
    desk.press("保存")
    desk.told("已保存")
    assert admin.get(f"/api/v1/users/{person}")["grants"] == ["450206102"]

    desk.press("登记执法证")
    desk.look("certificate")
    for field, value in (("证号", "20020812001"), ("发证机关", "广西壮族自治区司法厅")):
        desk.dialog.get_by_label(field).fill(value)
    for field, value in (("有效期起", "2026-01-01"), ("有效期止（含当日）", "2030-12-31")):
        desk.dialog.get_by_role("combobox", name=field).fill(value)
        desk.dialog.get_by_role("combobox", name=field).press("Enter")
    desk.press("保存", desk.dialog)
    expect(page.get_by_role("row").filter(has_text="20020812001")).to_contain_text("有效")
    page.get_by_role("row").filter(has_text="20020812001").get_by_role("button", name="修改").click()
    desk.dialog.get_by_label("发证机关").fill("柳州市司法局")
    desk.press("保存", desk.dialog)
    expect(desk.page.get_by_role("dialog")).to_have_count(0)

    her = Desk(browsers, "xin-lan")
    her.page.goto("/console/")
    her.page.get_by_label("用户名").fill("xin-lan")
    her.page.get_by_label("密码", exact=True).fill(once)
    her.press("登录")
    her.page.get_by_label("新密码", exact=True).fill(NEW_PASSWORD)
    her.page.get_by_label("再输入一次新密码").fill(NEW_PASSWORD)
    her.look("password owed")
    her.press("修改密码")
    expect(her.menu).to_be_visible()
    her.has_pressed("POST /auth/session", "POST /auth/password")

    for deed in ("退出所有登录", "重置密码"):
        desk.press(deed)
        desk.agree(deed)
        desk.told(f"已办理：{deed}")
    desk.press("已告知，关闭")
    desk.press("停用账号")
    desk.agree("停用账号")
    desk.told("已办理：停用账号")
    expect(page.get_by_role("main").get_by_text("停用", exact=True)).to_be_visible()
    desk.press("重新启用")
    expect(page.get_by_role("button", name="停用账号")).to_be_visible()

    desk.press("停用账号")
    desk.agree("停用账号")
    assert desk.take(tmp_path, "导出此人的信息（zip）").stat().st_size > 0
    desk.press("清除个人信息…")
    desk.look("erasure")
    desk.dialog.get_by_role("radio", name="已离任").check(force=True)
    desk.dialog.get_by_label("请输入姓名“兰心”确认").fill("兰心")
    desk.press("永久清除", desk.dialog)
    desk.told("个人信息已清除，结果已记入审计日志。")
    assert admin.get(f"/api/v1/users/{person}")["erased_at"] is not None
    desk.has_pressed(
        "POST /users/*/erasure",
        "POST /users",
        "POST /users/*/password",
        "PATCH /users/*",
        "POST /certificates",
        "PATCH /certificates/*",
        "DELETE /users/*/sign-ins",
    )
    assert her.faults == desk.faults == []


@pytest.mark.slow
def test_a_second_factor_is_set_up_used_renewed_lost_and_taken_away_by_an_admin(
    station: Station, browsers: Browsers, admin: Asker, tmp_path: Path
) -> None:
    luo = Desk(browsers, "demo-luo").sign_in()
    page = luo.page
    luo.press(re.compile("罗芳"))
    page.get_by_role("menuitem", name="我的账号").click()
    luo.look("account")
    Asker(station, "demo-luo")  # signed in elsewhere, too
    page.reload()
    end = page.get_by_role("button", name="退出", exact=True)
    expect(end.last).to_be_visible()
    others = end.count()
    end.last.click()
    expect(end).to_have_count(others - 1)
    luo.press("开始设置")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    luo.press("开始设置")
    expect(page.get_by_role("img", name="验证器二维码")).to_be_visible()
    luo.look("second factor")
    code = pyotp.TOTP(page.locator("form code").inner_text())
    page.get_by_label("验证器显示的动态口令").fill(code.now())
    luo.press("确认启用")
    expect(page.get_by_role("heading", name="备用码")).to_be_visible()
    luo.look("recovery codes")
    spare = page.locator(".codes code").all_inner_texts()
    with page.expect_download() as coming:
        page.get_by_role("link", name="保存为文本文件").click()
    coming.value.save_as(tmp_path / "codes.txt")
    assert (tmp_path / "codes.txt").read_text("utf-8").split() == spare
    luo.press("已保存，继续")
    expect(page.get_by_text(f"还剩 {len(spare)} 个备用码")).to_be_visible()

    luo.press("全部退出")
    luo.agree("全部退出")
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    luo.say_who()
    page.get_by_label("动态口令").fill(spare[0])
    luo.look("code asked")
    luo.press("登录")
    expect(luo.menu).to_be_visible()
    page.goto("/console/account")
    expect(page.get_by_text(f"还剩 {len(spare) - 1} 个备用码")).to_be_visible()
    luo.press("重新生成备用码")
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_label("动态口令", exact=True).fill(code.at(int(time.time()) + 30))
    luo.press("重新生成备用码")
    expect(page.get_by_role("heading", name="备用码")).to_be_visible()
    assert not set(page.locator(".codes code").all_inner_texts()) & set(spare)
    luo.press("已保存，继续")

    luo.has_pressed(
        "POST /auth/second-factor",
        "POST /auth/second-factor/confirm",
        "POST /auth/second-factor/recovery-codes",
        "DELETE /auth/sign-ins",
        "DELETE /auth/sign-ins/*",
    )
    desk = Desk(browsers, "demo-admin").sign_in()
    desk.go("人员")
    desk.page.get_by_role("link", name="罗芳（网格长）").click()
    desk.press("重置动态口令")
    desk.agree("重置动态口令")
    desk.told("已办理：重置动态口令")
    desk.has_pressed("DELETE /users/*/second-factor")
    assert luo.faults == desk.faults == []


@pytest.mark.slow
def test_a_device_is_invited_by_a_picture_found_in_the_list_and_revoked(browsers: Browsers, admin: Asker) -> None:
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("设备")
    desk.press("邀请设备")
    desk.look("invite")
    desk.choose_typed("使用人", "demo-wei", desk.dialog)
    desk.press("生成邀请码", desk.dialog)
    expect(page.get_by_role("img", name="设备邀请二维码")).to_be_visible()
    desk.look("invitation")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="邀请设备")).to_be_focused()
    page.get_by_label("人员、设备名、系统或版本").fill("罗芳的平板")
    line = page.get_by_role("row").filter(has_text="罗芳的平板")
    line.get_by_role("button", name="注销").click()
    desk.agree("注销")
    desk.told("设备已注销。")
    expect(line).to_contain_text("已注销")
    desk.choose("状态", "使用中")
    expect(line).to_be_hidden()
    desk.press("清除条件")
    expect(line).to_be_visible()
    desk.has_pressed("POST /devices/invitations", "POST /devices/streams/*/revoke")
    assert [each["revoked_at"] for each in admin.get("/api/v1/devices") if each["name"] == "罗芳的平板"] != [None]
    assert desk.faults == []


@pytest.mark.slow
def test_locked_out_and_let_in_again_it_stands_in_the_audit_trail_with_who_did_it(
    station: Station, browsers: Browsers
) -> None:
    mo = Desk(browsers, "demo-mo")
    mo.page.goto("/console/")
    mo.page.get_by_label("用户名").fill("demo-mo")
    locked = mo.page.get_by_text("账号已锁定")
    said = mo.page.get_by_role("alert")
    for _ in range(10):
        mo.page.get_by_label("密码", exact=True).fill("not-hers-2026")
        with mo.page.expect_response("**/auth/session"):
            mo.press("登录")
        expect(said).to_be_visible()
        if locked.is_visible():
            break
    expect(locked).to_be_visible()
    mo.look("locked")
    desk = Desk(browsers, "demo-admin").sign_in()
    page = desk.page
    desk.go("人员")
    page.get_by_label("用户名或姓名开头").fill("demo-mo")
    desk.press("查询")
    page.get_by_role("link", name="莫科长（市大气办）").click()
    desk.press("解除锁定")
    expect(page.get_by_role("button", name="解除锁定")).to_have_count(0)
    mo.say_who()
    expect(mo.menu).to_be_visible()
    desk.go("审计")
    desk.choose("操作", "登录失败")
    desk.press("查询")
    expect(page.get_by_role("row").filter(has_text="登录失败").first).to_be_visible()
    desk.look("audit")
    desk.has_pressed("DELETE /users/*/lock")
    assert mo.faults == desk.faults == []
