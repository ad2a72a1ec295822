"""All permissions and which role holds which. A permission reads ``scope:resource:action``.

Roles are the hats of the one account store (``app.accounts``): a person may hold several, each in one
scope; the hat that is worn decides. Ownership (my shop, my order) is asked in each package's access.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A hat."""

    TRAINEE = "trainee"  # 学员
    INSTRUCTOR = "instructor"  # 讲师: teaches a class
    ASSESSOR = "assessor"  # 评审讲师: scores papers, blind
    INSTITUTION_ADMIN = "institution_admin"  # 机构管理员
    DISTRICT = "district"  # 区级人社部门: reviews class applications
    CENTRE = "centre"  # 市级就业中心: confirms classes, owns the assessor pool
    SUPERVISOR = "supervisor"  # 监管人员: read-only
    SYSADMIN = "sysadmin"  # 系统管理员


ROLE_NAMES: dict[Role, str] = {
    Role.TRAINEE: "学员",
    Role.INSTRUCTOR: "讲师",
    Role.ASSESSOR: "评审讲师",
    Role.INSTITUTION_ADMIN: "机构管理员",
    Role.DISTRICT: "区级审核",
    Role.CENTRE: "市级中心",
    Role.SUPERVISOR: "监管人员",
    Role.SYSADMIN: "系统管理员",
}


class Permission(StrEnum):
    """One thing that somebody may do. Alphabetical."""

    ACCOUNT_IDENTITY_READ = "account:identity:read"  # see an ID number in clear, audited
    ACCOUNT_MANAGE = "account:account:manage"
    ACCOUNT_SELF = "account:self:use"
    CLASS_CREATE = "class:class:create"
    CLASS_READ = "class:class:read"
    CLASS_ROSTER_IMPORT = "class:roster:import"
    CLASS_ROSTER_READ = "class:roster:read"
    CLASS_TEACH = "class:class:teach"
    DASHBOARD_READ = "dashboard:figures:read"
    GRADING_BATCH_MANAGE = "grading:batch:manage"
    GRADING_BATCH_READ = "grading:batch:read"
    GRADING_OUTCOME_SUBMIT = "grading:outcome:submit"
    GRADING_PAPER_MARK = "grading:paper:mark"
    GRADING_PLAN_WRITE = "grading:plan:write"
    LIVE_ROOM_HOST = "live:room:host"
    LIVE_ROOM_MODERATE = "live:room:moderate"
    LIVE_ROOM_VIEW = "live:room:view"
    MALL_BUY = "mall:order:place"
    MALL_SELL = "mall:shop:run"
    MALL_SHOP_REVIEW = "mall:shop:review"
    MALL_VIEW = "mall:goods:view"
    SUPPLY_CATALOGUE_IMPORT = "supply:catalogue:import"
    SUPPLY_USE = "supply:orders:run"
    SUPPLY_VIEW = "supply:catalogue:view"
    SYSTEM_MANAGE = "system:settings:manage"
    TASK_ASSIGN = "teaching:task:assign"
    TASK_DO = "teaching:task:do"
    TASK_READ = "teaching:task:read"
    WORLD_CONTROL = "world:clock:control"
    WORLD_READ = "world:clock:read"


P = Permission

_OWN = {P.ACCOUNT_SELF}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.TRAINEE: frozenset(
        _OWN
        | {
            P.CLASS_READ,
            P.GRADING_OUTCOME_SUBMIT,
            P.GRADING_PLAN_WRITE,
            P.LIVE_ROOM_HOST,
            P.LIVE_ROOM_VIEW,
            P.MALL_BUY,
            P.MALL_SELL,
            P.MALL_VIEW,
            P.SUPPLY_USE,
            P.SUPPLY_VIEW,
            P.TASK_DO,
            P.TASK_READ,
            P.WORLD_READ,
        }
    ),
    Role.INSTRUCTOR: frozenset(
        _OWN
        | {
            P.CLASS_READ,
            P.CLASS_ROSTER_READ,
            P.CLASS_TEACH,
            P.DASHBOARD_READ,
            P.LIVE_ROOM_MODERATE,
            P.LIVE_ROOM_VIEW,
            P.MALL_SHOP_REVIEW,
            P.MALL_VIEW,
            P.SUPPLY_CATALOGUE_IMPORT,
            P.SUPPLY_VIEW,
            P.TASK_ASSIGN,
            P.TASK_READ,
            P.WORLD_CONTROL,
            P.WORLD_READ,
        }
    ),
    Role.ASSESSOR: frozenset(_OWN | {P.GRADING_PAPER_MARK}),
    Role.INSTITUTION_ADMIN: frozenset(
        _OWN
        | {
            P.ACCOUNT_IDENTITY_READ,
            P.ACCOUNT_MANAGE,
            P.CLASS_CREATE,
            P.CLASS_READ,
            P.CLASS_ROSTER_IMPORT,
            P.CLASS_ROSTER_READ,
            P.DASHBOARD_READ,
            P.TASK_READ,
            P.WORLD_READ,
        }
    ),
    Role.DISTRICT: frozenset(_OWN | {P.CLASS_READ, P.CLASS_ROSTER_READ, P.DASHBOARD_READ, P.GRADING_BATCH_READ}),
    Role.CENTRE: frozenset(
        _OWN
        | {
            P.CLASS_READ,
            P.CLASS_ROSTER_READ,
            P.DASHBOARD_READ,
            P.GRADING_BATCH_MANAGE,
            P.GRADING_BATCH_READ,
        }
    ),
    Role.SUPERVISOR: frozenset(
        _OWN | {P.CLASS_READ, P.CLASS_ROSTER_READ, P.DASHBOARD_READ, P.GRADING_BATCH_READ, P.TASK_READ, P.WORLD_READ}
    ),
    Role.SYSADMIN: frozenset(_OWN | {P.ACCOUNT_MANAGE, P.CLASS_READ, P.SYSTEM_MANAGE}),
}
