"""plain names: vague and verbal predictions, running totals, observations of probes; the mark of a demo

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
#: Tables that marked each row as invented; a demo is now marked by its database.
MARKED = ("commentator", "source", "question")
#: Constraints that are named for what was renamed: table, old and new name.
CONSTRAINTS = (
    ("attached_resolver", "ck_attached_resolver_sight", "ck_attached_resolver_probestatus"),
    ("resolution", "ck_resolution_taking_back_supersedes", "ck_resolution_retraction_supersedes"),
)
COUNTS = ("questions", "resolved", "annulled", "uncounted")
SUMS = ("opening", "latest", "time_weighted", "opening_low", "opening_high")


def upgrade() -> None:
    """Apply."""
    for table, old, new in RENAMED:
        # Not in batch mode: on SQLite that would make the table anew, and lose the triggers that keep rows append-only.
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    _move_totals("standing", "hedged", "running_total", "vague")
    for table, old, new in CONSTRAINTS:
        _rename_constraint(table, old, new)
    _mark_demo()
    for table in MARKED:
        op.execute(f"ALTER TABLE {table} DROP COLUMN invented")


def downgrade() -> None:
    """Take back."""
    for table in MARKED:
        op.add_column(table, sa.Column("invented", sa.Boolean(), nullable=False, server_default=sa.false()))
        marked = sa.table(table, sa.column("invented"))
        op.execute(
            sa.update(marked).values(invented=sa.exists(sa.select(sa.text("1")).select_from(sa.table("demo_mark"))))
        )
    op.drop_table("demo_mark")
    for table, old, new in CONSTRAINTS:
        _rename_constraint(table, new, old)
    _move_totals("running_total", "vague", "standing", "hedged")
    for table, old, new in reversed(RENAMED):
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {new} TO {old}")


def _rename_constraint(table: str, old: str, new: str) -> None:
    """Rename a constraint; SQLite cannot, and refuses values under the former name of the constraint."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} RENAME CONSTRAINT {old} TO {new}")


def _mark_demo() -> None:
    """Create the mark of a demo; set it where there are questions and all of them are invented."""
    op.create_table(
        "demo_mark",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_demo_mark_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_demo_mark")),
    )
    questions = sa.table("question", sa.column("invented", sa.Boolean()), sa.column("created_at"))
    real = sa.select(sa.literal(1)).select_from(questions).where(~questions.c.invented)
    begun = (
        sa.select(sa.literal(1), sa.func.min(questions.c.created_at))
        .where(~sa.exists(real))
        .having(sa.func.count() > 0)
    )
    mark = sa.table("demo_mark", sa.column("id"), sa.column("created_at"))
    op.execute(sa.insert(mark).from_select(["id", "created_at"], begun))


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
