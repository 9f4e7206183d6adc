"""Connect to the database: engine, transactions, migrations, queued writes, backups.

Entry points: `engine`, `migrate.upgrade`, `write_queue.Writer`, `backup`.
"""
