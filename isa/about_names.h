/* about_names.h - second names of registers, their names in GDB's words, and words that people may not know. */
#ifndef TRAPEZE_ISA_ABOUT_NAMES_H
#define TRAPEZE_ISA_ABOUT_NAMES_H

#include "isa/machine.h"

/* A second name of a register, as debuggers have it, or the name of some of its bits. */
struct about_alias {
    const char *alias, *name; /* "fp", "s0"; NULL ends a list */
    unsigned char low, width; /* "ah", "eax", 8, 8. Width 0: all bits */
};
const struct about_alias *about_alias(const struct isa *, const char *name); /* NULL: the name is none */

/* A register in GDB's words. */
struct about_gdb {
    const char *feature; /* "org.gnu.gdb.riscv.cpu" */
    uint64_t number;
    reg_t reg;
    unsigned bytes;   /* in packets */
    const char *name; /* NULL: as isa->regs has it */
    const char *type;
};

/* A row of a glossary.def, as TERM("real mode", "The mode after reset, the 8086's: ...", "v86, segment"). */
struct about_word {
    const char *names; /* separated by commas; the first is the word */
    const char *text;  /* sentences, in one paragraph */
    const char *see;   /* words and commands that lead on, separated by commas; "" */
};

#endif
