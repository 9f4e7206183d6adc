"""plain names: vague and verbal predictions, running totals, and what a probe observed

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

RENAMED = (
    ("prediction", "hedged", "vague"),
    ("score", "hedged", "vague"),
    ("score", "worded", "verbal"),
    ("attached_resolver", "sight", "state"),
    ("attached_resolver", "saw", "observed"),
    ("attached_resolver", "good_at", "last_good_at"),
)
COUNTS = ("questions", "resolved", "annulled", "uncounted")
SUMS = ("opening", "latest", "time_weighted", "opening_low", "opening_high")


def upgrade() -> None:
    """Apply."""
    for table, old, new in RENAMED:
        # Not in batch mode: on SQLite that would make the table anew, and lose the triggers that keep rows append-only.
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    _move_totals("standing", "hedged", "running_total", "vague")


def downgrade() -> None:
    """Take back."""
    _move_totals("running_total", "vague", "standing", "hedged")
    for table, old, new in reversed(RENAMED):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")


def _move_totals(old: str, old_count: str, new: str, new_count: str) -> None:
    """Move the totals to a table of another name, whose constraints and index are named for it."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    checked = " AND ".join(f"{name} >= 0" for name in (*COUNTS, new_count))
    op.create_table(
        new,
        sa.Column("commentator_id", number, nullable=False),
        sa.Column("topic", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in (*COUNTS, new_count)),
        *(sa.Column(name, number, nullable=False) for name in SUMS),
        sa.CheckConstraint(checked, name=op.f(f"ck_{new}_counts")),
        sa.ForeignKeyConstraint(["commentator_id"], ["commentator.id"], name=op.f(f"fk_{new}_commentator_id")),
        sa.PrimaryKeyConstraint("commentator_id", "topic", name=op.f(f"pk_{new}")),
    )
    shared = ("commentator_id", "topic", *COUNTS, *SUMS)
    totals = sa.table(new, *map(sa.column, (*shared, new_count)))
    before = sa.table(old, *map(sa.column, (*shared, old_count)))
    op.execute(sa.insert(totals).from_select([*shared, new_count], sa.select(before)))
    op.drop_table(old)
    op.create_index(f"ix_{new}_topic", new, ["topic", "commentator_id"])
