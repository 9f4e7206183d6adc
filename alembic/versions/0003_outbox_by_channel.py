"""find what waits for one channel without passing what waits for the others

Revision ID: 0003
Revises: 0002
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OLD, NEW = "ix_delivery_channel_id", "ix_delivery_channel_id_state_next_at"


def upgrade() -> None:
    """Apply."""
    op.create_index(NEW, "delivery", ["channel_id", "state", "next_at"])
    op.drop_index(OLD, "delivery")


def downgrade() -> None:
    """Take back."""
    op.create_index(OLD, "delivery", ["channel_id"])
    op.drop_index(NEW, "delivery")
