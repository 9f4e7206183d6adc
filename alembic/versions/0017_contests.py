"""an index of corrections

Revision ID: 0017
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

#: As `predictions/queries/corrections.py` names them.
CORRECTIONS = (
    *("prediction.corrected", "prediction.withdrawn"),
    *("commentator.changed", "source.changed", "question.changed", "question.postponed", "question.deadline_corrected"),
    *("resolution.corrected", "resolution.retracted", "resolution.taken_back"),
)


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


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_ledger_event_corrections", "ledger_event")
