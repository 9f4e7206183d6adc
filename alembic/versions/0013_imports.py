"""imports in pieces, whose rows are hidden until they are complete

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TABLES = ("commentator", "source", "question", "reference", "prediction")
APPEND_ONLY = "prediction is append-only: a correction supersedes, nothing is edited away"
UNFINISHED = "SELECT 1 FROM import WHERE id = OLD.import_id AND completed_at IS NULL"


def upgrade() -> None:
    """Apply."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "import",
        sa.Column("id", number, nullable=False),
        sa.Column("token", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column(
            "source",
            sa.Enum("file", "batch", name="importsource", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("actor", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("begun_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("renewed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("dropped_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("completed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("finished_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
    )
    unfinished = sa.text("finished_at IS NULL")
    op.create_index("ix_import_unfinished", "import", ["id"], sqlite_where=unfinished, postgresql_where=unfinished)
    op.create_table(
        "import_question",
        sa.Column("import_id", number, nullable=False),
        sa.Column("question_id", number, nullable=False),
        sa.Column("counted_to", number, nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name=op.f("fk_import_question_import_id")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_import_question_question_id")),
        sa.PrimaryKeyConstraint("import_id", "question_id", name=op.f("pk_import_question")),
    )
    op.create_index("ix_import_question_question_id", "import_question", ["question_id"])
    op.create_table(
        "import_line",
        sa.Column("import_id", number, nullable=False),
        sa.Column("position", number, autoincrement=False, nullable=False),
        sa.Column("number", number, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("waits_for", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name=op.f("fk_import_line_import_id")),
        sa.PrimaryKeyConstraint("import_id", "position", name=op.f("pk_import_line")),
    )
    of_import = sa.text("import_id IS NOT NULL")
    for table in TABLES:
        # Not in batch mode: on SQLite that would make the table anew, and lose the triggers that keep rows append-only.
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN import_id {'INTEGER' if _is_sqlite() else 'BIGINT'} "
            f"CONSTRAINT fk_{table}_import_id REFERENCES import (id)"
        )
        op.create_index(
            f"ix_{table}_import_id", table, ["import_id"], sqlite_where=of_import, postgresql_where=of_import
        )
    _let_unfinished_imports_be_dropped()
    _keep_complete_imports()


def downgrade() -> None:
    """Take back. Raises an error while an import is not finished, whose rows would become visible."""
    if op.get_bind().execute(sa.text("SELECT 1 FROM import WHERE finished_at IS NULL")).first():
        raise RuntimeError("an import is not finished: let the service finish it first")
    _refuse_every_deletion()
    if not _is_sqlite():
        op.execute("DROP TRIGGER import_stays_complete ON import")
        op.execute("DROP FUNCTION refuse_incompletion()")
    for table in TABLES:
        op.drop_index(f"ix_{table}_import_id", table)
        op.execute(f"ALTER TABLE {table} DROP COLUMN import_id")
    op.drop_table("import_line")
    op.drop_table("import_question")
    op.drop_table("import")


def _is_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _let_unfinished_imports_be_dropped() -> None:
    """Allow the deletion of predictions that were never visible."""
    if _is_sqlite():
        op.execute("DROP TRIGGER prediction_refuses_delete")
        op.execute(
            "CREATE TRIGGER prediction_refuses_delete BEFORE DELETE ON prediction "
            f"WHEN NOT EXISTS ({UNFINISHED}) BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
        )
        return
    op.execute("DROP TRIGGER prediction_refuses_change ON prediction")
    op.execute(
        "CREATE TRIGGER prediction_refuses_change BEFORE UPDATE OR TRUNCATE ON prediction "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        "CREATE FUNCTION refuse_deletion() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF EXISTS ({UNFINISHED}) THEN RETURN OLD; END IF; "
        f"RAISE EXCEPTION '{APPEND_ONLY}' USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    op.execute(
        "CREATE TRIGGER prediction_refuses_delete BEFORE DELETE ON prediction "
        "FOR EACH ROW EXECUTE FUNCTION refuse_deletion()"
    )


def _keep_complete_imports() -> None:
    """Refuse to delete a complete import, or to make it incomplete, which would hide its rows."""
    message = "a complete import is append-only: its rows are on record"
    changed = "NEW.completed_at IS NULL OR NEW.completed_at <> OLD.completed_at"
    if _is_sqlite():
        for action, when in (("DELETE", ""), ("UPDATE", f" AND ({changed})")):
            op.execute(
                f"CREATE TRIGGER import_stays_complete_on_{action.lower()} BEFORE {action} ON import "
                f"WHEN OLD.completed_at IS NOT NULL{when} BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_incompletion() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF OLD.completed_at IS NOT NULL AND (TG_OP = 'DELETE' OR {changed}) THEN "
        f"RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation'; END IF; "
        "RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END; END $$"
    )
    op.execute(
        "CREATE TRIGGER import_stays_complete BEFORE UPDATE OR DELETE ON import "
        "FOR EACH ROW EXECUTE FUNCTION refuse_incompletion()"
    )


def _refuse_every_deletion() -> None:
    if _is_sqlite():
        op.execute("DROP TRIGGER prediction_refuses_delete")
        op.execute(
            "CREATE TRIGGER prediction_refuses_delete BEFORE DELETE ON prediction "
            f"BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END"
        )
        return
    op.execute("DROP TRIGGER prediction_refuses_delete ON prediction")
    op.execute("DROP FUNCTION refuse_deletion()")
    op.execute("DROP TRIGGER prediction_refuses_change ON prediction")
    op.execute(
        "CREATE TRIGGER prediction_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON prediction "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
