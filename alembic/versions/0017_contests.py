"""contests, who sent them in the last day, an index of corrections, and copies, confirmations and
snapshots of sources

Revision ID: 0017
Revises: 0016
"""

from typing import Any

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

#: As `predictions/queries/corrections.py` names them.
CORRECTIONS = (
    *("prediction.corrected", "prediction.withdrawn"),
    *("commentator.changed", "source.changed", "question.changed", "question.postponed", "question.deadline_corrected"),
    "question.postponement_undone",
    *("resolution.corrected", "resolution.retracted", "resolution.taken_back"),
)
#: States of a contest.
STATES = ("received", "taken_up", "upheld", "rejected", "withdrawn", "deleted")


def upgrade() -> None:
    """Apply."""
    is_correction = sa.text(f"action IN ({', '.join(map(repr, CORRECTIONS))})")
    op.create_index(
        "ix_ledger_event_corrections",
        "ledger_event",
        ["seq"],
        sqlite_where=is_correction,
        postgresql_where=is_correction,
    )
    time, text = sqlmodel.sql.sqltypes.UTCDateTime(), sqlmodel.sql.sqltypes.AutoString
    for name, kind in (("archive_url", text(length=2000)), ("confirmed_at", time), ("confirmed_by", text(length=120))):
        op.add_column("source", sa.Column(name, kind, nullable=True))
    _make_snapshots()
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    _make_contests(number)
    op.create_table(
        "contest_sender",
        sa.Column("id", number, nullable=False),
        sa.Column("client", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest_sender")),
    )
    for name in ("client", "at"):
        op.create_index(f"ix_contest_sender_{name}", "contest_sender", [name])


def _make_snapshots() -> None:
    number, text = sa.BigInteger().with_variant(sa.Integer(), "sqlite"), sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "source_snapshot",
        sa.Column("id", number, nullable=False),
        sa.Column("source_id", number, nullable=False),
        sa.Column("sha256", text(length=64), nullable=False),
        sa.Column("size", number, nullable=False),
        sa.Column("media_type", text(length=120), nullable=False),
        sa.Column("final_url", sa.Text(), nullable=False),
        sa.Column("fetched_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("fetched_by", text(length=120), nullable=False),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_source_snapshot_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source_snapshot")),
    )
    for name in ("source_id", "sha256"):
        op.create_index(f"ix_source_snapshot_{name}", "source_snapshot", [name])
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "CREATE TRIGGER source_snapshot_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON source_snapshot "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for action in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER source_snapshot_refuses_{action.lower()} BEFORE {action} ON source_snapshot "
            "BEGIN SELECT RAISE(ABORT, 'source_snapshot is append-only: nothing is edited away'); END"
        )


def _make_contests(number: Any) -> None:
    time, text = sqlmodel.sql.sqltypes.UTCDateTime(), sqlmodel.sql.sqltypes.AutoString
    subjects = ("prediction", "question", "commentator")
    checks = {
        "has_subject": "question_id IS NOT NULL OR commentator_id IS NOT NULL",
        "of_prediction": "prediction_id IS NULL OR question_id IS NOT NULL AND commentator_id IS NOT NULL",
        "decided": "(state IN ('received', 'taken_up')) = (decided_at IS NULL)",
        "upheld_has_correction": "(state = 'upheld') = (correction IS NOT NULL)",
        "taken_up": "(taken_up_at IS NULL) = (taken_up_by IS NULL)",
        "prompts": "prompts >= 0",
    }
    op.create_table(
        "contest",
        sa.Column("id", number, nullable=False),
        *(sa.Column(f"{name}_id", number, nullable=True) for name in subjects),
        *(sa.Column(name, text(length=200), nullable=False) for name in ("name", "contact")),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(*STATES, name="conteststate", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        *(sa.Column(name, time, nullable=False) for name in ("received_at", "due_at")),
        sa.Column("next_prompt_at", time, nullable=True),
        sa.Column("prompts", sa.Integer(), nullable=False),
        sa.Column("taken_up_at", time, nullable=True),
        sa.Column("taken_up_by", text(length=120), nullable=True),
        sa.Column("decided_at", time, nullable=True),
        sa.Column("decided_by", text(length=120), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("correction", number, nullable=True),
        *(sa.CheckConstraint(check, name=op.f(f"ck_contest_{name}")) for name, check in checks.items()),
        *(
            sa.ForeignKeyConstraint([f"{name}_id"], [f"{name}.id"], name=op.f(f"fk_contest_{name}_id"))
            for name in subjects
        ),
        sa.ForeignKeyConstraint(["correction"], ["ledger_event.seq"], name=op.f("fk_contest_correction")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest")),
    )
    op.create_index("ix_contest_state", "contest", ["state", "id"])
    for name in ("question_id", "commentator_id", "next_prompt_at"):
        op.create_index(f"ix_contest_{name}", "contest", [name])


def downgrade() -> None:
    """Take back."""
    for name in ("confirmed_by", "confirmed_at", "archive_url"):
        op.drop_column("source", name)
    op.drop_table("source_snapshot")
    op.drop_table("contest_sender")
    op.drop_table("contest")
    op.drop_index("ix_ledger_event_corrections", "ledger_event")
