"""The peer: cql-execution 3.3.2 judging the same panels by a comparable rule set.

`rules.cql` says in Clinical Quality Language what the laboratory part of our assessment says: each
result found by its code, units converted, persistence, TRP, FEPO4 and TmP/GFR with both branches,
calcium, PTH, FGF23, vitamin D, tubular markers and the ordered classes. Its limits are parameters,
filled from our tables. The official JavaScript translator turns it into ELM in the same run.

Patients are plain objects of a model of two types (`model.xml`); with FHIR resources the engine
would have more to do. They are typed before the clock runs, and only what the class rests on is
evaluated. Left out, so that the peer has less to do than we: exposures, genes, tumors removed,
children, the ranked differential, next tests, reasons and sources, refusals of impossible values.
"""
