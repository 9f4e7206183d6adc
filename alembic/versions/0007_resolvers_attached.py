"""a question has a resolver, and what is known of its source survives a restart

Revision ID: 0007
Revises: 0006
"""

from typing import Any

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SIGHTS = ("waiting", "nothing", "proposed", "unavailable", "changed", "misconfigured", "failed")


def _text(length: int) -> sa.types.TypeEngine[Any]:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def _at(name: str, *, nullable: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sqlmodel.sql.sqltypes.UTCDateTime(), nullable=nullable)


def upgrade() -> None:
    """Apply."""
    _attached_resolvers()
    op.create_table(
        "source_host",
        sa.Column("host", _text(300), nullable=False),
        _at("next_at"),
        sa.Column("failures", sa.Integer(), nullable=False),
        _at("last_good_at"),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("broken", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_source_host")),
    )
    op.create_table(
        "source_page",
        sa.Column("url_sha256", _text(64), nullable=False),
        sa.Column("sha256", _text(64), nullable=False),
        _at("checked_at", nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("final_url", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("url_sha256", name=op.f("pk_source_page")),
    )


def _attached_resolvers() -> None:
    name = "attached_resolver"
    checks = {
        "lead_hours": "lead_hours >= 0",
        "every_minutes": "every_minutes > 0",
        "failures": "failures >= 0",
        "lease": "(lease_token IS NULL) = (lease_until IS NULL)",
        "automatic_by": "(automatic_by IS NULL) = (NOT automatic)",
    }
    op.create_table(
        name,
        sa.Column("question_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("resolver", _text(80), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("lead_hours", sa.Integer(), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("automatic_by", _text(200), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        _at("attached_at", nullable=False),
        sa.Column("attached_by", _text(200), nullable=False),
        _at("next_probe_at", nullable=False),
        _at("lease_until"),
        sa.Column("lease_token", _text(40), nullable=True),
        _at("probed_at"),
        sa.Column(
            "sight",
            sa.Enum(*SIGHTS, name="sight", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("saw", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _at("good_at"),
        sa.Column("failures", sa.Integer(), nullable=False),
        *(sa.CheckConstraint(check, name=op.f(f"ck_{name}_{what}")) for what, check in checks.items()),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f(f"fk_{name}_question_id")),
        sa.PrimaryKeyConstraint("question_id", name=op.f(f"pk_{name}")),
    )
    op.create_index("ix_attached_resolver_next_probe_at", name, ["next_probe_at"])


def downgrade() -> None:
    """Take back."""
    for name in ("source_page", "source_host", "attached_resolver"):
        op.drop_table(name)
