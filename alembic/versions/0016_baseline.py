"""note that the record is older than the events from which it can be rebuilt, so that it gets a baseline

Revision ID: 0016
Revises: 0015
"""

from datetime import UTC, datetime

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

STATE = sa.table(
    "service_state",
    *(sa.column("name"), sa.column("value"), sa.column("at", sqlmodel.sql.sqltypes.UTCDateTime())),
)


def upgrade() -> None:
    """Apply. A new database has no event yet, and needs none."""
    connection = op.get_bind()
    if connection.execute(sa.text("SELECT 1 FROM ledger_event LIMIT 1")).first():
        connection.execute(sa.insert(STATE).values(name="baseline", value="", at=datetime.now(UTC)))


def downgrade() -> None:
    """Take back."""
    op.execute(sa.delete(STATE).where(STATE.c.name == "baseline"))
