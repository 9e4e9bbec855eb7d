/* evidence_pg.h - the definitions of [PG74], applied to one run of the paper's machine, and to two of a case. */
#ifndef TRAPEZE_CORE_THEORY_EVIDENCE_PG_H
#define TRAPEZE_CORE_THEORY_EVIDENCE_PG_H

#include "core/theory/exhaust.h"

/* Asked of every run there is, and so in place. */
static inline bool pg_completed(const struct exhaust_run *r) { return r->outcome == OUTCOME_OK || r->outcome == OUTCOME_WAIT; }
static inline bool pg_map_changed(const struct exhaust_run *r) { return r->m2 != r->m || r->l2 != r->l || r->b2 != r->b; }
/* It wrote cells that are not the program's: outside its window; and of the host, the two of a trap. */
bool pg_writes_beyond(const struct exhaust_case *, const struct exhaust_run *);
/* It completed, and M, R or another resource is not as before; the processor is one only if the caller says so (footnote 3). */
bool pg_control(const struct exhaust_case *, const struct exhaust_run *, bool processor);
/* Both completed with M and R as before, and what their programs see differs. */
bool pg_behaviour(const struct exhaust_run *, const struct exhaust_run *);
/* No two runs of the case are evidence of behaviour; a false no is possible. */
bool pg_all_twins(const struct exhaust_case *);

#endif
