"""channels have hours, digests and persons; a question or a topic can be watched

Revision ID: 0005
Revises: 0004
"""

from typing import Any

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _text(length: int) -> sa.types.TypeEngine[Any]:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def _key() -> sa.types.TypeEngine[Any]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Apply."""
    op.add_column("channel", sa.Column("person", _text(200), nullable=True))
    op.add_column("channel", sa.Column("zone", _text(64), nullable=False, server_default="UTC"))
    for name in ("quiet_from", "quiet_to", "digest_at"):
        op.add_column("channel", sa.Column(name, _text(5), nullable=True))
    op.add_column("delivery", sa.Column("digest_id", _key(), nullable=True))
    op.create_index("ix_delivery_digest_id", "delivery", ["digest_id"])
    op.create_table(
        "subscription",
        sa.Column("id", _key(), nullable=False),
        sa.Column("channel_id", _key(), nullable=False),
        sa.Column("question_id", _key(), nullable=True),
        sa.Column("topic", _text(60), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("created_by", _text(200), nullable=False),
        sa.CheckConstraint("(question_id IS NULL) <> (topic IS NULL)", name=op.f("ck_subscription_names_one")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_subscription_channel_id")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_subscription_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("channel_id", "question_id", name=op.f("uq_subscription_channel_id_question_id")),
        sa.UniqueConstraint("channel_id", "topic", name=op.f("uq_subscription_channel_id_topic")),
    )
    op.create_index("ix_subscription_question_id", "subscription", ["question_id"])
    op.create_index("ix_subscription_topic", "subscription", ["topic"])


def downgrade() -> None:
    """Take back."""
    op.drop_table("subscription")
    op.drop_index("ix_delivery_digest_id", "delivery")
    op.drop_column("delivery", "digest_id")
    for name in ("digest_at", "quiet_to", "quiet_from", "zone", "person"):
        op.drop_column("channel", name)
