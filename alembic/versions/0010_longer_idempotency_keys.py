"""an Idempotency-Key has up to 255 characters

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _set_length(200, 255)


def downgrade() -> None:
    """Take back; longer keys are forgotten, as a key is only needed until its request has been repeated."""
    op.execute(sa.text("DELETE FROM idempotent_reply WHERE length(key) > 200"))
    _set_length(255, 200)


def _set_length(before: int, after: int) -> None:
    with op.batch_alter_table("idempotent_reply") as table:
        table.alter_column("key", existing_type=sa.String(before), type_=sa.String(after), existing_nullable=False)
