"""In which language is this page read? English is written; Chinese stands in a catalogue.

Numbers, units and codes are never translated: a clinical value reads the same in every language.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from fastapi import Request

COOKIE = "tio_language"
WRITTEN = "en"
LANGUAGES = {"en": "English", "zh": "中文"}
"""Each language in its own words, as the switch shows it."""

TAGS = {"en": "en", "zh": "zh-Hans"}
"""What a browser and a screen reader call them."""

_CATALOGUES = {"zh": "locales/zh_CN/LC_MESSAGES/pages.po"}
_spoken: ContextVar[str] = ContextVar("language", default=WRITTEN)


def spoken() -> str:
    """The language of the page that is being made; messages and logs are in English."""
    return _spoken.get()


def speak(language: str) -> None:
    """Make what follows in this language."""
    _spoken.set(language if language in LANGUAGES else WRITTEN)


def wanted(request: Request) -> str:
    """The language somebody chose; else the first one of their browser that we have."""
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    for said in request.headers.get("accept-language", "").split(","):
        language = said.split(";")[0].strip().lower().split("-")[0]
        if language in LANGUAGES:
            return language
    return WRITTEN


@cache
def catalogue(language: str) -> Catalog:
    """Every sentence of the pages in this language."""
    place = files("services.coordination").joinpath(_CATALOGUES[language])
    with place.open("rb") as written:
        return read_po(written, locale="zh_CN")


@cache
def _texts(language: str) -> Mapping[str, Any]:
    if language not in _CATALOGUES:
        return {}
    messages = catalogue(language)
    return {
        message.id if isinstance(message.id, str) else message.id[0]: message.string
        for message in messages
        if message.id and not message.fuzzy
    }


def is_said(text: str) -> bool:
    """Can this be said in the language of the page?"""
    return spoken() == WRITTEN or bool(_texts(spoken()).get(text))


def say(text: str, **values: object) -> str:
    """The same in the language of the page; what has no translation stays as it was written."""
    found = _texts(spoken()).get(text) or text
    found = found if isinstance(found, str) else found[0]
    return found % values if values else found


def count(one: str, many: str, number: int, **values: object) -> str:
    """A sentence about a number of things; Chinese has one form for all numbers."""
    found = _texts(spoken()).get(one)
    if not found:
        found = one if number == 1 else many
    elif not isinstance(found, str):
        found = found[0]
    text: str = found
    return text % {"n": number, **values}


def day(on: date) -> str:
    """A day as it is written here."""
    if spoken() == "zh":
        return f"{on.year}年{on.month}月{on.day}日"
    return f"{on.day} {on:%b %Y}"


def month(on: date) -> str:
    """A month as it is written here."""
    if spoken() == "zh":
        return f"{on.year}年{on.month}月"
    return f"{on:%B %Y}"


def moment(at: datetime) -> str:
    """A day and a time as they are written here."""
    return f"{day(at.date())} {at:%H:%M}" if spoken() == "zh" else f"{day(at)}, {at:%H:%M}"


def listed(words: list[str]) -> str:
    """Several words one after the other."""
    return ("、" if spoken() == "zh" else ", ").join(words)


def choose(request: Request) -> None:
    """The page of this request is made in the language that is wanted."""
    speak(wanted(request))
