"""Runs migrations on a connection handed in by the program, or on the configured database from the command line."""

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

# The tables register themselves on import; one that is missing here would be dropped by the next migration.
import predictions.changes.models
import predictions.checkpoints.models
import predictions.contests.models
import predictions.models
import predictions.queries.corrections  # noqa: F401
import resolvers.notifications.models
import resolvers.probing.models
import resolvers.prompts.models  # noqa: F401
import service.db.models  # noqa: F401
from service.db.engine import make_engine
from service.settings import Settings


def run(connection: Connection) -> None:
    """Run what was asked for, in the transaction of `connection`."""
    context.configure(connection=connection, target_metadata=SQLModel.metadata, render_as_batch=True, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = make_engine(Settings().database)
    with engine.begin() as own:
        run(own)
    engine.dispose()
