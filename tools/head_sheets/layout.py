"""Putting pictures together into labelled sheets, in the colours of the project's contact sheets."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from math import ceil
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from ptalker_blender.errors import UserError
from ptalker_blender.files import atomic_write
from tools.sheet.drawing import FAINT, INK, PAPER

GAP = 4  # pixels between tiles
TITLE, LABEL = 20, 14  # sizes of letters
TITLE_ROOM, LABEL_ROOM = 36, 22  # pixels
PALETTES = (256, 128, 96, 64, 48)  # colours, tried in this order


def grid(
    tiles: Sequence[Sequence[Image.Image]], rows: Sequence[str], columns: Sequence[str], title: str
) -> Image.Image:
    """Lay out a table of equally large pictures.

    Args:
        tiles: rows of pictures.
        rows: one label per row, left of it.
        columns: one label per column, above it.
        title: above the sheet.

    Raises:
        ValueError: labels and pictures differ in number.
    """
    if len(tiles) != len(rows) or any(len(row) != len(columns) for row in tiles):
        raise ValueError(f"{len(rows)} x {len(columns)} labels for rows of {[len(row) for row in tiles]} pictures")
    width, height = tiles[0][0].size
    font = _font(LABEL)
    left = ceil(max(font.getlength(label) for label in rows)) + 3 * GAP
    top = TITLE_ROOM + LABEL_ROOM
    sheet, draw = _page(left + len(columns) * (width + GAP), top + len(rows) * (height + GAP), title)
    for k, label in enumerate(columns):
        x = left + k * (width + GAP) + width // 2
        draw.text((x, TITLE_ROOM + LABEL_ROOM // 2), label, FAINT, font, anchor="mm")
    for r, (label, row) in enumerate(zip(rows, tiles, strict=True)):
        y = top + r * (height + GAP)
        draw.text((left - 2 * GAP, y + height // 2), label, INK, font, anchor="rm")
        for k, tile in enumerate(row):
            sheet.paste(tile, (left + k * (width + GAP), y))
    return sheet


def captioned(tiles: Sequence[tuple[str, Image.Image]], across: int, title: str) -> Image.Image:
    """Lay out equally large pictures from left to right and top to bottom, each under its label."""
    if not tiles or across < 1:
        raise ValueError(f"{len(tiles)} pictures, {across} across")
    width, height = tiles[0][1].size
    step = LABEL_ROOM + height
    font = _font(LABEL)
    size = across * (width + GAP) + GAP, TITLE_ROOM + ceil(len(tiles) / across) * (step + GAP)
    sheet, draw = _page(*size, title)
    for k, (label, tile) in enumerate(tiles):
        x, y = GAP + k % across * (width + GAP), TITLE_ROOM + k // across * (step + GAP)
        draw.text((x + 2, y + LABEL_ROOM // 2), label, INK, font, anchor="lm")
        sheet.paste(tile, (x, y + LABEL_ROOM))
    return sheet


def side_by_side(pictures: Sequence[Image.Image], titles: Sequence[str]) -> Image.Image:
    """Lay out pictures beside each other, brought to the lowest one's height, each under its title."""
    if len(pictures) != len(titles):
        raise ValueError(f"{len(titles)} titles for {len(pictures)} pictures")
    height = min(picture.height for picture in pictures)
    shown = [p.resize((round(p.width * height / p.height), height), Image.Resampling.LANCZOS) for p in pictures]
    width = sum(picture.width + 2 * GAP for picture in shown) + 2 * GAP
    sheet, draw = _page(width, TITLE_ROOM + height + 2 * GAP, "")
    x = 2 * GAP
    for picture, title in zip(shown, titles, strict=True):
        draw.text((x + picture.width // 2, TITLE_ROOM // 2), title, INK, _font(TITLE), anchor="mm")
        sheet.paste(picture, (x, TITLE_ROOM))
        x += picture.width + 2 * GAP
    return sheet


def save_png(image: Image.Image, path: Path, limit_kb: int | None = None) -> int:
    """Write a PNG.

    Args:
        image: what to write.
        path: of the file; its folder is made if there is none.
        limit_kb: most kilobytes (1000 bytes); colours are reduced to a palette as far as that takes.

    Returns:
        number of bytes.

    Raises:
        UserError: too large even with the smallest palette.
    """
    for colours in (None, *(PALETTES if limit_kb is not None else ())):
        data = BytesIO()
        shown = image if colours is None else _palette(image, colours)
        shown.save(data, "PNG", optimize=True)
        size = data.tell()
        if limit_kb is None or size <= 1000 * limit_kb:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_write(path) as temporary:
                temporary.write_bytes(data.getvalue())
            return size
    raise UserError(f"{path.name} of {size} bytes", f"at most {limit_kb} kB", "ask for a smaller --size")


def _palette(image: Image.Image, colours: int) -> Image.Image:
    # Median cut, Pillow's default, spends the palette on skin and turns irises and lips grey.
    return image.quantize(colours, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)


def _page(width: int, height: int, title: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    sheet = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((2 * GAP, TITLE_ROOM // 2), title, INK, _font(TITLE), anchor="lm")
    return sheet, draw


def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise UserError("Pillow without FreeType", "a Pillow that can scale letters", "install Pillow from a wheel")
    return font
