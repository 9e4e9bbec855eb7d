/* fast_record.h - the fast records of a straight run. */
#ifndef TRAPEZE_ISA_IA32_FAST_RECORD_H
#define TRAPEZE_ISA_IA32_FAST_RECORD_H

#include "isa/ia32/code.h"

/* Decodes from this byte of the page on, which is of IA_CTX_FAST, to the end of a straight run. NULL: not one instruction is whole in it. */
const ia_insn *ia_fast_decode(struct ia_cpu *, struct ia_code_page *, unsigned at);
/* From this record on, until the outer loop has something to do. false: c->trap. */
MUST_CHECK bool ia_fast_enter(struct ia_cpu *, struct ia_code_page *, unsigned record);

#endif
