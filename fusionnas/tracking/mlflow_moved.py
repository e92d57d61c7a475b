"""Finds artifacts after the folder of studies was moved to another place.

MLflow stores absolute paths of artifacts in its database, even if both are in one folder.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

# columns of MLflow's tables that contain paths of artifacts
_COLUMNS = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)


def follow(database: str, old: str, new: str) -> bool:
    """Replace the old path of the artifacts by the new one; returns whether anything was changed.

    Nothing is changed while the old folder still exists, or if the database is on a server.

    Args:
        database: URI of the database.
        old: URI of the artifacts in the database.
        new: URI of their present place.
    """
    old, new = old.rstrip("/"), new.rstrip("/")
    if not database.startswith("sqlite:") or old == new or urlsplit(old).scheme != "file":
        return False
    here, there = (Path(unquote(urlsplit(uri).path)) for uri in (new, old))
    if there.exists() or not here.exists():
        return False
    import sqlalchemy as sa

    engine = sa.create_engine(database)
    tables = sa.MetaData()
    with engine.begin() as connection:
        tables.reflect(connection, only=lambda name, _: name in {table for table, _ in _COLUMNS})
        for table, name in _COLUMNS:
            if table not in tables.tables or name not in tables.tables[table].columns:
                continue
            column = tables.tables[table].columns[name]
            mine = sa.or_(column == old, column.startswith(f"{old}/", autoescape=True))
            moved = sa.literal(new) + sa.func.substr(column, len(old) + 1)
            connection.execute(sa.update(tables.tables[table]).where(mine).values({name: moved}))
    engine.dispose()
    return True
