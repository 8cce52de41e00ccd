"""``tongshang picture``: what an upload makes of a picture, without a database."""

import io
from pathlib import Path
from typing import Any

from PIL import Image

from app.kit.pictures import MAX_BYTES, PictureProblem
from app.services.pictures import read_upload


def run(file: Path, out: Path) -> dict[str, Any]:
    """Write the renditions of ``file`` into the folder ``out``; return what was read.

    Sizes are in pixels, ``width`` and ``height`` as a person sees them. What is wrong with the
    file stands in ``problem``; then nothing is written.
    """
    with file.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    try:
        picture, made = read_upload(data)
    except PictureProblem as error:
        problem = {"code": error.code, "message": error.message}
        return _report(0, 0, 0, problem, [])
    out.mkdir(parents=True, exist_ok=True)
    written: list[dict[str, Any]] = []
    for name, content in made.items():
        path = (out / f"{name}.webp").resolve()
        path.write_bytes(content)
        with Image.open(io.BytesIO(content)) as rendition:
            written.append({"width": rendition.width, "file": str(path)})
    return _report(picture.width, picture.height, picture.frames, None, written)


def _report(
    width: int,
    height: int,
    frames: int,
    problem: dict[str, str] | None,
    renditions: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "ok": problem is None,
        "width": width,
        "height": height,
        "frames": frames,
        "problem": problem,
        "renditions": renditions,
    }


def render(report: dict[str, Any]) -> str:
    """Return the report for a person."""
    if report["problem"]:
        return f"{report['problem']['code']}: {report['problem']['message']}"
    lines = [f"{report['width']} × {report['height']} pixels, {report['frames']} frame(s)"]
    return "\n".join(lines + [f"{one['width']:>5}  {one['file']}" for one in report["renditions"]])
