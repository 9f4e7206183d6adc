"""changes of what is settled, and when a question's criteria were last changed

Revision ID: 0018
Revises: 0017
"""

import json

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

#: The fields of a question that decide its outcome and that could be changed before this revision.
CRITERIA = ("text", "resolution_criteria")


def _text(length: int) -> sqlmodel.sql.sqltypes.AutoString:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def upgrade() -> None:
    """Apply. A question whose text or criteria were changed after a prediction gets the time of the last change."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    time = sqlmodel.sql.sqltypes.UTCDateTime()
    op.create_table(
        "pending_change",
        sa.Column("id", number, nullable=False),
        sa.Column("kind", _text(40), nullable=False),
        sa.Column("subject", _text(30), nullable=False),
        sa.Column("subject_id", number, nullable=False),
        sa.Column("question_id", number, nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", _text(120), nullable=False),
        sa.Column("requested_at", time, nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("affected", sa.Integer(), nullable=False),
        sa.Column("state", _enum("changestate", "pending", "approved", "rejected"), nullable=False),
        sa.Column("decided_by", _text(120), nullable=True),
        sa.Column("decided_at", time, nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("approval", _enum("approval", "another_person", "only_person", "no_score_moved"), nullable=True),
        sa.Column("result_id", number, nullable=True),
        sa.CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name=op.f("ck_pending_change_decided")),
        sa.CheckConstraint("(state = 'pending') = (decided_by IS NULL)", name=op.f("ck_pending_change_decided_by")),
        sa.CheckConstraint("(state = 'approved') = (approval IS NOT NULL)", name=op.f("ck_pending_change_approved")),
        sa.CheckConstraint("(state = 'approved') = (result_id IS NOT NULL)", name=op.f("ck_pending_change_result")),
        sa.CheckConstraint("affected >= 0", name=op.f("ck_pending_change_affected")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_pending_change_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pending_change")),
    )
    op.create_index("ix_pending_change_question_id", "pending_change", ["question_id"])
    op.create_index("ix_pending_change_state", "pending_change", ["state", "id"])
    op.add_column("question", sa.Column("criteria_changed_at", time, nullable=True))
    _date_earlier_changes(time)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _date_earlier_changes(time: sqlmodel.sql.sqltypes.UTCDateTime) -> None:
    names = ("seq", "action", "subject_id", "body")
    events = sa.table("ledger_event", *(sa.column(name) for name in names), sa.column("at", time))
    questions = sa.table("question", sa.column("id"), sa.column("criteria_changed_at", time))
    given = sa.table("prediction", sa.column("question_id"), sa.column("recorded_at", time))
    changes = sa.select(events).where(events.c.action == "question.changed").order_by(events.c.seq)
    for event in op.get_bind().execute(changes).all():
        try:
            changed = json.loads(event.body)["after"].keys() & set(CRITERIA)
        except (ValueError, LookupError, AttributeError, TypeError):  # damaged: verify names it
            continue
        if changed:
            earlier = sa.exists().where(given.c.question_id == event.subject_id, given.c.recorded_at <= event.at)
            own = sa.update(questions).where(questions.c.id == event.subject_id, earlier)
            op.get_bind().execute(own.values(criteria_changed_at=event.at))


def downgrade() -> None:
    """Take back."""
    op.drop_column("question", "criteria_changed_at")
    op.drop_table("pending_change")
