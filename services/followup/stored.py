"""What is shown of a stored plan: the last answer, and what was concluded."""

from uuid import UUID

from pydantic import BaseModel

from knowledge.terms.obligation import Conclusion
from knowledge.terms.sent import Instant, Native
from services.followup.answer import FollowUp


class AsOf(Native):
    """Conclude as of this moment of the journey's own clock."""

    as_of: Instant


class StoredFollowUp(FollowUp):
    """The last answer to a stored plan, and the moment for which it was given."""

    id: UUID
    as_of: Instant


class StoredConclusion(BaseModel):
    """What a journey was told, and the whole answer behind it."""

    conclusion: Conclusion
    answer: FollowUp
