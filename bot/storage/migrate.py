"""Bringing a database to the newest schema. Migrations go forward only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DatabaseError

from bot.storage.store import StartProblem

# Alembic is imported where it is used: a start on a schema that is up to date does without.
if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS = Path(__file__).parent / "migrations"


def alembic_config(url: str, sqlite_path: Path) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["url"] = sync_url(url, sqlite_path)
    return config


def sync_url(url: str, sqlite_path: Path) -> str:
    """The same database through a driver without asyncio; migrations run before the loop."""
    if not url:
        sqlite_path.parent.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{sqlite_path}"
    return url.replace("+aiosqlite", "")


def migrate(url: str, sqlite_path: Path, revision: str = "head") -> None:
    """Raises `StartProblem`."""
    if revision == "head" and _revision(url, sqlite_path) == newest():
        return
    from alembic import command

    try:
        command.upgrade(alembic_config(url, sqlite_path), revision)
    except DatabaseError as error:
        raise StartProblem("the database is damaged or away: restore a backup") from error


def newest() -> str:
    """The revision that the file names of `migrations/versions` end with."""
    names = sorted(path.name for path in (_SCRIPTS / "versions").glob("[0-9]*_*.py"))
    return names[-1].partition("_")[0]


def _revision(url: str, sqlite_path: Path) -> str | None:
    engine = create_engine(sync_url(url, sqlite_path), hide_parameters=True)
    try:
        with engine.connect() as db:
            found: str | None = db.scalar(text("SELECT version_num FROM alembic_version"))
            return found
    except DatabaseError:
        return None  # nothing there yet, or something that the upgrade will name
    finally:
        engine.dispose()


def schema_matches(url: str, sqlite_path: Path) -> bool:
    """Whether the models and the migrated schema agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from bot.storage.models import Base

    engine = create_engine(sync_url(url, sqlite_path))
    try:
        with engine.connect() as db:
            return not compare_metadata(MigrationContext.configure(db), Base.metadata)
    finally:
        engine.dispose()
