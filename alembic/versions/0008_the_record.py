"""the schema of the first public database, before which no version was released

Revision ID: 0008
Revises:
"""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

revision = "0008"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("prediction", "resolution", "ledger_event")
MESSAGE = "append-only: a correction supersedes, nothing is edited away"


def upgrade() -> None:
    """Apply."""
    _create_tables()
    if op.get_bind().dialect.name == "postgresql":
        _refuse_changes_on_postgresql()
    else:
        _refuse_changes_on_sqlite()


def downgrade() -> None:
    """Take back."""
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP TRIGGER {table}_refuses_change ON {table}")
        op.execute("DROP FUNCTION refuse_change()")
    op.drop_table("delivery_attempt")
    op.drop_table("score")
    op.drop_table("resolution")
    op.drop_table("delivery")
    op.drop_table("subscription")
    op.drop_table("standing")
    op.drop_table("reference")
    op.drop_table("question_topic")
    op.drop_table("proposal")
    op.drop_table("prompt")
    op.drop_table("prediction")
    op.drop_table("attached_resolver")
    op.drop_table("source_page")
    op.drop_table("source_host")
    op.drop_table("source")
    op.drop_table("question")
    op.drop_table("ledger_event")
    op.drop_table("idempotent_reply")
    op.drop_table("commentator")
    op.drop_table("channel")
    op.drop_table("api_key")


def _refuse_changes_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for action in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is {MESSAGE}'); END"
            )


def _refuse_changes_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '% is {MESSAGE}', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    for table in APPEND_ONLY:
        # Row triggers do not see TRUNCATE: a statement trigger does.
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def _create_tables() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("prefix", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("revoked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("name", name=op.f("uq_api_key_name")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_key_prefix")),
    )
    op.create_table(
        "channel",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "webhook", "email", "chat", name="channelkind", native_enum=False, create_constraint=True, length=32
            ),
            nullable=False,
        ),
        sa.Column("target", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("secret", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("escalations_only", sa.Boolean(), nullable=False),
        sa.Column("person", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
        sa.Column("zone", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False, server_default="UTC"),
        sa.Column("quiet_from", sqlmodel.sql.sqltypes.AutoString(length=5), nullable=True),
        sa.Column("quiet_to", sqlmodel.sql.sqltypes.AutoString(length=5), nullable=True),
        sa.Column("digest_at", sqlmodel.sql.sqltypes.AutoString(length=5), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.Text(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel")),
        sa.UniqueConstraint("name", name=op.f("uq_channel_name")),
    )
    op.create_table(
        "commentator",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("name_key", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "person",
                "organisation",
                "market",
                "model",
                name="commentatorkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("statement_on", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=True),
        sa.Column("statement_url", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=True),
        sa.Column("invented", sa.Boolean(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commentator")),
        sa.UniqueConstraint("name_key", name=op.f("uq_commentator_name_key")),
        sa.UniqueConstraint("slug", name=op.f("uq_commentator_slug")),
    )
    op.create_table(
        "idempotent_reply",
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("owner", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("request_sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("key", "owner", name=op.f("pk_idempotent_reply")),
    )
    op.create_index(op.f("ix_idempotent_reply_created_at"), "idempotent_reply", ["created_at"], unique=False)
    op.create_table(
        "ledger_event",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("actor", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("action", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("subject", sqlmodel.sql.sqltypes.AutoString(length=30), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("salt", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("body_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_ledger_event")),
        sa.UniqueConstraint("hash", name=op.f("uq_ledger_event_hash")),
    )
    op.create_index("ix_ledger_event_subject", "ledger_event", ["subject", "subject_id"], unique=False)
    op.create_table(
        "question",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("slug", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("resolution_criteria", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "binary",
                "categorical",
                "ordinal",
                name="questionkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("options", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("opens_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("deadline", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("deadline_zone", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column(
            "deadline_basis",
            sa.Enum(
                "stated",
                "implied",
                "assigned",
                name="deadlinebasis",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("event", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("condition_question_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("condition_outcome", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
        sa.Column("condition_text", sa.Text(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "due",
                "resolved",
                "annulled",
                name="questionstatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("due_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("next_prompt_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("prompts", sa.Integer(), nullable=False),
        sa.Column("snoozed_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("snoozes", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("assignee", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
        sa.Column("known_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("invented", sa.Boolean(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("(kind = 'binary') = (options IS NULL)", name=op.f("ck_question_options_fit_kind")),
        sa.CheckConstraint(
            "(status = 'annulled') = (outcome IS NOT NULL AND outcome = 'annulled')", name=op.f("ck_question_annulled")
        ),
        sa.CheckConstraint(
            "(status IN ('resolved', 'annulled')) = (outcome IS NOT NULL)", name=op.f("ck_question_outcome_fits_status")
        ),
        sa.CheckConstraint(
            "(condition_question_id IS NULL) = (condition_outcome IS NULL)", name=op.f("ck_question_condition")
        ),
        sa.CheckConstraint("(outcome IS NULL) = (known_at IS NULL)", name=op.f("ck_question_known_at_fits_outcome")),
        sa.CheckConstraint("due_at <= deadline", name=op.f("ck_question_due_by_deadline")),
        sa.CheckConstraint("prompts >= 0", name=op.f("ck_question_prompts")),
        sa.ForeignKeyConstraint(
            ["condition_question_id"], ["question.id"], name=op.f("fk_question_condition_question_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("slug", name=op.f("uq_question_slug")),
    )
    op.create_index(op.f("ix_question_condition_question_id"), "question", ["condition_question_id"], unique=False)
    op.create_index(op.f("ix_question_event"), "question", ["event"], unique=False)
    op.create_index("ix_question_next_prompt_at", "question", ["next_prompt_at"], unique=False)
    op.create_index("ix_question_status_deadline", "question", ["status", "deadline"], unique=False)
    op.create_table(
        "source",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("url", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("outlet", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("published_on", sqlmodel.sql.sqltypes.AutoString(length=10), nullable=True),
        sa.Column("invented", sa.Boolean(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("url", name=op.f("uq_source_url")),
    )
    op.create_index(op.f("ix_source_outlet"), "source", ["outlet"], unique=False)
    op.create_table(
        "source_host",
        sa.Column("host", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("next_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_good_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("broken", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("host", name=op.f("pk_source_host")),
    )
    op.create_table(
        "source_page",
        sa.Column("url_sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("checked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("final_url", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("url_sha256", name=op.f("pk_source_page")),
    )
    op.create_table(
        "attached_resolver",
        sa.Column("question_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("resolver", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.Column("lead_hours", sa.Integer(), nullable=False),
        sa.Column("every_minutes", sa.Integer(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("automatic_by", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("attached_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("attached_by", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("next_probe_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("lease_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("lease_token", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.Column("probed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column(
            "sight",
            sa.Enum(
                "waiting",
                "nothing",
                "proposed",
                "unavailable",
                "changed",
                "misconfigured",
                "failed",
                name="sight",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("saw", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("good_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.CheckConstraint("(automatic_by IS NULL) = (NOT automatic)", name=op.f("ck_attached_resolver_automatic_by")),
        sa.CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name=op.f("ck_attached_resolver_lease")),
        sa.CheckConstraint("every_minutes > 0", name=op.f("ck_attached_resolver_every_minutes")),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_attached_resolver_failures")),
        sa.CheckConstraint("lead_hours >= 0", name=op.f("ck_attached_resolver_lead_hours")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_attached_resolver_question_id")),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_attached_resolver")),
    )
    op.create_index("ix_attached_resolver_next_probe_at", "attached_resolver", ["next_probe_at"], unique=False)
    op.create_table(
        "prediction",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("commentator_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("question_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("recorded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("recorded_by", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("probability", sa.Float(), nullable=True),
        sa.Column("probabilities", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("hedge", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
        sa.Column("lexicon", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.Column("lexicon_version", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=True),
        sa.Column("phrase", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=True),
        sa.Column("hedged", sa.Boolean(), nullable=False),
        sa.Column("overridden", sa.Boolean(), nullable=False),
        sa.Column("against", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("commitment", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("supersedes_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(hedge IS NULL) = (lexicon IS NULL)", name=op.f("ck_prediction_hedge_has_lexicon")),
        sa.CheckConstraint(
            "(lexicon IS NULL) = (lexicon_version IS NULL)", name=op.f("ck_prediction_lexicon_has_version")
        ),
        sa.CheckConstraint(
            "(low IS NULL) = (probability IS NULL) AND (high IS NULL) = (low IS NULL)",
            name=op.f("ck_prediction_has_interval"),
        ),
        sa.CheckConstraint(
            "(supersedes_id IS NULL) = (reason IS NULL)", name=op.f("ck_prediction_superseding_has_reason")
        ),
        sa.CheckConstraint(
            "NOT withdrawn OR supersedes_id IS NOT NULL", name=op.f("ck_prediction_withdrawn_supersedes")
        ),
        sa.CheckConstraint(
            "commitment OR withdrawn OR probability IS NOT NULL OR probabilities IS NOT NULL",
            name=op.f("ck_prediction_has_probability"),
        ),
        sa.CheckConstraint(
            "low >= 0 AND low <= probability AND probability <= high AND high <= 1", name=op.f("ck_prediction_interval")
        ),
        sa.CheckConstraint("probability >= 0 AND probability <= 1", name=op.f("ck_prediction_probability")),
        sa.CheckConstraint("probability IS NULL OR probabilities IS NULL", name=op.f("ck_prediction_one_form")),
        sa.ForeignKeyConstraint(["commentator_id"], ["commentator.id"], name=op.f("fk_prediction_commentator_id")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_prediction_question_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_prediction_source_id")),
        sa.ForeignKeyConstraint(["supersedes_id"], ["prediction.id"], name=op.f("fk_prediction_supersedes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prediction")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_prediction_supersedes_id")),
    )
    op.create_index("ix_prediction_commentator", "prediction", ["commentator_id", "id"], unique=False)
    op.create_index("ix_prediction_made_at", "prediction", ["made_at"], unique=False)
    op.create_index("ix_prediction_question_commentator", "prediction", ["question_id", "commentator_id"], unique=False)
    op.create_index(op.f("ix_prediction_source_id"), "prediction", ["source_id"], unique=False)
    op.create_table(
        "prompt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("question_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("stage", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("due_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("scheduled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_prompt_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompt")),
        sa.UniqueConstraint("question_id", "due_at", "stage", name=op.f("uq_prompt_question_id_due_at_stage")),
    )
    op.create_index("ix_prompt_created_at", "prompt", ["created_at"], unique=False)
    op.create_table(
        "proposal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("question_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("resolver", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("config_sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("known_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("evidence_sha256", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "confirmed",
                "rejected",
                "overtaken",
                name="proposalstate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("proposed_by", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("proposed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("decided_by", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'pending') = (decided_at IS NULL)", name=op.f("ck_proposal_decided")),
        sa.CheckConstraint("confidence >= 0 AND confidence <= 1", name=op.f("ck_proposal_confidence")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_proposal_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint(
            "question_id",
            "resolver",
            "config_sha256",
            "outcome",
            "evidence_sha256",
            name=op.f("uq_proposal_question_id_resolver_config_sha256_outcome_evidence_sha256"),
        ),
    )
    op.create_index(op.f("ix_proposal_question_id"), "proposal", ["question_id"], unique=False)
    op.create_table(
        "question_topic",
        sa.Column("question_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_question_topic_question_id")),
        sa.PrimaryKeyConstraint("question_id", "topic", name=op.f("pk_question_topic")),
    )
    op.create_index(op.f("ix_question_topic_topic"), "question_topic", ["topic"], unique=False)
    op.create_table(
        "reference",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("question_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("probabilities", sa.JSON(), nullable=False),
        sa.Column("source", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("as_of", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_reference_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reference")),
        sa.UniqueConstraint("question_id", "as_of", "source", name=op.f("uq_reference_question_id_as_of_source")),
    )
    op.create_table(
        "standing",
        sa.Column("commentator_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("topic", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("resolved", sa.Integer(), nullable=False),
        sa.Column("annulled", sa.Integer(), nullable=False),
        sa.Column("uncounted", sa.Integer(), nullable=False),
        sa.Column("hedged", sa.Integer(), nullable=False),
        sa.Column("opening", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("latest", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("time_weighted", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opening_low", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opening_high", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.CheckConstraint(
            "questions >= 0 AND resolved >= 0 AND annulled >= 0 AND uncounted >= 0 AND hedged >= 0",
            name=op.f("ck_standing_counts"),
        ),
        sa.ForeignKeyConstraint(["commentator_id"], ["commentator.id"], name=op.f("fk_standing_commentator_id")),
        sa.PrimaryKeyConstraint("commentator_id", "topic", name=op.f("pk_standing")),
    )
    op.create_index("ix_standing_topic", "standing", ["topic", "commentator_id"], unique=False)
    op.create_table(
        "subscription",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("question_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("topic", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=True),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("created_by", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.CheckConstraint("(question_id IS NULL) <> (topic IS NULL)", name=op.f("ck_subscription_names_one")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_subscription_channel_id")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_subscription_question_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("channel_id", "question_id", name=op.f("uq_subscription_channel_id_question_id")),
        sa.UniqueConstraint("channel_id", "topic", name=op.f("uq_subscription_channel_id_topic")),
    )
    op.create_index(op.f("ix_subscription_question_id"), "subscription", ["question_id"], unique=False)
    op.create_index(op.f("ix_subscription_topic"), "subscription", ["topic"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("prompt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("channel_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("message_id", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "delivered",
                "dead",
                "cancelled",
                name="deliverystate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("lease_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("lease_token", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("finished_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("state = 'pending' OR lease_token IS NULL", name=op.f("ck_delivery_leased_is_pending")),
        sa.CheckConstraint("(lease_token IS NULL) = (lease_until IS NULL)", name=op.f("ck_delivery_lease")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_delivery_attempts")),
        sa.ForeignKeyConstraint(["channel_id"], ["channel.id"], name=op.f("fk_delivery_channel_id")),
        sa.ForeignKeyConstraint(["prompt_id"], ["prompt.id"], name=op.f("fk_delivery_prompt_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("message_id", name=op.f("uq_delivery_message_id")),
        sa.UniqueConstraint("prompt_id", "channel_id", name=op.f("uq_delivery_prompt_id_channel_id")),
    )
    op.create_index(
        "ix_delivery_channel_id_state_next_at", "delivery", ["channel_id", "state", "next_at"], unique=False
    )
    op.create_index(op.f("ix_delivery_digest_id"), "delivery", ["digest_id"], unique=False)
    op.create_index("ix_delivery_state_next_at", "delivery", ["state", "next_at"], unique=False)
    op.create_table(
        "resolution",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("question_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=True),
        sa.Column("known_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.Column("resolved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("resolved_by", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("proposal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("supersedes_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint("(outcome IS NULL) = (known_at IS NULL)", name=op.f("ck_resolution_known_at_fits_outcome")),
        sa.CheckConstraint(
            "outcome IS NOT NULL OR supersedes_id IS NOT NULL", name=op.f("ck_resolution_taking_back_supersedes")
        ),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposal.id"], name=op.f("fk_resolution_proposal_id")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_resolution_question_id")),
        sa.ForeignKeyConstraint(["supersedes_id"], ["resolution.id"], name=op.f("fk_resolution_supersedes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resolution")),
        sa.UniqueConstraint("supersedes_id", name=op.f("uq_resolution_supersedes_id")),
    )
    op.create_index("ix_resolution_question_id", "resolution", ["question_id", "id"], unique=False)
    op.create_index(
        "uq_resolution_first",
        "resolution",
        ["question_id"],
        unique=True,
        sqlite_where=sa.text("supersedes_id IS NULL"),
        postgresql_where=sa.text("supersedes_id IS NULL"),
    )
    op.create_table(
        "score",
        sa.Column("commentator_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("question_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opening", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("latest", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("time_weighted", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opening_low", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opening_high", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opening_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("latest_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("reference", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "reference_type",
            sa.Enum(
                "market",
                "consensus",
                "base_rate",
                "even",
                name="referencetype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("worded", sa.Boolean(), nullable=False),
        sa.Column("hedged", sa.Boolean(), nullable=False),
        sa.Column("recorded_late", sa.Boolean(), nullable=False),
        sa.Column("deadline", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "0 <= opening_low AND opening_low <= opening AND opening <= opening_high",
            name=op.f("ck_score_opening_range"),
        ),
        sa.CheckConstraint("counted > 0", name=op.f("ck_score_counted")),
        sa.CheckConstraint("latest BETWEEN 0 AND 1000000000000", name=op.f("ck_score_latest")),
        sa.CheckConstraint("opening BETWEEN 0 AND 1000000000000", name=op.f("ck_score_opening")),
        sa.CheckConstraint("time_weighted BETWEEN 0 AND 1000000000000", name=op.f("ck_score_time_weighted")),
        sa.ForeignKeyConstraint(["commentator_id"], ["commentator.id"], name=op.f("fk_score_commentator_id")),
        sa.ForeignKeyConstraint(["latest_id"], ["prediction.id"], name=op.f("fk_score_latest_id")),
        sa.ForeignKeyConstraint(["opening_id"], ["prediction.id"], name=op.f("fk_score_opening_id")),
        sa.ForeignKeyConstraint(["question_id"], ["question.id"], name=op.f("fk_score_question_id")),
        sa.PrimaryKeyConstraint("commentator_id", "question_id", name=op.f("pk_score")),
    )
    op.create_index("ix_score_deadline", "score", ["deadline"], unique=False)
    op.create_index("ix_score_question_id", "score", ["question_id"], unique=False)
    op.create_table(
        "delivery_attempt",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("delivery_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("finished_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_attempt_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attempt")),
        sa.UniqueConstraint("delivery_id", "number", name=op.f("uq_delivery_attempt_delivery_id_number")),
    )
