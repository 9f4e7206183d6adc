"""signed checkpoints of the ledger, and the stored hashes of its tree

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

APPEND_ONLY = ("checkpoint_key", "checkpoint", "checkpoint_stamp")
MESSAGE = "append-only: a correction supersedes, nothing is edited away"


def upgrade() -> None:
    """Apply. The tree of events that are there already is stored by the scheduler, in pieces."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    time = sqlmodel.sql.sqltypes.UTCDateTime()
    text = sqlmodel.sql.sqltypes.AutoString
    op.create_table(
        "ledger_subtree",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", number, autoincrement=False, nullable=False),
        sa.Column("hash", text(length=64), nullable=False),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_ledger_subtree")),
    )
    op.create_table(
        "checkpoint_key",
        sa.Column("id", number, autoincrement=False, nullable=False),
        sa.Column("verifier_key", text(length=400), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("abandoned", sa.Text(), nullable=True),
        sa.Column("announced_at", time, nullable=False),
        sa.Column("announced_by", text(length=120), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoint_key")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("id", number, autoincrement=False, nullable=False),
        sa.Column("size", number, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "checkpoint_stamp",
        sa.Column("id", number, autoincrement=False, nullable=False),
        sa.Column("checkpoint_id", number, nullable=False),
        sa.Column("kind", text(length=30), nullable=False),
        sa.Column("name", text(length=200), nullable=False),
        sa.Column("sha256", text(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("attached_at", time, nullable=False),
        sa.Column("attached_by", text(length=120), nullable=False),
        sa.ForeignKeyConstraint(["checkpoint_id"], ["checkpoint.id"], name=op.f("fk_checkpoint_stamp_checkpoint_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checkpoint_stamp")),
    )
    op.create_index("ix_checkpoint_stamp_checkpoint_id", "checkpoint_stamp", ["checkpoint_id"])
    _refuse_changes()


def downgrade() -> None:
    """Take back."""
    op.drop_table("checkpoint_stamp")
    op.drop_table("checkpoint")
    op.drop_table("checkpoint_key")
    op.drop_table("ledger_subtree")


def _refuse_changes() -> None:
    for table in APPEND_ONLY:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
            continue
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is {MESSAGE}'); END"
            )
