/* engine.h - how a bare machine goes about executing instructions: nothing that a program can see, but for the time it takes. */
#ifndef TRAPEZE_ISA_ENGINE_H
#define TRAPEZE_ISA_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum engine_kind {
#define ENGINE(name, about) ENGINE_##name,
#include "isa/engine.def"
#undef ENGINE
    ENGINES
};

/* What executes where nobody has chosen. It is the interpreter where there is no machine code to be had: of an instruction set that nobody
 * translates, and on hosts that have no translator or refuse it memory. The machine's own options say which it became. */
#define ENGINE_USUAL ENGINE_native

/* All zeros is the interpreter; who takes no options at all gets the usual engine. */
struct engine_options {
    enum engine_kind kind;
    /* Of the interpreter, for comparison. */
    bool no_fuse;  /* no two instructions in one body */
    bool no_chain; /* a jump, or the end of a page, goes by way of the outer loop */
    /* Of the translator. */
    unsigned hot;      /* how often code is entered before it is translated; 0: as often as is good */
    unsigned patience; /* how often translated code of a page may be written until it is translated no more; 0: likewise */
    bool explained;    /* keep what each byte of machine code is there for, for people who look at it */
    int refused; /* of a machine: `kind` is not what was asked for, since the host refuses it, with this errno; ENOSYS: has no such thing */
};

const char *engine_name(enum engine_kind);
const char *engine_about(enum engine_kind);
enum engine_kind engine_find(const char *name); /* ENGINES: there is none */
/* The choice in words: "interpreter|simple". */
#define ENGINE_SYNTAX (&engine_bars[1])
extern const char engine_bars[];

/* The decoded code that an engine keeps, in pages of the machine's memory. */
struct engine_counts {
    unsigned room;             /* at most so many */
    unsigned touched;          /* the most there were at one time, which is what the host's memory holds */
    unsigned used;             /* now, without those */
    unsigned asleep;           /* that wait for the next time */
    size_t page_bytes;         /* of host memory for each */
    uint64_t decoded, evicted; /* since creation: made, and taken back for want of room */
};

#endif
