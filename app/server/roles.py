"""The two database roles that serve the app; made before the first migration, on every start."""

import hashlib
import hmac
from typing import Any

from psycopg import Connection, errors, sql

from app.kit.db import APP_ROLE, ENGINE_ROLE


def app_password(secret: str) -> str:
    """Derive the password of ``tongshang_app`` from the master secret, so that none is stored."""
    return hmac.new(secret.encode(), b"database role tongshang_app", hashlib.sha256).hexdigest()


def ensure_roles(connection: Connection[Any], password: str) -> None:
    """Make both roles and their membership as they must be. Idempotent; needs CREATEROLE.

    ``tongshang_app`` does not inherit the engine's rights: it takes them within a transaction.
    """
    # Roles belong to the whole server, so that databases starting together would collide.
    connection.execute("select pg_advisory_lock(hashtext('tongshang roles'))")
    try:
        _ensure_role(connection, ENGINE_ROLE, sql.SQL("nologin noinherit"))
        login = sql.SQL("login noinherit password {}").format(sql.Literal(password))
        _ensure_role(connection, APP_ROLE, login)
        for member in (sql.Identifier(APP_ROLE), sql.SQL("current_user")):
            grant = sql.SQL("grant {} to {}").format(sql.Identifier(ENGINE_ROLE), member)
            connection.execute(grant)
        _end_queries_of_the_gone(connection)
    finally:
        connection.execute("select pg_advisory_unlock(hashtext('tongshang roles'))")


def _end_queries_of_the_gone(connection: Connection[Any]) -> None:
    """Let the server look every two seconds whether the client of a running query is still there.

    Without it, a query goes on to its end after the process that asked has died.
    """
    role = sql.Identifier(APP_ROLE)
    setting = sql.SQL("alter role {} set client_connection_check_interval = '2s'").format(role)
    try:
        connection.execute(setting)
    except errors.InvalidParameterValue:
        # Some systems cannot tell that a connection was closed.
        return


def _ensure_role(connection: Connection[Any], name: str, options: sql.Composable) -> None:
    found = connection.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone()
    verb = sql.SQL("alter role {} ") if found else sql.SQL("create role {} ")
    connection.execute(verb.format(sql.Identifier(name)) + options)
