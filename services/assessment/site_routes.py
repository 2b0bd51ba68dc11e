"""HTTP around a site's own settings: read them, sign a new version, read an old one."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response

from knowledge.rules.site_settings import NotAccepted, site_of
from knowledge.terms.site_settings import SiteSettings
from services.assessment import site_settings
from services.assessment.contract import SignedSiteSettings
from services.assessment.site_settings import LatelySigned
from services.assessment.tables import SiteSettingsRow
from services.chassis import audit
from services.chassis.auth import Caller, requires
from services.chassis.database import InTransaction
from services.chassis.errors import NotFound, PreconditionRequired, Unprocessable
from services.chassis.etags import IfMatch, tell_version

router = APIRouter(prefix="/assessment/v1/site-settings", tags=["site settings"])

MAY_READ = requires("Organization", "r")
MAY_SIGN = requires("Organization", "u")
KIND = "Organization"
MOST_VERSIONS = 2**31 - 1


@router.get("", response_model=SignedSiteSettings)
async def read_site_settings(
    response: Response, session: InTransaction, caller: Annotated[Caller, MAY_READ]
) -> SignedSiteSettings:
    """What does this organisation lay over the tables, in which version, signed by whom?"""
    row = await site_settings.newest(session, caller.organisation)
    if row is None:
        raise NotFound("this organisation has no settings of its own")
    return _seen(response, session, caller, row)


@router.put("", response_model=SignedSiteSettings)
async def sign_site_settings(
    settings: SiteSettings,
    expected: IfMatch,
    response: Response,
    session: InTransaction,
    lately: LatelySigned,
    caller: Annotated[Caller, MAY_SIGN],
) -> SignedSiteSettings:
    """Sign a new version, which counts from now on. Safe to repeat; old versions stay."""
    told = site_settings.written(settings)
    row = await site_settings.newest(session, caller.organisation)
    if row is not None:
        if row.body == told:
            return _seen(response, session, caller, row)
        if not expected.is_given():
            raise PreconditionRequired("send If-Match with the ETag of the version you edit")
    expected.check(None if row is None else row.version)
    version = 1 if row is None else row.version + 1
    _check(version, settings)
    signed = SiteSettingsRow(
        organisation=caller.organisation,
        version=version,
        body=told,
        signed_by=caller.subject,
        signed_at=datetime.now(UTC),
    )
    await site_settings.add(session, signed)
    lately.ask_again(caller.organisation)
    audit.record(session, caller, "create" if row is None else "update", KIND, _cited(version))
    tell_version(response, version)
    return _shown(signed)


@router.get("/versions/{version}", response_model=SignedSiteSettings)
async def read_site_settings_version(
    version: Annotated[int, Path(ge=1, le=MOST_VERSIONS)],
    response: Response,
    session: InTransaction,
    caller: Annotated[Caller, MAY_READ],
) -> SignedSiteSettings:
    """What did this version say? Answers cite its rows as `site/VERSION/…`."""
    row = await site_settings.find(session, caller.organisation, version)
    if row is None:
        raise NotFound("this organisation has no such version of its settings")
    return _seen(response, session, caller, row)


def _check(version: int, settings: SiteSettings) -> None:
    """422 with every place and reason, unless these settings may be laid over the tables."""
    try:
        site_of(version, settings)
    except NotAccepted as refusal:
        raise Unprocessable(
            "these settings cannot be used; see errors", errors=site_settings.places(refusal)
        ) from None


def _seen(
    response: Response, session: InTransaction, caller: Caller, row: SiteSettingsRow
) -> SignedSiteSettings:
    audit.record(session, caller, "read", KIND, _cited(row.version))
    tell_version(response, row.version)
    return _shown(row)


def _cited(version: int) -> str:
    return f"site-settings/{version}"


def _shown(row: SiteSettingsRow) -> SignedSiteSettings:
    return SignedSiteSettings(
        row.version, row.signed_by, row.signed_at, SiteSettings.model_validate(row.body)
    )
