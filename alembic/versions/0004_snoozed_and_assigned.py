"""let a question rest until a time, and belong to a person

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("question", sa.Column("snoozed_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.add_column("question", sa.Column("snoozes", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("question", sa.Column("assignee", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True))


def downgrade() -> None:
    """Take back."""
    for name in ("assignee", "snoozes", "snoozed_until"):
        op.drop_column("question", name)
