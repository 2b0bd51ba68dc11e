"""Results in the order in which they are read, and the same by what they measure."""

from collections.abc import Sequence

from knowledge.terms.observation import Observation

Found = Sequence[Observation]


class ByAnalyte:
    """These results, asked for by analyte without reading all of them again."""

    def __init__(self, taken: Found = ()) -> None:
        self.taken = taken
        self.by_analyte: dict[str, list[Observation]] = {}
        for one in taken:
            self.by_analyte.setdefault(one.analyte.key, []).append(one)

    def of(self, *analytes: str) -> Found:
        """The results of these analytes, in their order."""
        found = [self.by_analyte[key] for key in analytes if key in self.by_analyte]
        if len(found) < 2:
            return found[0] if found else ()
        return [one for one in self.taken if one.analyte.key in analytes]
