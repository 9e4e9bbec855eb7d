/* insn.h - one row of an instruction table, and of a register table. The tables (insn.def, csr.def) are the only list of
 * instructions there is: decoder, bodies, v_i, classes, disassembly, documentation and tests are all read from them. */
#ifndef TRAPEZE_ISA_INSN_H
#define TRAPEZE_ISA_INSN_H

#include "isa/machine.h"

#include <stdio.h>
#include <string.h>

enum { INSN_NONE = 0xffff };

/* The claim "traps in user mode": measured by the classifier, demanded by the tests. */
enum insn_traps {
    TRAPS_NEVER,     /* resource traps aside */
    TRAPS_PRIV,      /* always, because of the mode */
    TRAPS_COND,      /* under a condition on state or operand (a CSR's number, a counter-enable bit) */
    TRAPS_REQUESTED, /* always, in every mode */
};

/* The claim "sensitive", bits. */
enum insn_sensitive {
    SENSITIVE_NONE = 0,
    SENSITIVE_CONTROL = 1,  /* can change mode, resources, virtual state */
    SENSITIVE_LOCATION = 2, /* its result depends on relocation */
    SENSITIVE_MODE = 4,     /* ... on the mode */
    SENSITIVE_STATE = 8,    /* ... on a virtual field */
    SENSITIVE_HIDDEN = 16,  /* ... on hidden state: no harm where that is dropped between programs, and not sensitive by itself */
};

struct insn_desc {
    const char *name;     /* as the assembler spells it: "c.addi16sp", "fence.i" */
    const char *ext;      /* extension that brings it: "I", "Zicsr" */
    const char *encoding; /* the manual's line, highest bit first */
    const char *format;   /* operand format */
    const char *manual;   /* section: "unpriv 2.4.1" */
    enum insn_traps traps;
    unsigned sensitive; /* SENSITIVE_* bits */
    insn_t match, mask; /* from encoding */
    uint8_t length;     /* bytes */
};

/* Of what was fetched, the `length` bytes (1..16) of the instruction. */
static inline insn_t insn_cut(insn_t bits, unsigned length) { return bits & ~(insn_t)0 >> (128 - 8 * length); }

/* An instruction of `length` bytes as people read it: all its digits, the last byte first. */
enum { INSN_HEX = 33 };
static inline const char *insn_hex(insn_t bits, unsigned length, char out[INSN_HEX])
{
    const int low = (int)(length < 8 ? length : 8) * 2, high = length > 8 ? (int)(length - 8) * 2 : 0;
    const size_t at = high ? (size_t)snprintf(out, INSN_HEX, "%0*llx", high, (unsigned long long)(bits >> 64)) : 0;
    snprintf(out + at, INSN_HEX - at, "%0*llx", low, (unsigned long long)bits);
    return out;
}

/* The other way round. false: these are no hexadecimal digits, or more than an instruction has. */
static inline bool insn_parse(const char *digits, insn_t *out)
{
    static const char all[] = "0123456789abcdef";
    const char *at = digits, *digit;
    for (*out = 0; *at && (digit = strchr(all, *at | 0x20)) && !(*out >> 124); at++)
        *out = (insn_t)(*out << 4) | (insn_t)(unsigned)(digit - all);
    return at > digits && !*at;
}

/* How a register takes part in the VM map f (THEORY: identity, relocated, virtual, hidden, nondet). */
enum reg_partition { PART_IDENTITY, PART_RELOCATED, PART_VIRTUAL, PART_HIDDEN, PART_NONDET };

struct reg_desc {
    const char *name; /* "a0", "sstatus" */
    const char *alt;  /* "x10", or NULL */
    reg_t reg;
    uint8_t width; /* bits */
    enum reg_partition part;
    const char *about; /* a few words */
};

/* Bits of a register with a name, and a partition, of their own. */
struct reg_field {
    const char *name; /* "mstatus.FS" */
    reg_t reg;
    uint8_t low, width;
    enum reg_partition part;
};

#endif
