"""Pictures of every kind are read as a person sees them, and leave as plain sRGB without a past."""

import base64
import io
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin
from typer.testing import CliRunner

from app.cli import cli
from app.kit.pictures import (
    MAX_BYTES,
    MAX_RATIO,
    BadShape,
    Damaged,
    NotAPicture,
    PictureProblem,
    TooLarge,
    TooManyPixels,
    TooSmall,
    TooWide,
    parts,
    read_picture,
    renditions,
)

SIZE = (400, 300)
RED = (200, 30, 40)
Colour = tuple[int, ...]


def _saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _rendition(data: bytes, width: int = 960) -> Image.Image:
    return Image.open(io.BytesIO(renditions(read_picture(data))[width]))


def _close(seen: object, wanted: Colour, by: int = 6) -> bool:
    assert isinstance(seen, tuple)
    values: Colour = seen
    return len(values) == len(wanted) and all(
        abs(a - b) <= by for a, b in zip(values, wanted, strict=True)
    )


def _half(mode: str, clear: Any, solid: Any) -> Image.Image:
    """Return a picture whose left half is transparent."""
    image = Image.new(mode, SIZE, solid)
    image.paste(clear, (0, 0, SIZE[0] // 2, SIZE[1]))
    return image


# Formats


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_every_format_is_known_by_its_content(kind: str) -> None:
    picture = read_picture(_saved(Image.new("RGB", SIZE, RED), kind))
    assert (picture.width, picture.height, picture.frames) == (*SIZE, 1)
    assert _close(picture.image.getpixel((200, 150)), RED, 10)


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM", "JPEG2000"])
def test_other_formats_are_none(kind: str) -> None:
    with pytest.raises(NotAPicture):
        read_picture(_saved(Image.new("RGB", SIZE, RED), kind))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xd8",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='400' height='400'/>",
        b"%PDF-1.7\n\xff\xd8\xff",
        b"PK\x03\x04" + b"\0" * 99,
        b"\0\0\0\x18ftypisom\0\0\0\0isomavc1",
        b"RIFF\x10\0\0\0WAVEfmt ",
    ],
)
def test_what_is_no_picture_is_told_so(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        read_picture(data)


# Transparency


def test_transparency_stays_and_does_not_turn_black() -> None:
    paletted = _half("P", 1, 0)
    paletted.putpalette([*RED, 0, 0, 0])
    files = [
        _saved(_half("RGBA", (0, 0, 0, 0), (*RED, 255))),
        _saved(_half("RGBA", (0, 0, 0, 0), (*RED, 255)), "WEBP", lossless=True),
        _saved(paletted, transparency=1),
        _saved(_half("RGB", (0, 0, 0), RED), transparency=(0, 0, 0)),
    ]
    for data in files:
        seen = _rendition(data)
        assert seen.mode == "RGBA"
        left, right = seen.getpixel((50, 150)), seen.getpixel((350, 150))
        assert isinstance(left, tuple)
        assert left[3] == 0
        assert _close(right, (*RED, 255))


@pytest.mark.parametrize(
    "data",
    [
        _saved(_half("LA", (0, 0), (90, 255))),
        _saved(_half("L", 7, 90), transparency=7),
        _saved(_half("I;16", 1799, 90 * 257), transparency=1799),
    ],
)
def test_grey_keeps_its_transparency(data: bytes) -> None:
    seen = _rendition(data)
    left = seen.getpixel((50, 150))
    assert isinstance(left, tuple)
    assert left[3] == 0
    assert _close(seen.getpixel((350, 150)), (90, 90, 90, 255))


def test_a_channel_that_hides_nothing_is_dropped() -> None:
    assert read_picture(_saved(Image.new("RGBA", SIZE, (*RED, 255)))).image.mode == "RGB"


# Depth and colours


@pytest.mark.parametrize(("value", "grey"), [(0, 0), (0x4000, 64), (0x8000, 128), (0xFFFF, 255)])
def test_sixteen_bits_are_scaled(value: int, grey: int) -> None:
    image = Image.fromarray(np.full((300, 400), value, np.uint16))
    assert _close(_rendition(_saved(image)).convert("RGB").getpixel((9, 9)), (grey,) * 3, 2)


def test_one_bit_is_black_and_white() -> None:
    image = _half("1", 0, 1)
    seen = _rendition(_saved(image)).convert("RGB")
    assert _close(seen.getpixel((50, 150)), (0, 0, 0))
    assert _close(seen.getpixel((350, 150)), (255, 255, 255))


def _profile(colourants: dict[bytes, tuple[float, float, float]]) -> bytes:
    """Return a matrix profile with a gamma of 2.2 and these columns, relative to D50."""
    tags = {
        name: b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(v * 65536)) for v in column)
        for name, column in {b"wtpt": (0.9642, 1.0, 0.8249), **colourants}.items()
    }
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    table, body, start = b"", b"", 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">II", start + len(body), len(content))
        body += content
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, b"lcms", 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += b"\0" * 12 + b"acsp" + b"\0" * 28
    header += struct.pack(">iii", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


P3 = _profile(
    {
        b"rXYZ": (0.5151, 0.2412, -0.0011),
        b"gXYZ": (0.2920, 0.6922, 0.0419),
        b"bXYZ": (0.1571, 0.0666, 0.7841),
    }
)
"""Display P3, as telephones keep their pictures."""


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_the_colours_of_a_profile_become_srgb(kind: str) -> None:
    # 160, 60, 60 of Display P3 is a stronger red in sRGB: about 172, 52, 57.
    image = Image.new("RGB", SIZE, (160, 60, 60))
    exact = {"lossless": True} if kind == "WEBP" else {}
    plain = _rendition(_saved(image, kind, **exact)).convert("RGB").getpixel((9, 9))
    told = _rendition(_saved(image, kind, icc_profile=P3, **exact))
    assert _close(plain, (160, 60, 60), 5)
    assert _close(told.getpixel((9, 9)), (173, 53, 57), 6)
    assert "icc_profile" not in told.info


def test_a_profile_and_transparency_go_together() -> None:
    image = _half("RGBA", (0, 0, 0, 0), (160, 60, 60, 255))
    seen = _rendition(_saved(image, icc_profile=P3))
    assert _close(seen.getpixel((350, 150)), (173, 53, 57, 255))
    grey = _rendition(_saved(Image.new("L", SIZE, 90), icc_profile=P3))
    assert _close(grey.convert("RGB").getpixel((9, 9)), (90, 90, 90))


def test_four_colours_are_read_with_and_without_a_profile() -> None:
    ink = Image.new("CMYK", SIZE, (0, 200, 200, 20))
    red = _rendition(_saved(ink, "JPEG", quality=95)).getpixel((9, 9))
    assert isinstance(red, tuple)
    assert red[0] > 180
    assert max(red[1:]) < 90
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    # A profile of another kind of image, or one that is broken, is as if there was none.
    for wrong in (P3, lab, b"no profile", P3[:200]):
        seen = _rendition(_saved(ink, "JPEG", quality=95, icc_profile=wrong))
        assert seen.getpixel((9, 9)) == red


# How the camera was held


def _held(orientation: int, kind: str, image: Image.Image) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SECRET-CAMERA"
    return _saved(image, kind, exif=exif.tobytes())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("orientation", range(9))
def test_pictures_are_turned_as_the_camera_says(kind: str, orientation: int) -> None:
    image = Image.new("RGB", SIZE, (240, 240, 240))
    image.paste(RED, (0, 0, 100, 100))
    corner = {0: "tl", 1: "tl", 2: "tr", 3: "br", 4: "bl", 5: "tl", 6: "tr", 7: "br", 8: "bl"}
    picture = read_picture(_held(orientation, kind, image))
    width, height = SIZE if orientation < 5 else SIZE[::-1]
    assert (picture.width, picture.height) == (width, height) == picture.image.size
    y, x = (20 if corner[orientation][0] == "t" else height - 20), 20
    x = x if corner[orientation][1] == "l" else width - 20
    assert _close(picture.image.getpixel((x, y)), RED, 12)


def test_nonsense_of_a_camera_is_passed_over() -> None:
    image = Image.new("RGB", SIZE, RED)
    for exif in (b"Exif\0\0nonsense", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 40):
        assert read_picture(_saved(image, "JPEG", exif=exif)).width == 400


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_nothing_of_the_file_but_pixels_is_kept(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "SECRET-CAMERA"
    exif.get_ifd(0x8825)[1] = "N"
    more: dict[str, Any] = {"exif": exif.tobytes(), "xmp": b"<x>SECRET-XMP</x>"}
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", "SECRET-TEXT")
        more = {"exif": exif.tobytes(), "pnginfo": text}
    if kind == "JPEG":
        more["comment"] = b"SECRET-COMMENT"
    data = _saved(Image.new("RGB", SIZE, RED), kind, **more)
    assert b"SECRET" in data
    if kind != "HEIF":
        data += b"SECRET-TAIL PK\x03\x04"
    for content in renditions(read_picture(data)).values():
        assert b"SECRET" not in content
        chunks = {content[12:16]}
        assert chunks <= {b"VP8 ", b"VP8L"}


# Several frames


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF", "HEIF"])
def test_of_several_frames_the_first_counts(kind: str) -> None:
    frames = [Image.new("RGB", SIZE, colour) for colour in (RED, (0, 200, 0), (0, 0, 200))]
    picture = read_picture(_saved(frames[0], kind, save_all=True, append_images=frames[1:]))
    assert picture.frames == 3
    assert _close(picture.image.convert("RGB").getpixel((9, 9)), RED, 12)


def test_a_telephone_picture_with_a_second_one_inside_is_its_first() -> None:
    frames = [Image.new("RGB", SIZE, colour) for colour in (RED, (0, 200, 0))]
    picture = read_picture(_saved(frames[0], "MPO", save_all=True, append_images=frames[1:]))
    assert picture.frames == 2
    assert _close(picture.image.getpixel((9, 9)), RED, 10)


# Damage and limits


def _noise(size: tuple[int, int] = SIZE) -> Image.Image:
    values = np.random.default_rng(7).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(values)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_file_that_was_cut_off_is_damaged(kind: str, share: float) -> None:
    data = _saved(_noise(), kind)
    with pytest.raises(Damaged):
        read_picture(data[: int(len(data) * share)])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_whatever_a_file_holds_the_answer_is_a_sentence(kind: str) -> None:
    """Any byte may be wrong: a picture comes out, or a problem, never another error."""
    whole, draw = _saved(_noise((220, 210)), kind), np.random.default_rng(5)
    for _ in range(30):
        data = bytearray(whole)
        for place in draw.integers(0, min(len(data), 900), 6):
            data[place] = draw.integers(0, 256)
        try:
            renditions(read_picture(bytes(data)))
        except PictureProblem as problem:
            assert problem.code in {
                "not_a_picture", "damaged", "too_large", "too_small", "bad_shape"
            }  # fmt: skip


def _png_header(width: int, height: int) -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 99)
    chunks = [struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c))
              for c in (head, data, b"IEND")]  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("size", [(8_000, 5_001), (10_000, 10_000), (60_000, 60_000)])
def test_a_header_that_claims_too_much_is_not_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(TooManyPixels) as refused:
        read_picture(_png_header(*size))
    assert refused.value.code == "too_large"


def test_more_than_eight_megabytes_are_too_large() -> None:
    data = _saved(Image.new("RGB", SIZE, RED))
    assert read_picture(data.ljust(MAX_BYTES, b"\0")).width == 400
    for size in (MAX_BYTES + 1, 14 * 10**6):
        with pytest.raises(TooLarge):
            read_picture(data.ljust(size, b"\0"))


@pytest.mark.parametrize(
    ("size", "fault"),
    [
        ((200, 200), None),
        ((199, 400), TooSmall),
        ((400, 199), TooSmall),
        ((200, 800), None),
        ((800, 200), None),
        ((200, 801), BadShape),
        ((801, 200), BadShape),
        ((790, 18_000), BadShape),
    ],
)
def test_sides_and_shapes(size: tuple[int, int], fault: type[PictureProblem] | None) -> None:
    data = _saved(Image.new("RGB", size, RED), "JPEG")
    if fault is None:
        assert (read_picture(data).width, read_picture(data).height) == size
        return
    with pytest.raises(fault):
        read_picture(data)


# Long pictures


def _ruler(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Return a picture whose brightness tells how far down it is."""
    rows = np.linspace(0, 255, height).astype(np.uint8)
    return Image.fromarray(np.repeat(rows[:, None], width, axis=1)).convert(mode)


@pytest.mark.parametrize(("width", "height"), [(790, 18_000), (1_600, 9_001), (750, 3_001)])
def test_a_long_picture_is_cut_into_parts_that_join(width: int, height: int) -> None:
    picture = read_picture(_saved(_ruler(width, height), "JPEG"), allow_long=True)
    assert (picture.width, picture.height, picture.is_too_long) == (width, height, True)
    cut = parts(picture)
    assert len(cut) == -(-height // (MAX_RATIO * width))
    opened = [Image.open(io.BytesIO(part[960])) for part in cut]
    shown = min(width, 960)
    assert {one.width for one in opened} == {shown}
    assert abs(sum(one.height for one in opened) - height * shown / width) <= 1
    assert all(200 <= one.height <= MAX_RATIO * shown + 1 for one in opened)
    joined = np.concatenate([np.asarray(one.convert("L"), np.int16)[:, 9] for one in opened])
    assert joined[0] <= 6
    assert joined[-1] >= 249
    # No row is missing and none comes twice: it only ever grows brighter.
    assert np.abs(np.diff(joined)).max() <= 4


def test_a_long_picture_is_cut_as_a_person_sees_it() -> None:
    lying = _ruler(400, 2_000).transpose(Image.Transpose.ROTATE_90)
    picture = read_picture(_held(6, "JPEG", lying), allow_long=True)
    assert (picture.width, picture.height) == (400, 2_000)
    assert len(parts(picture)) == 2
    with pytest.raises(TooWide):
        read_picture(_held(1, "JPEG", lying), allow_long=True)


# The command


def _command(file: Path, out: Path) -> dict[str, Any]:
    told = CliRunner().invoke(cli, ["picture", str(file), "--out", str(out), "--json"])
    report = json.loads(told.stdout)
    assert told.exit_code == (0 if report["ok"] else 1)
    return report


def test_the_command_says_and_writes_what_an_upload_makes(tmp_path: Path) -> None:
    file = tmp_path / "really-a-png.jpg"
    file.write_bytes(_held(6, "PNG", Image.new("RGB", (1_000, 700), RED)))
    report = _command(file, tmp_path / "out")
    assert (report["ok"], report["width"], report["height"]) == (True, 700, 1_000)
    assert (report["frames"], report["problem"]) == (1, None)
    assert [one["width"] for one in report["renditions"]] == [240, 480, 700]
    for one in report["renditions"]:
        with Image.open(one["file"]) as written:
            assert (written.format, written.width) == ("WEBP", one["width"])
    file.write_bytes(base64.b64decode("R0lGODlhAQABAAAAACw="))
    refused = _command(file, tmp_path / "none")
    assert (refused["ok"], refused["problem"]["code"]) == (False, "not_a_picture")
    assert refused["renditions"] == []
    assert not (tmp_path / "none").exists()
