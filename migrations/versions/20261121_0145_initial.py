"""initial

Revision: f1e52a9ddb97
Revises:
Created: 2026-11-21 01:45:53.142850
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "f1e52a9ddb97"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("region_code", sa.String(length=12), nullable=True),
        sa.Column("id_number_encrypted", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_digest", sa.String(length=64), nullable=True),
        sa.Column("birthday", sa.String(length=10), nullable=True),
        sa.Column("is_demo", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_sign_in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_account")),
        sa.UniqueConstraint("login", name=op.f("uq_accounts_account_login")),
        sa.UniqueConstraint("phone", name=op.f("uq_accounts_account_phone")),
    )
    op.create_index(
        op.f("ix_accounts_account_id_number_digest"), "accounts_account", ["id_number_digest"], unique=False
    )
    op.create_table(
        "accounts_division",
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("parent_code", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["accounts_division.code"], name=op.f("fk_accounts_division_parent_code")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_accounts_division")),
    )
    op.create_index(op.f("ix_accounts_division_parent_code"), "accounts_division", ["parent_code"], unique=False)
    op.create_table(
        "accounts_scope",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["accounts_scope.id"], name=op.f("fk_accounts_scope_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_scope")),
        sa.UniqueConstraint("code", name=op.f("uq_accounts_scope_code")),
    )
    op.create_index(op.f("ix_accounts_scope_parent_id"), "accounts_scope", ["parent_id"], unique=False)
    op.create_table(
        "core_audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("actor", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("target", sa.String(length=120), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_audit_event")),
        sa.UniqueConstraint("scope_id", "seq", name=op.f("uq_core_audit_event_scope_id_seq")),
    )
    op.create_index("ix_core_audit_event_target", "core_audit_event", ["scope_id", "target"], unique=False)
    op.create_table(
        "core_audit_head",
        sa.Column("scope_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("scope_id", name=op.f("pk_core_audit_head")),
    )
    op.create_table(
        "core_idempotent_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("command", sa.String(length=60), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_idempotent_answer")),
        sa.UniqueConstraint("owner", "key", name=op.f("uq_core_idempotent_answer_owner_key")),
    )
    op.create_table(
        "core_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_steps", sa.Integer(), nullable=False),
        sa.Column("total_steps", sa.Integer(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("result_url", sa.String(length=300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_job")),
        sa.UniqueConstraint("public_id", name=op.f("uq_core_job_public_id")),
    )
    op.create_index(op.f("ix_core_job_owner_id"), "core_job", ["owner_id"], unique=False)
    op.create_index(op.f("ix_core_job_touched_at"), "core_job", ["touched_at"], unique=False)
    op.create_table(
        "core_outbox_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("namespace", sa.String(length=40), nullable=False),
        sa.Column("room", sa.String(length=80), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_outbox_message")),
    )
    op.create_index(op.f("ix_core_outbox_message_at"), "core_outbox_message", ["at"], unique=False)
    op.create_table(
        "core_state_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("flow", sa.String(length=40), nullable=False),
        sa.Column("entity_id", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=40), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("role", sa.String(length=40), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sim_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_state_event")),
    )
    op.create_index("ix_core_state_event_entity", "core_state_event", ["flow", "entity_id", "id"], unique=False)
    op.create_table(
        "core_stored_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_name", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("world_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_core_stored_file")),
        sa.UniqueConstraint("public_name", name=op.f("uq_core_stored_file_public_name")),
    )
    op.create_index(op.f("ix_core_stored_file_owner_id"), "core_stored_file", ["owner_id"], unique=False)
    op.create_index(op.f("ix_core_stored_file_sha256"), "core_stored_file", ["sha256"], unique=False)
    op.create_table(
        "grading_rubric",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("programme", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_rubric")),
        sa.UniqueConstraint("hash", name=op.f("uq_grading_rubric_hash")),
    )
    op.create_table(
        "accounts_grant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_accounts_grant_account_id")),
        sa.ForeignKeyConstraint(["scope_id"], ["accounts_scope.id"], name=op.f("fk_accounts_grant_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_grant")),
        sa.UniqueConstraint("account_id", "role", "scope_id", name=op.f("uq_accounts_grant_account_id_role_scope_id")),
    )
    op.create_index(op.f("ix_accounts_grant_scope_id"), "accounts_grant", ["scope_id"], unique=False)
    op.create_table(
        "accounts_one_time_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts_account.id"], name=op.f("fk_accounts_one_time_code_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_one_time_code")),
        sa.UniqueConstraint("digest", name=op.f("uq_accounts_one_time_code_digest")),
    )
    op.create_index(
        op.f("ix_accounts_one_time_code_account_id"), "accounts_one_time_code", ["account_id"], unique=False
    )
    op.create_table(
        "grading_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("pool_scope_id", sa.Integer(), nullable=False),
        sa.Column("rubric_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["opened_by"], ["accounts_account.id"], name=op.f("fk_grading_batch_opened_by")),
        sa.ForeignKeyConstraint(["pool_scope_id"], ["accounts_scope.id"], name=op.f("fk_grading_batch_pool_scope_id")),
        sa.ForeignKeyConstraint(["rubric_id"], ["grading_rubric.id"], name=op.f("fk_grading_batch_rubric_id")),
        sa.ForeignKeyConstraint(["scope_id"], ["accounts_scope.id"], name=op.f("fk_grading_batch_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_batch")),
        sa.UniqueConstraint("scope_id", "number", name=op.f("uq_grading_batch_scope_id_number")),
    )
    op.create_table(
        "grading_outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("report_version", sa.Integer(), nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=True),
        sa.Column("snapshot_hash", sa.String(length=64), nullable=True),
        sa.Column("receipt", sa.String(length=20), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_grading_outcome_account_id")),
        sa.ForeignKeyConstraint(["scope_id"], ["accounts_scope.id"], name=op.f("fk_grading_outcome_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_outcome")),
        sa.UniqueConstraint(
            "account_id", "scope_id", "attempt", name=op.f("uq_grading_outcome_account_id_scope_id_attempt")
        ),
        sa.UniqueConstraint("receipt", name=op.f("uq_grading_outcome_receipt")),
    )
    op.create_index(op.f("ix_grading_outcome_scope_id"), "grading_outcome", ["scope_id"], unique=False)
    op.create_table(
        "grading_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("complete_version", sa.Integer(), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_grading_plan_account_id")),
        sa.ForeignKeyConstraint(["scope_id"], ["accounts_scope.id"], name=op.f("fk_grading_plan_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_plan")),
        sa.UniqueConstraint("account_id", "scope_id", name=op.f("uq_grading_plan_account_id_scope_id")),
    )
    op.create_index(op.f("ix_grading_plan_scope_id"), "grading_plan", ["scope_id"], unique=False)
    op.create_table(
        "teaching_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("deadline_wall_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_wall_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["accounts_account.id"], name=op.f("fk_teaching_task_created_by")),
        sa.ForeignKeyConstraint(["scope_id"], ["accounts_scope.id"], name=op.f("fk_teaching_task_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_task")),
    )
    op.create_index("ix_teaching_task_class", "teaching_task", ["scope_id", "state", "deadline_wall_at"], unique=False)
    op.create_table(
        "training_institution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["scope_id"], ["accounts_scope.id"], name=op.f("fk_training_institution_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_institution")),
        sa.UniqueConstraint("code", name=op.f("uq_training_institution_code")),
        sa.UniqueConstraint("scope_id", name=op.f("uq_training_institution_scope_id")),
    )
    op.create_table(
        "worlds_world",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("sim_base", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wall_base", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("lease_holder", sa.String(length=60), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("rate >= 0 AND rate <= 3600", name=op.f("ck_worlds_world_rate")),
        sa.ForeignKeyConstraint(["scope_id"], ["accounts_scope.id"], name=op.f("fk_worlds_world_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worlds_world")),
        sa.UniqueConstraint("scope_id", name=op.f("uq_worlds_world_scope_id")),
    )
    op.create_table(
        "accounts_signed_in_device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("grant_id", sa.Integer(), nullable=True),
        sa.Column("browser", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts_account.id"], name=op.f("fk_accounts_signed_in_device_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"], ["accounts_grant.id"], name=op.f("fk_accounts_signed_in_device_grant_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts_signed_in_device")),
        sa.UniqueConstraint("digest", name=op.f("uq_accounts_signed_in_device_digest")),
    )
    op.create_index(
        op.f("ix_accounts_signed_in_device_account_id"), "accounts_signed_in_device", ["account_id"], unique=False
    )
    op.create_table(
        "grading_draw",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("algorithm", sa.String(length=40), nullable=False),
        sa.Column("input", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.String(length=64), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("run_by", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["grading_batch.id"], name=op.f("fk_grading_draw_batch_id")),
        sa.ForeignKeyConstraint(["run_by"], ["accounts_account.id"], name=op.f("fk_grading_draw_run_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_draw")),
    )
    op.create_index(op.f("ix_grading_draw_batch_id"), "grading_draw", ["batch_id"], unique=False)
    op.create_table(
        "grading_paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("rubric_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("final_numerator", sa.Integer(), nullable=True),
        sa.Column("final_denominator", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["grading_batch.id"], name=op.f("fk_grading_paper_batch_id")),
        sa.ForeignKeyConstraint(["rubric_id"], ["grading_rubric.id"], name=op.f("fk_grading_paper_rubric_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_paper")),
        sa.UniqueConstraint("code", name=op.f("uq_grading_paper_code")),
    )
    op.create_index(op.f("ix_grading_paper_batch_id"), "grading_paper", ["batch_id"], unique=False)
    op.create_table(
        "grading_plan_print",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("job", sa.String(length=40), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["core_stored_file.id"], name=op.f("fk_grading_plan_print_file_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["grading_plan.id"], name=op.f("fk_grading_plan_print_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_plan_print")),
        sa.UniqueConstraint(
            "plan_id", "version", "complete", name=op.f("uq_grading_plan_print_plan_id_version_complete")
        ),
    )
    op.create_table(
        "grading_plan_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("words", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["grading_plan.id"], name=op.f("fk_grading_plan_version_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_plan_version")),
        sa.UniqueConstraint("plan_id", "version", name=op.f("uq_grading_plan_version_plan_id_version")),
    )
    op.create_table(
        "grading_result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("outcome_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("final_numerator", sa.Integer(), nullable=False),
        sa.Column("final_denominator", sa.Integer(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("method", sa.String(length=20), nullable=False),
        sa.Column("breakdown", sa.Text(), nullable=False),
        sa.Column("rubric_label", sa.String(length=60), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_grading_result_account_id")),
        sa.ForeignKeyConstraint(["outcome_id"], ["grading_outcome.id"], name=op.f("fk_grading_result_outcome_id")),
        sa.ForeignKeyConstraint(["scope_id"], ["accounts_scope.id"], name=op.f("fk_grading_result_scope_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_result")),
        sa.UniqueConstraint("outcome_id", name=op.f("uq_grading_result_outcome_id")),
    )
    op.create_index(op.f("ix_grading_result_account_id"), "grading_result", ["account_id"], unique=False)
    op.create_index(op.f("ix_grading_result_scope_id"), "grading_result", ["scope_id"], unique=False)
    op.create_table(
        "ledger_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind = 'issue' OR balance >= 0", name=op.f("ck_ledger_account_balance")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_ledger_account_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_account")),
        sa.UniqueConstraint("world_id", "kind", "owner_id", name=op.f("uq_ledger_account_world_id_kind_owner_id")),
    )
    op.create_table(
        "ledger_transaction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=60), nullable=False),
        sa.Column("memo", sa.String(length=200), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("sim_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_ledger_transaction_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_transaction")),
        sa.UniqueConstraint("world_id", "key", name=op.f("uq_ledger_transaction_world_id_key")),
    )
    op.create_index("ix_ledger_transaction_reference", "ledger_transaction", ["reference"], unique=False)
    op.create_table(
        "live_room",
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("shop_name", sa.String(length=60), nullable=False),
        sa.Column("host_id", sa.Integer(), nullable=False),
        sa.Column("host_name", sa.String(length=60), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("notice", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("planned_wall_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_wall_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_wall_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_wall_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("ticked_wall_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("viewers", sa.Integer(), nullable=False),
        sa.Column("likes", sa.Integer(), nullable=False),
        sa.Column("likes_told", sa.Integer(), nullable=False),
        sa.Column("slide_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["host_id"], ["accounts_account.id"], name=op.f("fk_live_room_host_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_live_room_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_room")),
    )
    op.create_index(op.f("ix_live_room_host_id"), "live_room", ["host_id"], unique=False)
    op.create_index(op.f("ix_live_room_shop_id"), "live_room", ["shop_id"], unique=False)
    op.create_index("ix_live_room_world", "live_room", ["world_id", "state", "id"], unique=False)
    op.create_index(
        "uq_live_room_on_air",
        "live_room",
        ["shop_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('live', 'paused')"),
        postgresql_where=sa.text("state IN ('live', 'paused')"),
    )
    op.create_table(
        "mall_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("division_code", sa.String(length=12), nullable=False),
        sa.Column("region", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.String(length=120), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("removed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_mall_address_account_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_mall_address_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_address")),
    )
    op.create_index("ix_mall_address_owner", "mall_address", ["world_id", "account_id"], unique=False)
    op.create_table(
        "mall_category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("l1", sa.String(length=40), nullable=False),
        sa.Column("l2", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_mall_category_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_category")),
        sa.UniqueConstraint("world_id", "l1", "l2", name=op.f("uq_mall_category_world_id_l1_l2")),
    )
    op.create_table(
        "mall_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("path", sa.String(length=120), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_wall_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_mall_notice_account_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_mall_notice_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_notice")),
    )
    op.create_index(
        "ix_mall_notice_owner", "mall_notice", ["world_id", "account_id", "read_wall_at", "id"], unique=False
    )
    op.create_table(
        "mall_shop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("name_key", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("business", sa.String(length=40), nullable=False),
        sa.Column("intro", sa.String(length=200), nullable=False),
        sa.Column("review_field", sa.String(length=20), nullable=False),
        sa.Column("review_reason", sa.String(length=200), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts_account.id"], name=op.f("fk_mall_shop_owner_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_mall_shop_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_shop")),
        sa.UniqueConstraint("world_id", "name_key", name=op.f("uq_mall_shop_world_id_name_key")),
        sa.UniqueConstraint("world_id", "owner_id", name=op.f("uq_mall_shop_world_id_owner_id")),
    )
    op.create_index(op.f("ix_mall_shop_owner_id"), "mall_shop", ["owner_id"], unique=False)
    op.create_index("ix_mall_shop_state", "mall_shop", ["world_id", "state"], unique=False)
    op.create_table(
        "supply_category",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("path", sa.String(length=41), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["supply_category.id"], name=op.f("fk_supply_category_parent_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_supply_category_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_category")),
        sa.UniqueConstraint("world_id", "path", name=op.f("uq_supply_category_world_id_path")),
    )
    op.create_index(op.f("ix_supply_category_parent_id"), "supply_category", ["parent_id"], unique=False)
    op.create_table(
        "supply_fetched_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("mall_order_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("mall_state", sa.String(length=20), nullable=False),
        sa.Column("payable", sa.BigInteger(), nullable=False),
        sa.Column("receiver_name", sa.String(length=40), nullable=False),
        sa.Column("receiver_phone", sa.String(length=20), nullable=False),
        sa.Column("receiver_address", sa.String(length=260), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ship_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts_account.id"], name=op.f("fk_supply_fetched_order_owner_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_supply_fetched_order_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_fetched_order")),
        sa.UniqueConstraint("mall_order_id", name=op.f("uq_supply_fetched_order_mall_order_id")),
        sa.UniqueConstraint("shop_id", "number", name=op.f("uq_supply_fetched_order_shop_id_number")),
    )
    op.create_index(op.f("ix_supply_fetched_order_owner_id"), "supply_fetched_order", ["owner_id"], unique=False)
    op.create_table(
        "supply_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("suppliers_file_id", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("cost_bp", sa.Integer(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("without_cost", sa.Integer(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("created_wall_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_wall_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_supply_import_account_id")),
        sa.ForeignKeyConstraint(["file_id"], ["core_stored_file.id"], name=op.f("fk_supply_import_file_id")),
        sa.ForeignKeyConstraint(
            ["suppliers_file_id"], ["core_stored_file.id"], name=op.f("fk_supply_import_suppliers_file_id")
        ),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_supply_import_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_import")),
    )
    op.create_index(op.f("ix_supply_import_world_id"), "supply_import", ["world_id"], unique=False)
    op.create_table(
        "supply_shop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("fetched_to_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_wall_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts_account.id"], name=op.f("fk_supply_shop_owner_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_supply_shop_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_shop")),
        sa.UniqueConstraint("shop_id", name=op.f("uq_supply_shop_shop_id")),
    )
    op.create_index(op.f("ix_supply_shop_owner_id"), "supply_shop", ["owner_id"], unique=False)
    op.create_index(op.f("ix_supply_shop_world_id"), "supply_shop", ["world_id"], unique=False)
    op.create_table(
        "supply_supplier",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("sla_hours", sa.Integer(), nullable=False),
        sa.Column("freight", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("freight >= 0", name=op.f("ck_supply_supplier_freight")),
        sa.CheckConstraint("sla_hours >= 2", name=op.f("ck_supply_supplier_sla_hours")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_supply_supplier_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_supplier")),
        sa.UniqueConstraint("world_id", "code", name=op.f("uq_supply_supplier_world_id_code")),
    )
    op.create_table(
        "teaching_resource",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["core_stored_file.id"], name=op.f("fk_teaching_resource_file_id")),
        sa.ForeignKeyConstraint(["task_id"], ["teaching_task.id"], name=op.f("fk_teaching_resource_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_resource")),
    )
    op.create_index(op.f("ix_teaching_resource_task_id"), "teaching_resource", ["task_id"], unique=False)
    op.create_table(
        "training_class",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope_id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("region_code", sa.String(length=12), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=False),
        sa.Column("is_test", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("end_date >= start_date", name=op.f("ck_training_class_dates")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["training_institution.id"], name=op.f("fk_training_class_institution_id")
        ),
        sa.ForeignKeyConstraint(["scope_id"], ["accounts_scope.id"], name=op.f("fk_training_class_scope_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_training_class_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_class")),
        sa.UniqueConstraint("code", name=op.f("uq_training_class_code")),
        sa.UniqueConstraint("scope_id", name=op.f("uq_training_class_scope_id")),
        sa.UniqueConstraint("world_id", name=op.f("uq_training_class_world_id")),
    )
    op.create_index(op.f("ix_training_class_institution_id"), "training_class", ["institution_id"], unique=False)
    op.create_index(op.f("ix_training_class_state"), "training_class", ["state"], unique=False)
    op.create_table(
        "worlds_clock_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("sim_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sim_after", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_worlds_clock_change_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worlds_clock_change")),
    )
    op.create_index(op.f("ix_worlds_clock_change_world_id"), "worlds_clock_change", ["world_id"], unique=False)
    op.create_table(
        "worlds_due_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("target_id", sa.Integer(), nullable=False),
        sa.Column("expected", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("fired_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_worlds_due_task_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worlds_due_task")),
    )
    op.create_index("ix_worlds_due_task_next", "worlds_due_task", ["world_id", "status", "due_at", "id"], unique=False)
    op.create_index("ix_worlds_due_task_target", "worlds_due_task", ["kind", "target_id"], unique=False)
    op.create_table(
        "grading_assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("entries", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("recusal", sa.Text(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("slot BETWEEN 1 AND 3", name=op.f("ck_grading_assignment_slot")),
        sa.CheckConstraint("total IS NULL OR (total >= 0 AND total <= 100)", name=op.f("ck_grading_assignment_total")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_grading_assignment_account_id")),
        sa.ForeignKeyConstraint(["draw_id"], ["grading_draw.id"], name=op.f("fk_grading_assignment_draw_id")),
        sa.ForeignKeyConstraint(["paper_id"], ["grading_paper.id"], name=op.f("fk_grading_assignment_paper_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_assignment")),
        sa.UniqueConstraint("paper_id", "account_id", name=op.f("uq_grading_assignment_paper_id_account_id")),
    )
    op.create_index("ix_grading_assignment_queue", "grading_assignment", ["account_id", "state", "place"], unique=False)
    op.create_index(
        "uq_grading_assignment_slot",
        "grading_assignment",
        ["paper_id", "slot"],
        unique=True,
        sqlite_where=sa.text("state <> 'recused'"),
        postgresql_where=sa.text("state <> 'recused'"),
    )
    op.create_table(
        "grading_conflict",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_grading_conflict_account_id")),
        sa.ForeignKeyConstraint(["batch_id"], ["grading_batch.id"], name=op.f("fk_grading_conflict_batch_id")),
        sa.ForeignKeyConstraint(["paper_id"], ["grading_paper.id"], name=op.f("fk_grading_conflict_paper_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_conflict")),
    )
    op.create_index(op.f("ix_grading_conflict_batch_id"), "grading_conflict", ["batch_id"], unique=False)
    op.create_table(
        "grading_paper_identity",
        sa.Column("paper_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("outcome_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("snapshot_hash", sa.String(length=64), nullable=False),
        sa.Column("plan_version", sa.Integer(), nullable=False),
        sa.Column("plan_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts_account.id"], name=op.f("fk_grading_paper_identity_account_id")
        ),
        sa.ForeignKeyConstraint(["batch_id"], ["grading_batch.id"], name=op.f("fk_grading_paper_identity_batch_id")),
        sa.ForeignKeyConstraint(
            ["outcome_id"], ["grading_outcome.id"], name=op.f("fk_grading_paper_identity_outcome_id")
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["grading_paper.id"], name=op.f("fk_grading_paper_identity_paper_id")),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_grading_paper_identity")),
        sa.UniqueConstraint("batch_id", "outcome_id", name=op.f("uq_grading_paper_identity_batch_id_outcome_id")),
    )
    op.create_index(
        op.f("ix_grading_paper_identity_account_id"), "grading_paper_identity", ["account_id"], unique=False
    )
    op.create_index(
        op.f("ix_grading_paper_identity_outcome_id"), "grading_paper_identity", ["outcome_id"], unique=False
    )
    op.create_table(
        "grading_reveal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("viewer_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["paper_id"], ["grading_paper.id"], name=op.f("fk_grading_reveal_paper_id")),
        sa.ForeignKeyConstraint(["viewer_id"], ["accounts_account.id"], name=op.f("fk_grading_reveal_viewer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grading_reveal")),
    )
    op.create_index(op.f("ix_grading_reveal_paper_id"), "grading_reveal", ["paper_id"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance_after", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["ledger_account.id"], name=op.f("fk_ledger_entry_account_id")),
        sa.ForeignKeyConstraint(
            ["transaction_id"], ["ledger_transaction.id"], name=op.f("fk_ledger_entry_transaction_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entry")),
    )
    op.create_index(op.f("ix_ledger_entry_account_id"), "ledger_entry", ["account_id"], unique=False)
    op.create_index(op.f("ix_ledger_entry_transaction_id"), "ledger_entry", ["transaction_id"], unique=False)
    op.create_table(
        "live_comment",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_wall_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hidden_by", sa.Integer(), nullable=True),
        sa.Column("hidden_wall_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_live_comment_account_id")),
        sa.ForeignKeyConstraint(["hidden_by"], ["accounts_account.id"], name=op.f("fk_live_comment_hidden_by")),
        sa.ForeignKeyConstraint(["room_id"], ["live_room.id"], name=op.f("fk_live_comment_room_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_live_comment_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_comment")),
        sa.UniqueConstraint("room_id", "account_id", "key", name=op.f("uq_live_comment_room_id_account_id_key")),
    )
    op.create_index("ix_live_comment_room", "live_comment", ["room_id", "seq", "id"], unique=False)
    op.create_table(
        "live_event",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wall_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["live_room.id"], name=op.f("fk_live_event_room_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_live_event_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_event")),
        sa.UniqueConstraint("room_id", "seq", name=op.f("uq_live_event_room_id_seq")),
    )
    op.create_table(
        "live_item",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("person_limit", sa.Integer(), nullable=False),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.Column("sold_told", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("person_limit >= 0 AND sold >= 0", name=op.f("ck_live_item_counts")),
        sa.ForeignKeyConstraint(["room_id"], ["live_room.id"], name=op.f("fk_live_item_room_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_live_item_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_item")),
        sa.UniqueConstraint("room_id", "listing_id", name=op.f("uq_live_item_room_id_listing_id")),
    )
    op.create_index("ix_live_item_bag", "live_item", ["room_id", "position"], unique=False)
    op.create_table(
        "live_presence",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("joined_wall_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beat_wall_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_wall_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_live_presence_account_id")),
        sa.ForeignKeyConstraint(["room_id"], ["live_room.id"], name=op.f("fk_live_presence_room_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_live_presence_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_presence")),
    )
    op.create_index("ix_live_presence_open", "live_presence", ["room_id", "left_wall_at", "account_id"], unique=False)
    op.create_table(
        "live_viewer",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("likes", sa.Integer(), nullable=False),
        sa.Column("muted_until_wall_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said_wall_at_1", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said_wall_at_2", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said_wall_at_3", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_live_viewer_account_id")),
        sa.ForeignKeyConstraint(["room_id"], ["live_room.id"], name=op.f("fk_live_viewer_room_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_live_viewer_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_viewer")),
        sa.UniqueConstraint("room_id", "account_id", name=op.f("uq_live_viewer_room_id_account_id")),
    )
    op.create_index(op.f("ix_live_viewer_account_id"), "live_viewer", ["account_id"], unique=False)
    op.create_table(
        "mall_listing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("brief", sa.String(length=300), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("freight_fee", sa.BigInteger(), nullable=False),
        sa.Column("promise_hours", sa.Integer(), nullable=False),
        sa.Column("price_from", sa.BigInteger(), nullable=False),
        sa.Column("price_to", sa.BigInteger(), nullable=False),
        sa.Column("sold", sa.Integer(), nullable=False),
        sa.Column("rating_sum", sa.Integer(), nullable=False),
        sa.Column("rating_count", sa.Integer(), nullable=False),
        sa.Column("audit_notes", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("freight_fee >= 0", name=op.f("ck_mall_listing_freight")),
        sa.CheckConstraint("price_from > 0 AND price_from <= price_to", name=op.f("ck_mall_listing_price")),
        sa.CheckConstraint("sold >= 0", name=op.f("ck_mall_listing_sold")),
        sa.ForeignKeyConstraint(["category_id"], ["mall_category.id"], name=op.f("fk_mall_listing_category_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["mall_shop.id"], name=op.f("fk_mall_listing_shop_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_mall_listing_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_listing")),
    )
    op.create_index(
        "ix_mall_listing_sale", "mall_listing", ["world_id", "state", "category_id", "price_from"], unique=False
    )
    op.create_index("ix_mall_listing_shop", "mall_listing", ["shop_id", "state"], unique=False)
    op.create_index("ix_mall_listing_sold", "mall_listing", ["world_id", "state", "sold"], unique=False)
    op.create_table(
        "mall_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=24), nullable=False),
        sa.Column("batch", sa.String(length=24), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("shop_name", sa.String(length=40), nullable=False),
        sa.Column("buyer_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("live_item_id", sa.Integer(), nullable=True),
        sa.Column("goods_payable", sa.BigInteger(), nullable=False),
        sa.Column("freight", sa.BigInteger(), nullable=False),
        sa.Column("payable", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("receiver_name", sa.String(length=40), nullable=False),
        sa.Column("receiver_phone", sa.String(length=20), nullable=False),
        sa.Column("receiver_region", sa.String(length=120), nullable=False),
        sa.Column("receiver_detail", sa.String(length=120), nullable=False),
        sa.Column("message", sa.String(length=200), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pay_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ship_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receive_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receive_left", sa.Integer(), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("close_reason", sa.String(length=40), nullable=True),
        sa.Column("modified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("payable >= 0 AND payable = goods_payable + freight", name=op.f("ck_mall_order_payable")),
        sa.CheckConstraint("refunded >= 0 AND refunded <= payable", name=op.f("ck_mall_order_refunded")),
        sa.ForeignKeyConstraint(["buyer_id"], ["accounts_account.id"], name=op.f("fk_mall_order_buyer_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["mall_shop.id"], name=op.f("fk_mall_order_shop_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_mall_order_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_order")),
        sa.UniqueConstraint("number", name=op.f("uq_mall_order_number")),
    )
    op.create_index(op.f("ix_mall_order_batch"), "mall_order", ["batch"], unique=False)
    op.create_index("ix_mall_order_buyer", "mall_order", ["world_id", "buyer_id", "state", "id"], unique=False)
    op.create_index("ix_mall_order_modified", "mall_order", ["shop_id", "modified_at"], unique=False)
    op.create_index("ix_mall_order_placed", "mall_order", ["shop_id", "placed_at"], unique=False)
    op.create_index("ix_mall_order_shop", "mall_order", ["shop_id", "state", "id"], unique=False)
    op.create_table(
        "supply_fetched_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("mall_line_id", sa.Integer(), nullable=False),
        sa.Column("mall_sku_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("spec", sa.String(length=120), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("route", sa.String(length=40), nullable=False),
        sa.Column("from_own_stock", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("shipped", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_supply_fetched_line_quantity")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["supply_fetched_order.id"], name=op.f("fk_supply_fetched_line_order_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_fetched_line")),
        sa.UniqueConstraint("mall_line_id", name=op.f("uq_supply_fetched_line_mall_line_id")),
    )
    op.create_index(op.f("ix_supply_fetched_line_mall_sku_id"), "supply_fetched_line", ["mall_sku_id"], unique=False)
    op.create_index(op.f("ix_supply_fetched_line_order_id"), "supply_fetched_line", ["order_id"], unique=False)
    op.create_table(
        "supply_order",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Integer(), nullable=False),
        sa.Column("fetched_order_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("freight", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("stock_reserved", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("carrier", sa.String(length=20), nullable=False),
        sa.Column("waybill", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pushed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ships_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("freight >= 0", name=op.f("ck_supply_order_freight")),
        sa.CheckConstraint("paid >= 0 AND refunded >= 0 AND refunded <= paid", name=op.f("ck_supply_order_money")),
        sa.ForeignKeyConstraint(
            ["fetched_order_id"], ["supply_fetched_order.id"], name=op.f("fk_supply_order_fetched_order_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["accounts_account.id"], name=op.f("fk_supply_order_owner_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supply_supplier.id"], name=op.f("fk_supply_order_supplier_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_supply_order_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_order")),
        sa.UniqueConstraint(
            "fetched_order_id", "supplier_id", name=op.f("uq_supply_order_fetched_order_id_supplier_id")
        ),
    )
    op.create_index("ix_supply_order_owner", "supply_order", ["world_id", "owner_id", "state"], unique=False)
    op.create_table(
        "supply_product",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("supplier_id", sa.Integer(), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("brief", sa.String(length=200), nullable=False),
        sa.Column("unit", sa.String(length=10), nullable=False),
        sa.Column("keywords", sa.String(length=200), nullable=False),
        sa.Column("image_url", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["category_id"], ["supply_category.id"], name=op.f("fk_supply_product_category_id")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supply_supplier.id"], name=op.f("fk_supply_product_supplier_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_supply_product_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_product")),
        sa.UniqueConstraint("world_id", "code", name=op.f("uq_supply_product_world_id_code")),
    )
    op.create_index("ix_supply_product_category", "supply_product", ["world_id", "category_id"], unique=False)
    op.create_index("ix_supply_product_supplier", "supply_product", ["world_id", "supplier_id"], unique=False)
    op.create_table(
        "teaching_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("need", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("need >= 1", name=op.f("ck_teaching_step_need")),
        sa.ForeignKeyConstraint(["resource_id"], ["teaching_resource.id"], name=op.f("fk_teaching_step_resource_id")),
        sa.ForeignKeyConstraint(["task_id"], ["teaching_task.id"], name=op.f("fk_teaching_step_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teaching_step")),
    )
    op.create_index(op.f("ix_teaching_step_task_id"), "teaching_step", ["task_id"], unique=False)
    op.create_table(
        "training_enrolment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("gender", sa.String(length=4), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_training_enrolment_account_id")),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_training_enrolment_class_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_enrolment")),
        sa.UniqueConstraint("class_id", "account_id", name=op.f("uq_training_enrolment_class_id_account_id")),
        sa.UniqueConstraint("class_id", "number", name=op.f("uq_training_enrolment_class_id_number")),
    )
    op.create_index(op.f("ix_training_enrolment_account_id"), "training_enrolment", ["account_id"], unique=False)
    op.create_table(
        "training_roster_import",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("columns", sa.JSON(), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("only_good", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["class_id"], ["training_class.id"], name=op.f("fk_training_roster_import_class_id")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["accounts_account.id"], name=op.f("fk_training_roster_import_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_roster_import")),
    )
    op.create_index(op.f("ix_training_roster_import_class_id"), "training_roster_import", ["class_id"], unique=False)
    op.create_table(
        "live_action",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wall_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_live_action_account_id")),
        sa.ForeignKeyConstraint(["item_id"], ["live_item.id"], name=op.f("fk_live_action_item_id")),
        sa.ForeignKeyConstraint(["room_id"], ["live_room.id"], name=op.f("fk_live_action_room_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_live_action_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_action")),
    )
    op.create_index("ix_live_action_room", "live_action", ["room_id", "kind"], unique=False)
    op.create_table(
        "live_clip",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_wall_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_wall_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["live_item.id"], name=op.f("fk_live_clip_item_id")),
        sa.ForeignKeyConstraint(["room_id"], ["live_room.id"], name=op.f("fk_live_clip_room_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_live_clip_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_clip")),
    )
    op.create_index("ix_live_clip_room", "live_clip", ["room_id", "id"], unique=False)
    op.create_index(
        "uq_live_clip_open",
        "live_clip",
        ["room_id"],
        unique=True,
        sqlite_where=sa.text("ended_wall_at IS NULL"),
        postgresql_where=sa.text("ended_wall_at IS NULL"),
    )
    op.create_table(
        "live_price",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("spec", sa.String(length=120), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("shop_price", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("price > 0 AND price <= shop_price", name=op.f("ck_live_price_price")),
        sa.ForeignKeyConstraint(["item_id"], ["live_item.id"], name=op.f("fk_live_price_item_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_live_price_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_price")),
        sa.UniqueConstraint("item_id", "sku_id", name=op.f("uq_live_price_item_id_sku_id")),
    )
    op.create_table(
        "live_quota",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_live_quota_taken")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_live_quota_account_id")),
        sa.ForeignKeyConstraint(["item_id"], ["live_item.id"], name=op.f("fk_live_quota_item_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_live_quota_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_quota")),
        sa.UniqueConstraint("item_id", "account_id", name=op.f("uq_live_quota_item_id_account_id")),
    )
    op.create_table(
        "live_slide",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("picture_kind", sa.String(length=10), nullable=False),
        sa.Column("picture_title", sa.String(length=120), nullable=False),
        sa.Column("picture_category", sa.String(length=60), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["live_item.id"], name=op.f("fk_live_slide_item_id")),
        sa.ForeignKeyConstraint(["room_id"], ["live_room.id"], name=op.f("fk_live_slide_room_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_live_slide_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_slide")),
    )
    op.create_index("ix_live_slide_room", "live_slide", ["room_id", "position"], unique=False)
    op.create_table(
        "mall_parcel",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(length=20), nullable=False),
        sa.Column("waybill", sa.String(length=30), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["mall_order.id"], name=op.f("fk_mall_parcel_order_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_mall_parcel_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_parcel")),
        sa.UniqueConstraint("world_id", "carrier", "waybill", name=op.f("uq_mall_parcel_world_id_carrier_waybill")),
    )
    op.create_index(op.f("ix_mall_parcel_order_id"), "mall_parcel", ["order_id"], unique=False)
    op.create_table(
        "mall_payment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["mall_order.id"], name=op.f("fk_mall_payment_order_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_mall_payment_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_payment")),
    )
    op.create_index(op.f("ix_mall_payment_order_id"), "mall_payment", ["order_id"], unique=False)
    op.create_table(
        "mall_search_gram",
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("gram", sa.String(length=40), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("weight", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(["listing_id"], ["mall_listing.id"], name=op.f("fk_mall_search_gram_listing_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_mall_search_gram_world_id")),
        sa.PrimaryKeyConstraint("world_id", "gram", "listing_id", name=op.f("pk_mall_search_gram")),
    )
    op.create_index("ix_mall_search_gram_listing", "mall_search_gram", ["listing_id"], unique=False)
    op.create_table(
        "mall_sku",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("spec", sa.String(length=120), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("weight_g", sa.Integer(), nullable=False),
        sa.Column("removed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("price > 0", name=op.f("ck_mall_sku_price")),
        sa.ForeignKeyConstraint(["listing_id"], ["mall_listing.id"], name=op.f("fk_mall_sku_listing_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_mall_sku_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_sku")),
    )
    op.create_index(op.f("ix_mall_sku_listing_id"), "mall_sku", ["listing_id"], unique=False)
    op.create_table(
        "supply_sku",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("spec", sa.String(length=120), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("retail", sa.BigInteger(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("reserved", sa.Integer(), nullable=False),
        sa.CheckConstraint("cost > 0", name=op.f("ck_supply_sku_cost")),
        sa.CheckConstraint("reserved >= 0 AND reserved <= stock", name=op.f("ck_supply_sku_stock")),
        sa.CheckConstraint("retail > 0", name=op.f("ck_supply_sku_retail")),
        sa.ForeignKeyConstraint(["product_id"], ["supply_product.id"], name=op.f("fk_supply_sku_product_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_supply_sku_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_sku")),
        sa.UniqueConstraint("world_id", "code", name=op.f("uq_supply_sku_world_id_code")),
    )
    op.create_index(op.f("ix_supply_sku_product_id"), "supply_sku", ["product_id"], unique=False)
    op.create_table(
        "teaching_step_done",
        sa.Column("step_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("done_wall_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_teaching_step_done_account_id")),
        sa.ForeignKeyConstraint(
            ["step_id"], ["teaching_step.id"], name=op.f("fk_teaching_step_done_step_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("step_id", "account_id", name=op.f("pk_teaching_step_done")),
    )
    op.create_index("ix_teaching_step_done_account", "teaching_step_done", ["account_id"], unique=False)
    op.create_table(
        "training_roster_row",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("row_number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("id_masked", sa.String(length=40), nullable=False),
        sa.Column("phone_masked", sa.String(length=40), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("verdict", sa.String(length=40), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("take", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("created_account", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts_account.id"], name=op.f("fk_training_roster_row_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["training_roster_import.id"], name=op.f("fk_training_roster_row_import_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_roster_row")),
        sa.UniqueConstraint("import_id", "row_number", name=op.f("uq_training_roster_row_import_id_row_number")),
    )
    op.create_index(op.f("ix_training_roster_row_account_id"), "training_roster_row", ["account_id"], unique=False)
    op.create_index("ix_training_roster_row_verdict", "training_roster_row", ["import_id", "verdict"], unique=False)
    op.create_table(
        "live_sale",
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("clip_id", sa.Integer(), nullable=True),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("buyer_id", sa.Integer(), nullable=False),
        sa.Column("buyer_name", sa.String(length=60), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("payable", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity > 0 AND payable >= 0 AND refunded >= 0", name=op.f("ck_live_sale_amounts")),
        sa.ForeignKeyConstraint(["buyer_id"], ["accounts_account.id"], name=op.f("fk_live_sale_buyer_id")),
        sa.ForeignKeyConstraint(["clip_id"], ["live_clip.id"], name=op.f("fk_live_sale_clip_id")),
        sa.ForeignKeyConstraint(["item_id"], ["live_item.id"], name=op.f("fk_live_sale_item_id")),
        sa.ForeignKeyConstraint(["room_id"], ["live_room.id"], name=op.f("fk_live_sale_room_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_live_sale_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_sale")),
        sa.UniqueConstraint("order_id", name=op.f("uq_live_sale_order_id")),
    )
    op.create_index(op.f("ix_live_sale_room_id"), "live_sale", ["room_id"], unique=False)
    op.create_table(
        "mall_cart_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("ticked", sa.Boolean(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_mall_cart_item_quantity")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts_account.id"], name=op.f("fk_mall_cart_item_account_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["mall_sku.id"], name=op.f("fk_mall_cart_item_sku_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_mall_cart_item_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_cart_item")),
        sa.UniqueConstraint(
            "world_id", "account_id", "sku_id", name=op.f("uq_mall_cart_item_world_id_account_id_sku_id")
        ),
    )
    op.create_table(
        "mall_order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("spec", sa.String(length=120), nullable=False),
        sa.Column("category", sa.String(length=90), nullable=False),
        sa.Column("unit_price", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.Column("steps", sa.JSON(), nullable=False),
        sa.Column("payable", sa.BigInteger(), nullable=False),
        sa.Column("shipped", sa.Integer(), nullable=False),
        sa.Column("applying", sa.Integer(), nullable=False),
        sa.Column("applying_unshipped", sa.Integer(), nullable=False),
        sa.Column("refunded", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "applying >= 0 AND refunded >= 0 AND applying + refunded <= quantity",
            name=op.f("ck_mall_order_line_after_sale"),
        ),
        sa.CheckConstraint(
            "applying_unshipped <= applying AND cancelled <= refunded", name=op.f("ck_mall_order_line_parts")
        ),
        sa.CheckConstraint("quantity >= 1 AND payable >= 0", name=op.f("ck_mall_order_line_amounts")),
        sa.CheckConstraint(
            "shipped >= 0 AND cancelled >= 0 AND applying_unshipped >= 0 AND shipped + cancelled + applying_unshipped <= quantity",
            name=op.f("ck_mall_order_line_shipped"),
        ),
        sa.ForeignKeyConstraint(["listing_id"], ["mall_listing.id"], name=op.f("fk_mall_order_line_listing_id")),
        sa.ForeignKeyConstraint(["order_id"], ["mall_order.id"], name=op.f("fk_mall_order_line_order_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["mall_sku.id"], name=op.f("fk_mall_order_line_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_order_line")),
    )
    op.create_index(op.f("ix_mall_order_line_listing_id"), "mall_order_line", ["listing_id"], unique=False)
    op.create_index(op.f("ix_mall_order_line_order_id"), "mall_order_line", ["order_id"], unique=False)
    op.create_index(op.f("ix_mall_order_line_sku_id"), "mall_order_line", ["sku_id"], unique=False)
    op.create_table(
        "mall_stock",
        sa.Column("sku_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("allocated", sa.Integer(), nullable=False),
        sa.Column("damaged", sa.Integer(), nullable=False),
        sa.CheckConstraint("allocated >= 0 AND allocated <= on_hand", name=op.f("ck_mall_stock_allocated")),
        sa.CheckConstraint("damaged >= 0", name=op.f("ck_mall_stock_damaged")),
        sa.ForeignKeyConstraint(["sku_id"], ["mall_sku.id"], name=op.f("fk_mall_stock_sku_id")),
        sa.PrimaryKeyConstraint("sku_id", name=op.f("pk_mall_stock")),
    )
    op.create_table(
        "mall_stock_movement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("on_hand", sa.Integer(), nullable=False),
        sa.Column("allocated", sa.Integer(), nullable=False),
        sa.Column("damaged", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["sku_id"], ["mall_sku.id"], name=op.f("fk_mall_stock_movement_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_stock_movement")),
    )
    op.create_index(op.f("ix_mall_stock_movement_sku_id"), "mall_stock_movement", ["sku_id"], unique=False)
    op.create_table(
        "supply_mapping",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("product_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("mall_listing_id", sa.Integer(), nullable=False),
        sa.Column("mall_sku_id", sa.Integer(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("own_stock", sa.Integer(), nullable=False),
        sa.Column("listed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("own_stock >= 0", name=op.f("ck_supply_mapping_own_stock")),
        sa.ForeignKeyConstraint(["product_id"], ["supply_product.id"], name=op.f("fk_supply_mapping_product_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["supply_sku.id"], name=op.f("fk_supply_mapping_sku_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_supply_mapping_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_mapping")),
        sa.UniqueConstraint("mall_sku_id", name=op.f("uq_supply_mapping_mall_sku_id")),
    )
    op.create_index(op.f("ix_supply_mapping_mall_listing_id"), "supply_mapping", ["mall_listing_id"], unique=False)
    op.create_index(op.f("ix_supply_mapping_shop_id"), "supply_mapping", ["shop_id"], unique=False)
    op.create_index("ix_supply_mapping_shop_product", "supply_mapping", ["shop_id", "product_id"], unique=False)
    op.create_index(op.f("ix_supply_mapping_sku_id"), "supply_mapping", ["sku_id"], unique=False)
    op.create_table(
        "supply_order_line",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("fetched_line_id", sa.Integer(), nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Integer(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("cost > 0", name=op.f("ck_supply_order_line_cost")),
        sa.CheckConstraint(
            "quantity >= 1 AND cancelled >= 0 AND cancelled <= quantity", name=op.f("ck_supply_order_line_quantity")
        ),
        sa.ForeignKeyConstraint(
            ["fetched_line_id"], ["supply_fetched_line.id"], name=op.f("fk_supply_order_line_fetched_line_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["supply_order.id"], name=op.f("fk_supply_order_line_order_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["supply_sku.id"], name=op.f("fk_supply_order_line_sku_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supply_order_line")),
        sa.UniqueConstraint("fetched_line_id", name=op.f("uq_supply_order_line_fetched_line_id")),
    )
    op.create_index(op.f("ix_supply_order_line_order_id"), "supply_order_line", ["order_id"], unique=False)
    op.create_index(op.f("ix_supply_order_line_sku_id"), "supply_order_line", ["sku_id"], unique=False)
    op.create_table(
        "mall_after_sale",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("buyer_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("text", sa.String(length=300), nullable=False),
        sa.Column("reject_reason", sa.String(length=200), nullable=False),
        sa.Column("carrier", sa.String(length=20), nullable=False),
        sa.Column("waybill", sa.String(length=30), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("short_of_funds", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint(
            "good >= 0 AND bad >= 0 AND good + bad <= quantity", name=op.f("ck_mall_after_sale_returned")
        ),
        sa.CheckConstraint("quantity >= 1 AND amount >= 0 AND paid >= 0", name=op.f("ck_mall_after_sale_amounts")),
        sa.ForeignKeyConstraint(["buyer_id"], ["accounts_account.id"], name=op.f("fk_mall_after_sale_buyer_id")),
        sa.ForeignKeyConstraint(["line_id"], ["mall_order_line.id"], name=op.f("fk_mall_after_sale_line_id")),
        sa.ForeignKeyConstraint(["order_id"], ["mall_order.id"], name=op.f("fk_mall_after_sale_order_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["mall_shop.id"], name=op.f("fk_mall_after_sale_shop_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_mall_after_sale_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_after_sale")),
    )
    op.create_index("ix_mall_after_sale_buyer", "mall_after_sale", ["world_id", "buyer_id", "id"], unique=False)
    op.create_index(op.f("ix_mall_after_sale_line_id"), "mall_after_sale", ["line_id"], unique=False)
    op.create_index(op.f("ix_mall_after_sale_order_id"), "mall_after_sale", ["order_id"], unique=False)
    op.create_index("ix_mall_after_sale_shop", "mall_after_sale", ["shop_id", "state", "id"], unique=False)
    op.create_table(
        "mall_parcel_line",
        sa.Column("parcel_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("line_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_mall_parcel_line_quantity")),
        sa.ForeignKeyConstraint(["line_id"], ["mall_order_line.id"], name=op.f("fk_mall_parcel_line_line_id")),
        sa.ForeignKeyConstraint(["parcel_id"], ["mall_parcel.id"], name=op.f("fk_mall_parcel_line_parcel_id")),
        sa.PrimaryKeyConstraint("parcel_id", "line_id", name=op.f("pk_mall_parcel_line")),
    )
    op.create_table(
        "mall_reservation",
        sa.Column("line_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sku_id", sa.Integer(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_mall_reservation_quantity")),
        sa.ForeignKeyConstraint(["line_id"], ["mall_order_line.id"], name=op.f("fk_mall_reservation_line_id")),
        sa.ForeignKeyConstraint(["sku_id"], ["mall_sku.id"], name=op.f("fk_mall_reservation_sku_id")),
        sa.PrimaryKeyConstraint("line_id", name=op.f("pk_mall_reservation")),
    )
    op.create_index(op.f("ix_mall_reservation_sku_id"), "mall_reservation", ["sku_id"], unique=False)
    op.create_table(
        "mall_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("world_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("listing_id", sa.Integer(), nullable=False),
        sa.Column("shop_id", sa.Integer(), nullable=False),
        sa.Column("buyer_id", sa.Integer(), nullable=False),
        sa.Column("spec", sa.String(length=120), nullable=False),
        sa.Column("description", sa.SmallInteger(), nullable=False),
        sa.Column("service", sa.SmallInteger(), nullable=False),
        sa.Column("logistics", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "description BETWEEN 1 AND 5 AND service BETWEEN 1 AND 5 AND logistics BETWEEN 1 AND 5",
            name=op.f("ck_mall_review_scores"),
        ),
        sa.ForeignKeyConstraint(["buyer_id"], ["accounts_account.id"], name=op.f("fk_mall_review_buyer_id")),
        sa.ForeignKeyConstraint(["line_id"], ["mall_order_line.id"], name=op.f("fk_mall_review_line_id")),
        sa.ForeignKeyConstraint(["listing_id"], ["mall_listing.id"], name=op.f("fk_mall_review_listing_id")),
        sa.ForeignKeyConstraint(["order_id"], ["mall_order.id"], name=op.f("fk_mall_review_order_id")),
        sa.ForeignKeyConstraint(["shop_id"], ["mall_shop.id"], name=op.f("fk_mall_review_shop_id")),
        sa.ForeignKeyConstraint(["world_id"], ["worlds_world.id"], name=op.f("fk_mall_review_world_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mall_review")),
        sa.UniqueConstraint("line_id", name=op.f("uq_mall_review_line_id")),
    )
    op.create_index(op.f("ix_mall_review_buyer_id"), "mall_review", ["buyer_id"], unique=False)
    op.create_index(op.f("ix_mall_review_listing_id"), "mall_review", ["listing_id"], unique=False)
    op.create_index(op.f("ix_mall_review_order_id"), "mall_review", ["order_id"], unique=False)
    op.create_index(op.f("ix_mall_review_shop_id"), "mall_review", ["shop_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_mall_review_shop_id"), table_name="mall_review")
    op.drop_index(op.f("ix_mall_review_order_id"), table_name="mall_review")
    op.drop_index(op.f("ix_mall_review_listing_id"), table_name="mall_review")
    op.drop_index(op.f("ix_mall_review_buyer_id"), table_name="mall_review")
    op.drop_table("mall_review")
    op.drop_index(op.f("ix_mall_reservation_sku_id"), table_name="mall_reservation")
    op.drop_table("mall_reservation")
    op.drop_table("mall_parcel_line")
    op.drop_index("ix_mall_after_sale_shop", table_name="mall_after_sale")
    op.drop_index(op.f("ix_mall_after_sale_order_id"), table_name="mall_after_sale")
    op.drop_index(op.f("ix_mall_after_sale_line_id"), table_name="mall_after_sale")
    op.drop_index("ix_mall_after_sale_buyer", table_name="mall_after_sale")
    op.drop_table("mall_after_sale")
    op.drop_index(op.f("ix_supply_order_line_sku_id"), table_name="supply_order_line")
    op.drop_index(op.f("ix_supply_order_line_order_id"), table_name="supply_order_line")
    op.drop_table("supply_order_line")
    op.drop_index(op.f("ix_supply_mapping_sku_id"), table_name="supply_mapping")
    op.drop_index("ix_supply_mapping_shop_product", table_name="supply_mapping")
    op.drop_index(op.f("ix_supply_mapping_shop_id"), table_name="supply_mapping")
    op.drop_index(op.f("ix_supply_mapping_mall_listing_id"), table_name="supply_mapping")
    op.drop_table("supply_mapping")
    op.drop_index(op.f("ix_mall_stock_movement_sku_id"), table_name="mall_stock_movement")
    op.drop_table("mall_stock_movement")
    op.drop_table("mall_stock")
    op.drop_index(op.f("ix_mall_order_line_sku_id"), table_name="mall_order_line")
    op.drop_index(op.f("ix_mall_order_line_order_id"), table_name="mall_order_line")
    op.drop_index(op.f("ix_mall_order_line_listing_id"), table_name="mall_order_line")
    op.drop_table("mall_order_line")
    op.drop_table("mall_cart_item")
    op.drop_index(op.f("ix_live_sale_room_id"), table_name="live_sale")
    op.drop_table("live_sale")
    op.drop_index("ix_training_roster_row_verdict", table_name="training_roster_row")
    op.drop_index(op.f("ix_training_roster_row_account_id"), table_name="training_roster_row")
    op.drop_table("training_roster_row")
    op.drop_index("ix_teaching_step_done_account", table_name="teaching_step_done")
    op.drop_table("teaching_step_done")
    op.drop_index(op.f("ix_supply_sku_product_id"), table_name="supply_sku")
    op.drop_table("supply_sku")
    op.drop_index(op.f("ix_mall_sku_listing_id"), table_name="mall_sku")
    op.drop_table("mall_sku")
    op.drop_index("ix_mall_search_gram_listing", table_name="mall_search_gram")
    op.drop_table("mall_search_gram")
    op.drop_index(op.f("ix_mall_payment_order_id"), table_name="mall_payment")
    op.drop_table("mall_payment")
    op.drop_index(op.f("ix_mall_parcel_order_id"), table_name="mall_parcel")
    op.drop_table("mall_parcel")
    op.drop_index("ix_live_slide_room", table_name="live_slide")
    op.drop_table("live_slide")
    op.drop_table("live_quota")
    op.drop_table("live_price")
    op.drop_index(
        "uq_live_clip_open",
        table_name="live_clip",
        sqlite_where=sa.text("ended_wall_at IS NULL"),
        postgresql_where=sa.text("ended_wall_at IS NULL"),
    )
    op.drop_index("ix_live_clip_room", table_name="live_clip")
    op.drop_table("live_clip")
    op.drop_index("ix_live_action_room", table_name="live_action")
    op.drop_table("live_action")
    op.drop_index(op.f("ix_training_roster_import_class_id"), table_name="training_roster_import")
    op.drop_table("training_roster_import")
    op.drop_index(op.f("ix_training_enrolment_account_id"), table_name="training_enrolment")
    op.drop_table("training_enrolment")
    op.drop_index(op.f("ix_teaching_step_task_id"), table_name="teaching_step")
    op.drop_table("teaching_step")
    op.drop_index("ix_supply_product_supplier", table_name="supply_product")
    op.drop_index("ix_supply_product_category", table_name="supply_product")
    op.drop_table("supply_product")
    op.drop_index("ix_supply_order_owner", table_name="supply_order")
    op.drop_table("supply_order")
    op.drop_index(op.f("ix_supply_fetched_line_order_id"), table_name="supply_fetched_line")
    op.drop_index(op.f("ix_supply_fetched_line_mall_sku_id"), table_name="supply_fetched_line")
    op.drop_table("supply_fetched_line")
    op.drop_index("ix_mall_order_shop", table_name="mall_order")
    op.drop_index("ix_mall_order_placed", table_name="mall_order")
    op.drop_index("ix_mall_order_modified", table_name="mall_order")
    op.drop_index("ix_mall_order_buyer", table_name="mall_order")
    op.drop_index(op.f("ix_mall_order_batch"), table_name="mall_order")
    op.drop_table("mall_order")
    op.drop_index("ix_mall_listing_sold", table_name="mall_listing")
    op.drop_index("ix_mall_listing_shop", table_name="mall_listing")
    op.drop_index("ix_mall_listing_sale", table_name="mall_listing")
    op.drop_table("mall_listing")
    op.drop_index(op.f("ix_live_viewer_account_id"), table_name="live_viewer")
    op.drop_table("live_viewer")
    op.drop_index("ix_live_presence_open", table_name="live_presence")
    op.drop_table("live_presence")
    op.drop_index("ix_live_item_bag", table_name="live_item")
    op.drop_table("live_item")
    op.drop_table("live_event")
    op.drop_index("ix_live_comment_room", table_name="live_comment")
    op.drop_table("live_comment")
    op.drop_index(op.f("ix_ledger_entry_transaction_id"), table_name="ledger_entry")
    op.drop_index(op.f("ix_ledger_entry_account_id"), table_name="ledger_entry")
    op.drop_table("ledger_entry")
    op.drop_index(op.f("ix_grading_reveal_paper_id"), table_name="grading_reveal")
    op.drop_table("grading_reveal")
    op.drop_index(op.f("ix_grading_paper_identity_outcome_id"), table_name="grading_paper_identity")
    op.drop_index(op.f("ix_grading_paper_identity_account_id"), table_name="grading_paper_identity")
    op.drop_table("grading_paper_identity")
    op.drop_index(op.f("ix_grading_conflict_batch_id"), table_name="grading_conflict")
    op.drop_table("grading_conflict")
    op.drop_index(
        "uq_grading_assignment_slot",
        table_name="grading_assignment",
        sqlite_where=sa.text("state <> 'recused'"),
        postgresql_where=sa.text("state <> 'recused'"),
    )
    op.drop_index("ix_grading_assignment_queue", table_name="grading_assignment")
    op.drop_table("grading_assignment")
    op.drop_index("ix_worlds_due_task_target", table_name="worlds_due_task")
    op.drop_index("ix_worlds_due_task_next", table_name="worlds_due_task")
    op.drop_table("worlds_due_task")
    op.drop_index(op.f("ix_worlds_clock_change_world_id"), table_name="worlds_clock_change")
    op.drop_table("worlds_clock_change")
    op.drop_index(op.f("ix_training_class_state"), table_name="training_class")
    op.drop_index(op.f("ix_training_class_institution_id"), table_name="training_class")
    op.drop_table("training_class")
    op.drop_index(op.f("ix_teaching_resource_task_id"), table_name="teaching_resource")
    op.drop_table("teaching_resource")
    op.drop_table("supply_supplier")
    op.drop_index(op.f("ix_supply_shop_world_id"), table_name="supply_shop")
    op.drop_index(op.f("ix_supply_shop_owner_id"), table_name="supply_shop")
    op.drop_table("supply_shop")
    op.drop_index(op.f("ix_supply_import_world_id"), table_name="supply_import")
    op.drop_table("supply_import")
    op.drop_index(op.f("ix_supply_fetched_order_owner_id"), table_name="supply_fetched_order")
    op.drop_table("supply_fetched_order")
    op.drop_index(op.f("ix_supply_category_parent_id"), table_name="supply_category")
    op.drop_table("supply_category")
    op.drop_index("ix_mall_shop_state", table_name="mall_shop")
    op.drop_index(op.f("ix_mall_shop_owner_id"), table_name="mall_shop")
    op.drop_table("mall_shop")
    op.drop_index("ix_mall_notice_owner", table_name="mall_notice")
    op.drop_table("mall_notice")
    op.drop_table("mall_category")
    op.drop_index("ix_mall_address_owner", table_name="mall_address")
    op.drop_table("mall_address")
    op.drop_index(
        "uq_live_room_on_air",
        table_name="live_room",
        sqlite_where=sa.text("state IN ('live', 'paused')"),
        postgresql_where=sa.text("state IN ('live', 'paused')"),
    )
    op.drop_index("ix_live_room_world", table_name="live_room")
    op.drop_index(op.f("ix_live_room_shop_id"), table_name="live_room")
    op.drop_index(op.f("ix_live_room_host_id"), table_name="live_room")
    op.drop_table("live_room")
    op.drop_index("ix_ledger_transaction_reference", table_name="ledger_transaction")
    op.drop_table("ledger_transaction")
    op.drop_table("ledger_account")
    op.drop_index(op.f("ix_grading_result_scope_id"), table_name="grading_result")
    op.drop_index(op.f("ix_grading_result_account_id"), table_name="grading_result")
    op.drop_table("grading_result")
    op.drop_table("grading_plan_version")
    op.drop_table("grading_plan_print")
    op.drop_index(op.f("ix_grading_paper_batch_id"), table_name="grading_paper")
    op.drop_table("grading_paper")
    op.drop_index(op.f("ix_grading_draw_batch_id"), table_name="grading_draw")
    op.drop_table("grading_draw")
    op.drop_index(op.f("ix_accounts_signed_in_device_account_id"), table_name="accounts_signed_in_device")
    op.drop_table("accounts_signed_in_device")
    op.drop_table("worlds_world")
    op.drop_table("training_institution")
    op.drop_index("ix_teaching_task_class", table_name="teaching_task")
    op.drop_table("teaching_task")
    op.drop_index(op.f("ix_grading_plan_scope_id"), table_name="grading_plan")
    op.drop_table("grading_plan")
    op.drop_index(op.f("ix_grading_outcome_scope_id"), table_name="grading_outcome")
    op.drop_table("grading_outcome")
    op.drop_table("grading_batch")
    op.drop_index(op.f("ix_accounts_one_time_code_account_id"), table_name="accounts_one_time_code")
    op.drop_table("accounts_one_time_code")
    op.drop_index(op.f("ix_accounts_grant_scope_id"), table_name="accounts_grant")
    op.drop_table("accounts_grant")
    op.drop_table("grading_rubric")
    op.drop_index(op.f("ix_core_stored_file_sha256"), table_name="core_stored_file")
    op.drop_index(op.f("ix_core_stored_file_owner_id"), table_name="core_stored_file")
    op.drop_table("core_stored_file")
    op.drop_index("ix_core_state_event_entity", table_name="core_state_event")
    op.drop_table("core_state_event")
    op.drop_index(op.f("ix_core_outbox_message_at"), table_name="core_outbox_message")
    op.drop_table("core_outbox_message")
    op.drop_index(op.f("ix_core_job_touched_at"), table_name="core_job")
    op.drop_index(op.f("ix_core_job_owner_id"), table_name="core_job")
    op.drop_table("core_job")
    op.drop_table("core_idempotent_answer")
    op.drop_table("core_audit_head")
    op.drop_index("ix_core_audit_event_target", table_name="core_audit_event")
    op.drop_table("core_audit_event")
    op.drop_index(op.f("ix_accounts_scope_parent_id"), table_name="accounts_scope")
    op.drop_table("accounts_scope")
    op.drop_index(op.f("ix_accounts_division_parent_code"), table_name="accounts_division")
    op.drop_table("accounts_division")
    op.drop_index(op.f("ix_accounts_account_id_number_digest"), table_name="accounts_account")
    op.drop_table("accounts_account")
