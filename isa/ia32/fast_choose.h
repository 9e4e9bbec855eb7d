/* fast_choose.h - what fast_record.c has to know of an instruction to make it part of a run. */
#ifndef TRAPEZE_ISA_IA32_FAST_CHOOSE_H
#define TRAPEZE_ISA_IA32_FAST_CHOOSE_H

#include "isa/ia32/code.h"

/* What an instruction has to do with the flags that those before it left. */
enum ia_fast_effect {
    FAST_LEAVES,  /* reads them, or may leave the run before it writes its own */
    FAST_NOTHING, /* of registers alone, and not of flags */
    FAST_WRITES,  /* of registers alone, and writes all flags */
    FAST_CHANGES, /* ... and some of them */
};

struct ia_fast_chosen {
    ia_fast_body *live, *dead; /* dead: NULL where it is the same */
    enum ia_fast_effect effect;
    uint8_t alu, size, form; /* of ALU operations, for the jump behind */
    bool is_alu;
    bool is_jcc;
};

/* Fills in the record of the instruction, which stands at this byte of its page. */
void ia_fast_choose(struct ia_fast_chosen *, struct ia_fast *, const ia_insn *, unsigned at);

#endif
