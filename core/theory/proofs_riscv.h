/* proofs_riscv.h - which claims are proved of this very source: those of the table of proofs (tests/proofs/proofs.psv) whose digest is that of the
 * bodies and claims as they were when this was built (tests/proofs/mkproofs.c). Change a body, and its proof is none any more.
 */
#ifndef TRAPEZE_CORE_THEORY_PROOFS_RISCV_H
#define TRAPEZE_CORE_THEORY_PROOFS_RISCV_H

#include "core/theory/theory.h"

/* Is the class of this finding proved? What was measured must be what was proved. K: is all of it in force? Then so be it noted
 * (finding.proof). floating: it is a row of F or D. */
void proofs_note_riscv(struct finding *, bool k, bool floating);
/* Is there a proof of this source? row: as insn.def has it, or csr.def; property: innocuous, privileged, requested; of a CSR: innocuous,
 * closed. */
bool proofs_stand(const char *row, const char *property);

#endif
