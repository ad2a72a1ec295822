"""State machines of grading: outcome, batch, paper, assignment."""

from __future__ import annotations

from enum import StrEnum

from app.core.flow import SYSTEM, Flow, on
from app.core.permissions import Role


class OutcomeState(StrEnum):
    """Where a trainee's practice outcome (实践成果) stands."""

    DRAFT = "draft"  # 草稿
    SUBMITTED = "submitted"  # 已提交: frozen, may be withdrawn
    IN_DRAW = "in_draw"  # 待抽取: in a batch, may still be withdrawn
    RETURNED = "returned"  # 退回修改: the screener asks to mask something; a draft again
    MARKING = "marking"  # 评审中: drawn, fixed
    RELEASED = "released"  # 已发布


class BatchState(StrEnum):
    """Where a batch (评审批次) stands."""

    OPEN = "open"  # 待抽取
    MARKING = "marking"  # 评审中
    RELEASED = "released"  # 已发布
    MERGED = "merged"  # 已并入: its papers were too few and went into another batch


class PaperState(StrEnum):
    """Where a paper (评审件) stands."""

    IN_DRAW = "in_draw"  # 待抽取
    MARKING = "marking"  # 评审中
    THIRD = "third"  # 第三评审
    ARBITRATION = "arbitration"  # 仲裁
    SCORED = "scored"  # 已评定
    RELEASED = "released"  # 已发布
    APPEALED = "appealed"  # 申诉复评: the released result stands until it is decided
    WITHDRAWN = "withdrawn"  # 已撤回


class AssignmentState(StrEnum):
    """Where one assessor's work on one paper stands."""

    ASSIGNED = "assigned"  # 待评
    OPENED = "opened"  # 已打开
    DRAFT = "draft"  # 评分中
    COMPLETED = "completed"  # 已提交
    RECUSED = "recused"  # 已回避
    EXPIRED = "expired"  # 超时收回: the lease ran out
    REVOKED = "revoked"  # 已调走: taken back before it was completed
    VOID = "void"  # 作废: a conflict became known after it was completed
    SUPERSEDED = "superseded"  # 按旧版评过: its rubric was corrected; called back when it is needed again


ENDED = frozenset({AssignmentState.RECUSED, AssignmentState.EXPIRED, AssignmentState.REVOKED, AssignmentState.VOID})
"""Work that is over for good; whoever had it never gets the paper again."""
INACTIVE = ENDED | {AssignmentState.SUPERSEDED}
"""Work that does not count now."""
UNSCORED = frozenset({PaperState.IN_DRAW, PaperState.MARKING, PaperState.THIRD, PaperState.ARBITRATION})

OUTCOME_NAMES = {
    OutcomeState.DRAFT: "草稿",
    OutcomeState.SUBMITTED: "已提交",
    OutcomeState.IN_DRAW: "待抽取评审讲师",
    OutcomeState.RETURNED: "退回修改",
    OutcomeState.MARKING: "评审中",
    OutcomeState.RELEASED: "成绩已发布",
}
BATCH_NAMES = {
    BatchState.OPEN: "待抽取",
    BatchState.MARKING: "评审中",
    BatchState.RELEASED: "已发布",
    BatchState.MERGED: "已并入其他批次",
}
PAPER_NAMES = {
    PaperState.IN_DRAW: "待抽取",
    PaperState.MARKING: "评审中",
    PaperState.THIRD: "第三评审",
    PaperState.ARBITRATION: "仲裁",
    PaperState.SCORED: "已评定",
    PaperState.RELEASED: "已发布",
    PaperState.APPEALED: "申诉复评",
    PaperState.WITHDRAWN: "已撤回",
}
ASSIGNMENT_NAMES = {
    AssignmentState.ASSIGNED: "待评",
    AssignmentState.OPENED: "已打开",
    AssignmentState.DRAFT: "评分中",
    AssignmentState.COMPLETED: "已提交",
    AssignmentState.RECUSED: "已回避",
    AssignmentState.EXPIRED: "超时收回",
    AssignmentState.REVOKED: "已调走",
    AssignmentState.VOID: "作废（有利害关系）",
    AssignmentState.SUPERSEDED: "按旧版评过",
}

OUTCOME_FLOW = Flow(
    "grading_outcome",
    OutcomeState,
    OutcomeState.DRAFT,
    [
        on(
            "submit",
            {OutcomeState.DRAFT, OutcomeState.RETURNED},
            OutcomeState.SUBMITTED,
            Role.TRAINEE,
            "实践成果已经提交过了，不能重复提交。",
        ),
        on(
            "withdraw",
            {OutcomeState.SUBMITTED, OutcomeState.IN_DRAW},
            OutcomeState.DRAFT,
            Role.TRAINEE,
            "评审讲师已经抽取，实践成果不能再撤回。",
        ),
        on("take_in", OutcomeState.SUBMITTED, OutcomeState.IN_DRAW, Role.CENTRE),
        on("send_back", OutcomeState.IN_DRAW, OutcomeState.RETURNED, Role.CENTRE),
        on("draw", OutcomeState.IN_DRAW, OutcomeState.MARKING, Role.CENTRE),
        on("release", OutcomeState.MARKING, OutcomeState.RELEASED, Role.CENTRE),
        on("unrelease", OutcomeState.RELEASED, OutcomeState.MARKING, Role.CENTRE),
    ],
    final=frozenset(),
    names={str(key): value for key, value in OUTCOME_NAMES.items()},
)

BATCH_FLOW = Flow(
    "grading_batch",
    BatchState,
    BatchState.OPEN,
    [
        on("draw", BatchState.OPEN, BatchState.MARKING, Role.CENTRE, "这一批次已经抽取过评审讲师，不能重复抽取。"),
        on("release", BatchState.MARKING, BatchState.RELEASED, Role.CENTRE, "这一批次还没有抽取，或成绩已经发布。"),
        on("unrelease", BatchState.RELEASED, BatchState.MARKING, Role.CENTRE, "这一批次的成绩还没有发布。"),
        on("merge", BatchState.OPEN, BatchState.MERGED, Role.CENTRE, "只有待抽取的批次可以合并。"),
    ],
    final=frozenset({BatchState.MERGED}),
    names={str(key): value for key, value in BATCH_NAMES.items()},
)

_MARKED = {PaperState.MARKING, PaperState.THIRD, PaperState.ARBITRATION}

PAPER_FLOW = Flow(
    "grading_paper",
    PaperState,
    PaperState.IN_DRAW,
    [
        on("withdraw", PaperState.IN_DRAW, PaperState.WITHDRAWN, {Role.TRAINEE, Role.CENTRE}),
        on("draw", PaperState.IN_DRAW, PaperState.MARKING, Role.CENTRE),
        on("call_third", PaperState.MARKING, PaperState.THIRD, SYSTEM),
        on("call_arbiter", PaperState.THIRD, PaperState.ARBITRATION, SYSTEM),
        on("settle", _MARKED, PaperState.SCORED, SYSTEM),
        on("reopen", {*_MARKED, PaperState.SCORED} - {PaperState.MARKING}, PaperState.MARKING, Role.CENTRE),
        on("release", PaperState.SCORED, PaperState.RELEASED, Role.CENTRE),
        on("unrelease", PaperState.RELEASED, PaperState.SCORED, Role.CENTRE),
        on("appeal", PaperState.RELEASED, PaperState.APPEALED, Role.CENTRE),
        on("settle_appeal", PaperState.APPEALED, PaperState.RELEASED, SYSTEM),
        on(
            "correct",
            {*_MARKED, PaperState.SCORED, PaperState.RELEASED, PaperState.APPEALED} - {PaperState.MARKING},
            PaperState.MARKING,
            Role.CENTRE,
        ),
    ],
    final=frozenset({PaperState.WITHDRAWN}),
    names={str(key): value for key, value in PAPER_NAMES.items()},
)

_OPEN_WORK = {AssignmentState.ASSIGNED, AssignmentState.OPENED, AssignmentState.DRAFT}

ASSIGNMENT_FLOW = Flow(
    "grading_assignment",
    AssignmentState,
    AssignmentState.ASSIGNED,
    [
        on("open", AssignmentState.ASSIGNED, AssignmentState.OPENED, Role.ASSESSOR),
        on("save", AssignmentState.OPENED, AssignmentState.DRAFT, Role.ASSESSOR),
        on(
            "complete",
            {AssignmentState.OPENED, AssignmentState.DRAFT},
            AssignmentState.COMPLETED,
            Role.ASSESSOR,
            "这份评审件的评分已经提交，不能重复提交。",
        ),
        on("recuse", _OPEN_WORK, AssignmentState.RECUSED, Role.ASSESSOR, "评分已经提交，不能再回避。"),
        on("expire", _OPEN_WORK, AssignmentState.EXPIRED, {SYSTEM, Role.CENTRE}),
        on("revoke", _OPEN_WORK, AssignmentState.REVOKED, {SYSTEM, Role.CENTRE}, "这份评分刚刚已经提交，不能再调走。"),
        on("void", AssignmentState.COMPLETED, AssignmentState.VOID, {SYSTEM, Role.CENTRE}),
        on("reopen", AssignmentState.COMPLETED, AssignmentState.DRAFT, Role.CENTRE, "只有已提交的评分可以退回修改。"),
        on("supersede", {*_OPEN_WORK, AssignmentState.COMPLETED}, AssignmentState.SUPERSEDED, Role.CENTRE),
        on("recall", AssignmentState.SUPERSEDED, AssignmentState.DRAFT, SYSTEM),
    ],
    final=ENDED,
    names={str(key): value for key, value in ASSIGNMENT_NAMES.items()},
)


class AppealState(StrEnum):
    """Where an appeal (申诉) stands."""

    FILED = "filed"  # 待形式审查
    REJECTED = "rejected"  # 不予受理: the formal check found nothing to look at again
    REMARKING = "remarking"  # 复评中
    DECIDED = "decided"  # 已裁定


APPEAL_NAMES = {
    AppealState.FILED: "待形式审查",
    AppealState.REJECTED: "不予受理",
    AppealState.REMARKING: "复评中",
    AppealState.DECIDED: "已裁定",
}

APPEAL_FLOW = Flow(
    "grading_appeal",
    AppealState,
    AppealState.FILED,
    [
        on("reject", AppealState.FILED, AppealState.REJECTED, Role.CENTRE, "这份申诉已经处理过了。"),
        on("accept", AppealState.FILED, AppealState.REMARKING, Role.CENTRE, "这份申诉已经处理过了。"),
        on("decide", AppealState.REMARKING, AppealState.DECIDED, SYSTEM),
        on("correct", {AppealState.FILED, AppealState.REMARKING}, AppealState.DECIDED, Role.CENTRE),
    ],
    final=frozenset({AppealState.REJECTED, AppealState.DECIDED}),
    names={str(key): value for key, value in APPEAL_NAMES.items()},
)
