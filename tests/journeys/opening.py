"""How a platform comes to life through its pages alone: region, institution, people, class, roster."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import timedelta

from playwright.sync_api import Browser, expect

from app.core import clock
from tests.infrastructure.server import Server
from tests.journeys.people import Person

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


def id_number(serial: int) -> str:
    """Return a well-formed ID number of nobody: a test region, a birthday, a serial and its check digit."""
    body = f"13010419900{1 + serial % 9}{10 + serial % 18:02d}{serial:03d}"
    return body + CHECKS[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def roster_csv(names: list[str], first: int) -> bytes:
    """Return a roster as GB18030 text, the way Excel saves it in China."""
    lines = ["姓名,身份证号,手机号"]
    lines += [f"{name},{id_number(first + i)},1390{first:03d}{i:04d}" for i, name in enumerate(names)]
    return "\r\n".join(lines).encode("gb18030")


@dataclass
class Opening:
    """What the opening made: codes, logins and the people's browsers."""

    class_code: str = ""
    tag: str = ""
    people: dict[str, Person] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    trainees: list[str] = field(default_factory=list)


def register(admin: Person, name: str, login: str, role: str, scope: str) -> str:
    """Let the administrator register a person; return the one-time code."""
    page = admin.go("/people/new")
    page.get_by_label("姓名").fill(name)
    page.get_by_label(re.compile("^登录名")).fill(login)
    page.get_by_label(re.compile("^身份")).select_option(label=role)
    option = page.get_by_label("所属范围").locator("option", has_text=f"（{scope}）")
    page.get_by_label("所属范围").select_option(value=option.first.get_attribute("value"))
    admin.press("登记")
    admin.sees("登录码只在这里显示一次")
    code = page.locator("dl.facts dd").nth(2).inner_text().strip()
    assert re.fullmatch(r"[0-9A-Z]{5}(-[0-9A-Z]{5}){2}", code), code
    return code


def open_platform(browser: Browser, server: Server, tag: str, names: list[str]) -> Opening:
    """Walk from an administrator's one-time code to a class whose trainees have their codes.

    The first administrator comes from a command, as on a real new machine; everything else from pages.
    tag: two or three capital letters that keep several openings on one server apart.
    """
    made = Opening(tag=tag)
    low = tag.lower()
    answer = server.flask("accounts", "create", f"root-{low}", "系统管理员", "--role", "sysadmin")
    admin = Person(browser, server.base_url, f"root-{low}")
    admin.activate(json.loads(answer.stdout)["code"])
    made.people["admin"] = admin

    page = admin.go("/institutions/regions/new")
    page.get_by_label("地区名称").fill(f"滨海{tag}市")
    page.get_by_label("地区代码").fill(f"R{tag}")
    admin.press("新建地区")
    page = admin.go("/institutions/new")
    page.get_by_label("机构名称").fill(f"启航{tag}职业培训学校")
    page.get_by_label("机构代码").fill(f"I{tag}")
    option = page.get_by_label("所属地区").locator("option", has_text=f"（R{tag}）")
    page.get_by_label("所属地区").select_option(value=option.get_attribute("value"))
    page.get_by_label("行政区划").select_option(value="1301")
    admin.press("新建机构")
    expect(page).to_have_url(re.compile("/people/new"))

    wanted = [
        ("clerk", "何问渠", "机构管理员", f"I{tag}"),
        ("centre", "顾长亭", "市级中心", f"R{tag}"),
        ("supervisor", "宋听澜", "监管人员", f"R{tag}"),
        ("assessor1", "程照野", "评审讲师", f"R{tag}"),
        ("assessor2", "苏望舒", "评审讲师", f"R{tag}"),
        ("assessor3", "罗云舟", "评审讲师", f"R{tag}"),
    ]
    for key, name, role, scope in wanted:
        login = f"{key}-{low}"
        code = register(admin, name, login, role, scope)
        made.people[key] = Person(browser, server.base_url, login)
        made.people[key].activate(code)

    clerk = made.people["clerk"]
    page = clerk.go("/classes/new")
    page.get_by_label("班级名称").fill(f"网络创业{tag}班")
    page.get_by_label("培训版本").select_option(label="电商版")
    today = clock.local(clock.now()).date()
    page.get_by_label("开始日期").fill(today.isoformat())
    page.get_by_label("结束日期").fill((today + timedelta(days=20)).isoformat())
    clerk.press("建立班级")
    expect(page).to_have_url(re.compile(r"/classes/[^/]+/$"))
    made.class_code = page.url.rstrip("/").rsplit("/", 1)[1]

    code = register(admin, "江予安", f"teacher-{low}", "讲师", made.class_code)
    made.people["instructor"] = Person(browser, server.base_url, f"teacher-{low}")
    made.people["instructor"].activate(code)

    page = clerk.go(f"/classes/{made.class_code}/roster/import")
    first = 100 + int.from_bytes(tag.encode()) % 300 * 3
    page.get_by_label("学员名单文件").set_input_files(
        {"name": "名单.csv", "mimeType": "text/csv", "buffer": roster_csv(names, first)}
    )
    clerk.press("上传并检查")
    clerk.press(f"导入 {len(names)} 名学员")
    clerk.sees("导入完成")
    clerk.press("生成登录码并打印")
    expect(page.locator("[data-login]")).to_have_count(len(names))
    made.trainees = page.locator("[data-login]").all_inner_texts()
    made.codes = dict(zip(made.trainees, page.locator("[data-code]").all_inner_texts(), strict=True))
    return made


def trainee(browser: Browser, server: Server, made: Opening, index: int, *, phone: bool = False) -> Person:
    """Let the trainee with this number in the roster set a password; return them signed in."""
    login = made.trainees[index]
    person = Person(browser, server.base_url, login, phone=phone)
    person.activate(made.codes[login])
    made.people[f"trainee{index}"] = person
    return person
