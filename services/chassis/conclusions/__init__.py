"""What was told in versions, what was concluded from which of them, and what of it still stands.

A conclusion is never changed. It names its inputs by version; when one of them is corrected or
withdrawn it is marked, and another is drawn in its place that says what is different. So every
conclusion can be read as it was drawn, as it stands now, and as it was known at any moment.

* versions.py  which version is this, and is it news?
* changes.py   what does one answer say otherwise than another?
* cascade.py   mark what used a former version, and draw it again
* marks.py     what stood in a conclusion's place at some moment?
* shown.py     what is shown of a correction, in the contract of each service
* plans.py     why is one drawn, and how a plan keeps its conclusions while it is corrected
* kept.py      rows of things told, conclusions and marks, and ledger.py, how they are found
"""
