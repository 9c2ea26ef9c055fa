"""Alembic's entry point; the address comes from `migrate.alembic_config`."""

from alembic import context
from sqlalchemy import create_engine

from bot.storage.models import Base

engine = create_engine(context.config.attributes["url"], hide_parameters=True)
with engine.connect() as connection:
    if connection.dialect.name == "postgresql":
        # Several processes may start at once on an empty database.
        connection.exec_driver_sql("SELECT pg_advisory_lock(7262)")
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
engine.dispose()
