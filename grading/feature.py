"""What grading brings along."""

from __future__ import annotations

from app.core.actor import Actor
from app.core.feature import Feature, HomeCard, MenuItem
from app.core.permissions import Permission
from grading.commands import commands
from grading.domain.admission_flows import LATE_FLOW, REAL_SHOP_FLOW
from grading.domain.flows import (
    APPEAL_FLOW,
    ASSIGNMENT_FLOW,
    BATCH_FLOW,
    OUTCOME_FLOW,
    PAPER_FLOW,
    BatchState,
    OutcomeState,
)
from grading.models import admission, anchor, attachment, batch, correction, identity, outcome, plan, pool, protocol
from grading.services import declarations, home, lateness, marking, paper_pictures, plans, protocols, real_shops
from grading.views import admission as admission_views
from grading.views import afterwards, anchors, assess, batches, correcting, managing, plan_side
from grading.views import outcome as outcome_views
from grading.views import pictures as picture_views
from grading.views import plan as plan_views
from grading.views import pool as pool_views
from grading.views import relations as relation_views
from grading.views import rubrics as rubric_views
from grading.views import signing as signing_views
from grading.views.blueprint import blueprint

MODELS = (admission, anchor, attachment, batch, correction, identity, outcome, plan, pool, protocol)
VIEWS = (
    admission_views,
    afterwards,
    anchors,
    assess,
    batches,
    correcting,
    managing,
    outcome_views,
    plan_views,
    plan_side,
    picture_views,
    pool_views,
    relation_views,
    rubric_views,
    signing_views,
)


def _waiting(actor: Actor) -> int:
    return sum(item.state in marking.OPEN_STATES for item in marking.queue(actor))


def _cards(actor: Actor) -> list[HomeCard]:
    if actor.may(Permission.GRADING_OUTCOME_SUBMIT) and not actor.is_system:
        return _trainee_cards(actor)
    if actor.may(Permission.GRADING_PAPER_MARK) and not actor.is_system:
        return _assessor_cards(actor)
    if actor.is_system:
        return []
    return _late_cards(actor) + (_centre_cards(actor) if actor.may(Permission.GRADING_BATCH_MANAGE) else [])


def _late_cards(actor: Actor) -> list[HomeCard]:
    waiting = lateness.waiting_requests(actor)
    if not waiting:
        return []
    text = f"有 {waiting} 名学员申请逾期提交实践成果。"
    return [HomeCard("审批逾期申请", text, "/grading/late", "去审批", 14, "clock")]


def _trainee_cards(actor: Actor) -> list[HomeCard]:
    if actor.scope_id is None:
        return []
    state, plan_complete, taken_back = home.trainee(actor)
    cards = []
    if taken_back:
        text = "已发布的成绩被收回，正在重新评定，点开看理由。"
        cards.append(HomeCard("成绩有更正", text, "/grading/results", "看理由", 12, "award"))
    if state == OutcomeState.RELEASED:
        cards.append(HomeCard("查看评审成绩", "实践成果的成绩已经发布。", "/grading/results", "查看成绩", 20, "award"))
    elif state == OutcomeState.RETURNED:
        cards.append(
            HomeCard("修改后重新提交实践成果", "有内容需要遮盖，不扣分。", "/grading/outcome", "去修改", 15, "report")
        )
    elif state == OutcomeState.DRAFT:
        cards.append(
            HomeCard(
                "提交实践成果", "平台数据会自动汇总，补上自述即可提交。", "/grading/outcome", "去提交", 70, "report"
            )
        )
    if not plan_complete:
        cards.append(
            HomeCard(
                "写好创业规划书", "写完各章并标记完成，评审时会一并查看。", "/grading/plan", "去写", 75, "notebook"
            )
        )
    return cards


def _assessor_cards(actor: Actor) -> list[HomeCard]:
    code, count = marking.next_code(actor), _waiting(actor)
    if code is None:
        return []
    return [
        HomeCard(f"评审 {code}", f"还有 {count} 份等你评审。", f"/grading/assess/{code}", "开始评审", 10, "writing")
    ]


def _centre_cards(actor: Actor) -> list[HomeCard]:
    cards = []
    shops = real_shops.waiting_shops(actor)
    if shops:
        text = f"有 {shops} 家真实店铺等待核验，开启批次前完成。"
        cards.append(HomeCard("核验真实店铺", text, "/grading/real-shops", "去核验", 18, "building-store"))
    declared = declarations.waiting_count(actor)
    if declared:
        text = f"有 {declared} 份申报没有找到对方，请核对。"
        cards.append(HomeCard("核对利害关系申报", text, "/grading/pool", "去核对", 16, "link"))
    waiting = home.waiting_outcomes(actor)
    if waiting:
        cards.append(
            HomeCard("开启评审批次", f"有 {waiting} 份实践成果等待送审。", "/grading/batches/", "去开启", 20, "files")
        )
    cards.extend(
        HomeCard(
            "抽取评审讲师",
            f"{row.class_name}第 {row.number} 批待抽取。",
            f"/grading/batches/{row.id}",
            "去抽取",
            15,
            "arrows-shuffle",
        )
        for row in home.batches_at(actor, BatchState.OPEN)[:2]
    )
    appealed = home.waiting_appeals(actor)
    if appealed:
        text = f"有 {appealed} 份申诉等待形式审查。"
        cards.append(HomeCard("处理申诉", text, "/grading/appeals", "去处理", 12, "scale"))
    for row in home.batches_at(actor, BatchState.MARKING)[:2]:
        done = row.scored == row.papers
        cards.append(
            HomeCard(
                "发布成绩" if done else "查看评审进度",
                f"{row.class_name}第 {row.number} 批已评定 {row.scored} / {row.papers} 份。",
                f"/grading/batches/{row.id}",
                "去发布" if done else "查看",
                10 if done else 60,
                "award" if done else "progress-check",
            )
        )
    return cards


P = Permission

FEATURE = Feature(
    name="grading",
    blueprints=(blueprint,),
    commands=(commands,),
    menu=(
        MenuItem("grading", "实践成果", "grading.outcome", "report", P.GRADING_OUTCOME_SUBMIT, 10),
        MenuItem("grading", "创业规划书", "grading.plan", "notebook", P.GRADING_PLAN_WRITE, 20),
        MenuItem("grading", "我的成绩", "grading.show_results", "award", P.GRADING_OUTCOME_SUBMIT, 30),
        MenuItem("grading", "我的评审", "grading.assess", "writing", P.GRADING_PAPER_MARK, 10, count=_waiting),
        MenuItem("grading", "利害关系申报", "grading.own_relations", "link", P.GRADING_PAPER_MARK, 20),
        MenuItem("grading", "评审批次", "grading.batches", "files", P.GRADING_BATCH_READ, 10),
        MenuItem("grading", "评审库", "grading.assessor_pool", "users", P.GRADING_BATCH_MANAGE, 30),
        MenuItem("grading", "评分标准", "grading.rubrics", "ruler", P.GRADING_BATCH_MANAGE, 35),
        MenuItem("grading", "真实店铺核验", "grading.check_real_shops", "building-store", P.GRADING_BATCH_MANAGE, 15),
        MenuItem("grading", "逾期申请", "grading.late_requests", "clock", P.GRADING_BATCH_MANAGE, 38),
        MenuItem("grading", "逾期申请", "grading.late_requests", "clock", P.CLASS_TEACH, 45),
        MenuItem("grading", "逾期申请", "grading.late_requests", "clock", P.CLASS_CREATE, 45),
        MenuItem("grading", "申诉", "grading.list_appeals", "scale", P.GRADING_BATCH_MANAGE, 40),
        MenuItem("grading", "学员规划书", "grading.class_plans", "notebook", P.CLASS_TEACH, 40),
        MenuItem("grading", "跟踪辅导", "grading.list_coaching", "school", P.CLASS_TEACH, 50),
        MenuItem("grading", "已发布成绩", "grading.show_results", "award", P.GRADING_BATCH_READ, 20),
    ),
    jobs={paper_pictures.JOB: paper_pictures.make_pdf, plans.JOB: plans.make_pdf, protocols.JOB: protocols.make_pdf},
    home_cards=(_cards,),
    flows=(LATE_FLOW, REAL_SHOP_FLOW, OUTCOME_FLOW, BATCH_FLOW, PAPER_FLOW, ASSIGNMENT_FLOW, APPEAL_FLOW),
)
