"""a commentator's statement has a day and, where it is published, an address

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("commentator", sa.Column("statement_on", sa.String(length=10), nullable=True))
    op.add_column("commentator", sa.Column("statement_url", sa.String(length=2000), nullable=True))


def downgrade() -> None:
    """Take back."""
    op.drop_column("commentator", "statement_url")
    op.drop_column("commentator", "statement_on")
