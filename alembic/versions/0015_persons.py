"""persons behind keys, expiry and last use of keys, ended sessions

Revision ID: 0015
Revises: 0014
"""

from datetime import UTC, datetime

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

#: The role of a person by the widest scope of their key.
ROLES = (("admin", "admin"), ("resolve", "editor"), ("predict", "recorder"))


def upgrade() -> None:
    """Apply. Each key becomes that of a person of its name."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    time = sqlmodel.sql.sqltypes.UTCDateTime()
    op.create_table(
        "person",
        sa.Column("id", number, nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                *("admin", "editor", "recorder", "reader"),
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            sa.Enum("active", "inactive", name="personstate", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("created_at", time, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("name", name=op.f("uq_person_name")),
    )
    op.create_table(
        "ended_session",
        sa.Column("nonce_sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("until", time, nullable=False),
        sa.PrimaryKeyConstraint("nonce_sha256", name=op.f("pk_ended_session")),
    )
    op.create_index("ix_ended_session_until", "ended_session", ["until"])
    op.add_column("api_key", sa.Column("expires_at", time, nullable=True))
    op.add_column("api_key", sa.Column("last_used_at", time, nullable=True))
    op.add_column("api_key", sa.Column("person_id", number, nullable=True))
    _make_persons()
    with op.batch_alter_table("api_key") as table:
        table.alter_column("person_id", existing_type=number, nullable=False)
        table.create_foreign_key(op.f("fk_api_key_person_id"), "person", ["person_id"], ["id"])
        table.create_index("ix_api_key_person_id", ["person_id"])


def _make_persons() -> None:
    """Enter the operator, who is behind the command line, and a person for each key."""
    time = sqlmodel.sql.sqltypes.UTCDateTime()
    keys = sa.table(
        "api_key",
        *(sa.column(name) for name in ("id", "name", "revoked_at", "person_id")),
        *(sa.column("scopes", sa.JSON()), sa.column("created_at", time)),
    )
    persons = sa.table(
        "person", *(sa.column(name) for name in ("id", "name", "role", "state")), sa.column("created_at", time)
    )
    connection = op.get_bind()
    operator = {"name": "operator", "role": "admin", "state": "active", "created_at": datetime.now(UTC)}
    connection.execute(sa.insert(persons).values(operator))
    for key in connection.execute(sa.select(keys).order_by(keys.c.id)).all():
        role = next((role for scope, role in ROLES if scope in key.scopes), "reader")
        state = "active" if key.revoked_at is None else "inactive"
        if key.name != operator["name"]:
            new = {"name": key.name, "role": role, "state": state, "created_at": key.created_at}
            connection.execute(sa.insert(persons).values(new))
        own = sa.select(persons.c.id).where(persons.c.name == key.name).scalar_subquery()
        connection.execute(sa.update(keys).where(keys.c.id == key.id).values(person_id=own))


def downgrade() -> None:
    """Take back."""
    with op.batch_alter_table("api_key") as table:
        table.drop_index("ix_api_key_person_id")
        table.drop_constraint(op.f("fk_api_key_person_id"), type_="foreignkey")
        table.drop_column("person_id")
        table.drop_column("last_used_at")
        table.drop_column("expires_at")
    op.drop_table("ended_session")
    op.drop_table("person")
