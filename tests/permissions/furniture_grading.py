"""Furniture of grading: an appeal, a coaching and an anchor paper of the class's first trainee."""

from __future__ import annotations

from io import BytesIO

import sqlalchemy as sa
from PIL import Image

from app.core import clock, files
from app.core.actor import Actor
from app.core.db import db
from app.core.uow import unit_of_work
from grading.domain.codes import new_code
from grading.domain.flows import AppealState, PaperState
from grading.models.anchor import Anchor
from grading.models.attachment import PaperPicture, PlanPicture
from grading.models.batch import Batch, Paper
from grading.models.outcome import Appeal, Coaching, Outcome
from grading.models.plan import Plan, PlanComment
from grading.models.pool import Declaration

# anchors are everybody\'s in the pool, of whatever class
OF_THE_POOL = {
    "grading.anchor_picture",
    "grading.calibrate",
    "grading.submit_trial",
}


def furnish(owner: Actor, teacher: Actor, code: str) -> dict[str, dict[str, object]]:
    """Make the rows; return the ids by endpoint."""
    now = clock.now()
    with unit_of_work():
        outcome = db.session.scalars(sa.select(Outcome).where(Outcome.account_id == owner.person())).one()
        appeal = Appeal(
            outcome_id=outcome.id,
            account_id=owner.person(),
            scope_id=outcome.scope_id,
            state=AppealState.FILED,
            reasons="{}",
            filed_at=now,
        )
        talk = Coaching(
            outcome_id=outcome.id,
            account_id=owner.person(),
            instructor_id=teacher.person(),
            held_on=now.date(),
            form="face",
            minutes=30,
            content="一起看了店铺数据。",
            created_at=now,
        )
        plan = db.session.scalars(sa.select(Plan).where(Plan.account_id == owner.person())).one()
        comment = PlanComment(
            plan_id=plan.id,
            version=plan.version,
            section="market",
            author_id=teacher.person(),
            text="请写出依据。",
            created_at=now,
        )
        batch, paper = db.session.execute(
            sa.select(Batch, Paper)
            .join(Paper, Paper.batch_id == Batch.id)
            .where(Batch.scope_id == outcome.scope_id)
            .limit(1)
        ).one()
        held = set(db.session.scalars(sa.select(Paper.id).where(Paper.batch_id == batch.id)))
        copied = Paper(
            batch_id=batch.id,
            rubric_id=paper.rubric_id,
            code=new_code(),
            state=PaperState.WITHDRAWN,
            content=paper.content,
            content_hash=paper.content_hash,
        )  # nobody holds it: an anchor is kept from whoever marked its paper
        db.session.add(copied)
        db.session.flush()
        anchor = Anchor(
            pool_scope_id=batch.pool_scope_id,
            rubric_id=paper.rubric_id,
            source_paper_id=copied.id,
            code=new_code(),
            content=paper.content,
            content_hash=paper.content_hash,
            reference_total=70,
            made_at=now,
        )
        pixel = BytesIO()
        Image.new("RGB", (40, 30), "white").save(pixel, "JPEG")
        stored = files.keep(pixel.getvalue(), "a.jpg", actor=owner)
        picture = PlanPicture(account_id=owner.person(), file_id=stored.id, codes=0, added_at=now)
        blind = [PaperPicture(paper_id=one, number=1, file_id=stored.id, codes=0) for one in held | {copied.id}]
        declared = Declaration(
            source="learner",
            declared_by=owner.person(),
            scope_id=outcome.scope_id,
            who="某某讲师",
            kind="relative",
            reason="是我的舅舅。",
            declared_at=now,
        )
        db.session.add_all([appeal, talk, comment, anchor, picture, declared, *blind])
        db.session.flush()
        return {
            "grading.answer_appeal": {"appeal_id": appeal.id},
            "grading.settle_declaration": {"declaration_id": declared.id},
            "grading.confirm_coaching": {"coaching_id": talk.id},
            "grading.finish_comment": {"comment_id": comment.id},
            "grading.class_plan": {"plan_id": plan.id},
            "grading.comment_plan": {"plan_id": plan.id},
            "grading.restore_plan": {"version": 1},
            "grading.show_anchor": {"anchor_id": anchor.id},
            "grading.agree_anchor": {"anchor_id": anchor.id},
            "grading.retire_anchor": {"anchor_id": anchor.id},
            "grading.calibrate": {"code": anchor.code},
            "grading.submit_trial": {"code": anchor.code},
            "grading.anchor_picture": {"code": anchor.code, "number": 1},
            "grading.plan_picture": {"picture_id": picture.id},
            "grading.paper_picture": {"code": code, "number": 1},
            "grading.screen_picture": {"batch_id": batch.id, "code": code, "number": 1},
            "grading.print_paper": {"code": code},
            "grading.paper_pdf": {"code": code},
            "grading.verify_plan": {"sha256": "0" * 64},
            "grading.verify_protocol": {"sha256": "0" * 64},
        }
