"""Venous sampling as a picture: the tree of veins, each ratio at its vein, and where it steps up.

Pure. One SVG that stands alone or inside a page: its ink is that of the page (`currentColor`), it
names nothing outside itself, and its description says in words all that it shows.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from html import escape
from pathlib import Path
from textwrap import wrap
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from knowledge.rules import venous_sampling
from services.localization.answer import SampledVein, Sampling

LAYOUT: Mapping[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
LINE: Mapping[str, int] = LAYOUT["line"]
MIDDLE: int = LAYOUT["middle"]
ALONE = (
    "<style>svg{color-scheme:light dark;color:CanvasText;background:Canvas}</style>"
    "<!-- colours of the reader, light or dark -->"
)
SHOWN = Decimal(LAYOUT["shown"])
"""Ratios are cut and not rounded: 1.596 is not shown as a 1.60 that steps up."""


def vein_map(sampling: Sampling, *, alone: bool = True) -> str:
    """Where does FGF23 step up? `alone`: a document of its own, which brings its two colours."""
    name = uuid5(NAMESPACE_OID, sampling.session).hex
    placed, beside = _placed(sampling.veins)
    said = [*_about(sampling), *(f"Not drawn: {_words(vein)}" for vein in beside)]
    notes = [line for note in said for line in wrap(note, LINE["letters"])]
    height = LAYOUT["height"] + LINE["row"] * len(notes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {LAYOUT["width"]} {height}" '
        f'role="img" aria-labelledby="title-{name}" '
        f'aria-describedby="words-{name}" fill="none" '
        f'stroke="currentColor" stroke-linecap="round" font-family="system-ui, sans-serif">',
        f'<title id="title-{name}">{escape(title(sampling))}</title>',
        f'<desc id="words-{name}">{escape(in_words(sampling))}</desc>',
        ALONE if alone else "",
        *_outline(),
        *_tree(placed),
        *(_label(vein, veins) for vein, veins in placed.items()),
        *_heart(sampling),
        *_written(notes),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part)


def title(sampling: Sampling) -> str:
    """What is this a picture of?"""
    day = f" of {sampling.date.isoformat()}" if sampling.date else ""
    return f"FGF23 in the veins, sampling{day}"


def in_words(sampling: Sampling) -> str:
    """The same for who cannot see it: every vein, its ratio, and where it steps up."""
    veins = [_words(vein) for vein in sampling.veins]
    return ". ".join([*_about(sampling), *veins]) + "."


def ratio_shown(vein: SampledVein) -> str:
    """The ratio to the general circulation, as it is shown."""
    return "no ratio" if vein.ratio is None else str(vein.ratio.quantize(SHOWN, ROUND_DOWN))


def _ratio(vein: SampledVein) -> Decimal:
    return vein.ratio or Decimal(0)


def _about(sampling: Sampling) -> list[str]:
    if sampling.interpretation != "INTERPRETABLE":
        return [f"This sampling cannot be read: {sampling.because or 'no reason is known'}"]
    steps = sorted((v for v in sampling.veins if v.steps_up), key=_ratio, reverse=True)
    mean = sampling.reference_mean
    against = "" if mean is None else f": mean {_figure(mean)} {sampling.unit or ''}".rstrip()
    said = [f"Ratios are to the reference samples of this session{against}"]
    if not steps:
        return [*said, "FGF23 steps up in no vein, which does not exclude a tumor"]
    return [*said, *(f"Step-up: {_words(vein)}" for vein in steps)]


def _figure(value: Decimal) -> str:
    return f"{value.quantize(SHOWN).normalize():f}"


def _words(vein: SampledVein) -> str:
    """One vein in words."""
    said = f"{vein.laterality} {vein.vein}" if vein.laterality else vein.vein
    said += f" {ratio_shown(vein)}"
    if vein.reference:
        said += ", reference"
    if vein.steps_up:
        said += ", steps up"
        said += f"; drains {vein.territory}" if vein.territory else ""
        said += "" if vein.candidates else "; no candidate is there"
    return said + (f" ({vein.note})" if vein.note else "")


def _figure_of(vein: SampledVein) -> str:
    return ("▲ " if vein.steps_up else "") + ratio_shown(vein)


Spot = tuple[str, str | None]
"""A vein of the drawing and its side."""


def _placed(
    veins: Iterable[SampledVein],
) -> tuple[dict[Spot, list[SampledVein]], list[SampledVein]]:
    """Which samples have their place in the drawing, and which are only written below?"""
    placed: dict[Spot, list[SampledVein]] = {}
    beside = []
    for vein in veins:
        key = venous_sampling.vein_key(vein.vein)
        if vein.reference:
            continue
        sided = vein.laterality is not None
        if key is not None and key in LAYOUT["veins"] and _has_sides(key) == sided:
            placed.setdefault((key, vein.laterality), []).append(vein)
        else:
            beside.append(vein)
    return placed, beside


def _has_sides(key: str) -> bool:
    return bool(LAYOUT["veins"][key]["at"][0] != MIDDLE)


def _spots() -> Iterable[Spot]:
    for key in LAYOUT["veins"]:
        yield from ((key, "left"), (key, "right")) if _has_sides(key) else ((key, None),)


def _side(side: str | None) -> str:
    """The patient's right is the mirror image of what the layout says of the left."""
    return f' transform="matrix(-1 0 0 1 {MIDDLE * 2} 0)"' if side == "right" else ""


def _at(point: Sequence[int], side: str | None) -> tuple[int, int]:
    across, down = point
    return (MIDDLE * 2 - across if side == "right" else across), down


def _outline() -> Iterable[str]:
    yield '<g stroke-opacity="0.25" stroke-width="2">'
    for path in LAYOUT["outline"]["middle"]:
        yield f'<path d="{path}"/>'
    for path in LAYOUT["outline"]["side"]:
        yield from (f'<path d="{path}"{_side(side)}/>' for side in ("left", "right"))
    yield "</g>"


def _tree(placed: Mapping[Spot, Sequence[SampledVein]]) -> Iterable[str]:
    """Every vein; what was not sampled is faint, what steps up is thick and ringed."""
    spots = list(_spots())
    up = [spot for spot in spots if any(vein.steps_up for vein in placed.get(spot, ()))]
    level = [spot for spot in spots if spot in placed and spot not in up]
    unknown = [spot for spot in spots if spot not in placed]
    for group, ink, width in (
        (unknown, "0.35", LINE["thin"]),
        (level, "0.75", LINE["thin"]),
        (up, "1", LINE["thick"]),
    ):
        yield f'<g opacity="{ink}" stroke-width="{width}">'
        yield from (f'<path d="{LAYOUT["veins"][key]["path"]}"{_side(s)}/>' for key, s in group)
        yield "</g>"
    for key, side in placed:
        across, down = _at(LAYOUT["veins"][key]["at"], side)
        yield _circle(across, down, LINE["dot"], 'fill="currentColor" stroke="none"')
        if (key, side) in up:
            yield _circle(across, down, LINE["ring"], 'stroke-width="3"')


def _circle(across: int, down: int, radius: int, how: str) -> str:
    return f'<circle cx="{across}" cy="{down}" r="{radius}" {how}/>'


def _label(spot: Spot, veins: Sequence[SampledVein]) -> str:
    """The name of the vein and its ratios; a step-up has its sign, so that no colour is needed."""
    key, side = spot
    across, down = _at(LAYOUT["veins"][key]["label"], side)
    ratios = " / ".join(map(_figure_of, sorted(veins, key=_ratio, reverse=True)))
    heavy = ' font-weight="700"' if any(vein.steps_up for vein in veins) else ""
    anchor = "end" if side == "right" else "start"
    name = LAYOUT["veins"][key].get("says") or veins[0].vein.removesuffix(" vein")
    return _text(across, down, f"{name}: {ratios}", f'text-anchor="{anchor}"{heavy}')


def _heart(sampling: Sampling) -> Iterable[str]:
    heart = LAYOUT["heart"]
    sampled = any(
        vein.reference and venous_sampling.vein_key(vein.vein) == "right_atrium"
        for vein in sampling.veins
    )
    ink = "0.12" if sampled else "0.04"
    yield f'<path d="{heart["path"]}" fill="currentColor" fill-opacity="{ink}" stroke-width="2"/>'
    if sampled:
        across, down = heart["label"]
        yield _text(across, down, "right atrium")
        yield _text(across, down + LINE["row"], "reference")
    top = LINE["margin"]
    yield _text(top, top, "patient's right", 'font-weight="700"')
    end = 'font-weight="700" text-anchor="end"'
    yield _text(LAYOUT["width"] - top, top, "patient's left", end)


def _written(notes: Iterable[str]) -> Iterable[str]:
    for number, note in enumerate(notes, 1):
        yield _text(LINE["margin"], LAYOUT["line"]["caption"] + LINE["row"] * number, note)


def _text(across: int, down: int, said: str, how: str = "") -> str:
    return (
        f'<text x="{across}" y="{down}" font-size="15" fill="currentColor" stroke="none" {how}>'
        f"{escape(said)}</text>"
    )
