/* expression.h - what a person may write for a number: C's operators over registers, symbols, memory and the monitor's
 * variables.
 *
 *   0x10 0b101 017 42u 'a'   $a0 $sstatus $pc   kernel_main+4   *ptr {int}0x80000000 ((uint16_t *)$sp)[3]   $1 $ $_ $mine   0x7c0:0
 *
 * Arithmetic is that of C's long and unsigned long: numbers are signed unless they do not fit or end in u; integer registers are
 * signed, symbols and control registers unsigned; a narrower type widens to long. What C leaves undefined wraps, or is an error
 * with a sentence (a division by zero, a shift by 64). Nothing here knows a machine: names and memory are the caller's. */
#ifndef TRAPEZE_MONITOR_DEBUG_EXPRESSION_H
#define TRAPEZE_MONITOR_DEBUG_EXPRESSION_H

#include "isa/machine.h"

struct value_type {
    uint32_t size; /* bytes of the integer: 1, 2, 4, 8; of what a pointer points to: any */
    bool is_signed;
    uint8_t pointers; /* levels of * above it */
};

/* bits: extended to 64 by the type. */
/* -5 as int8_t is {0xfffffffffffffffb, {1, true, 0}}; 251 as uint8_t {0xfb, {1, false, 0}}; a pointer to char {address,
 * {1, true, 1}}. */
struct value {
    uint64_t bits;
    struct value_type type;
};

enum { VALUE_NAME = 64 }; /* room for a name */

/* A bit of a register's number that no register has. With it: the address that the register names, where segments make
 * that another number than what it holds. */
#define EXPRESSION_PLACE UINT32_C(0x80000000)

/* Likewise, where a name stands for some of a register's bits: the lowest of them, and how many. */
#define EXPRESSION_BITS(low, width) ((reg_t)(low) << 18 | (reg_t)(width) << 24)
#define EXPRESSION_LOW(reg) ((reg) >> 18 & 63)
#define EXPRESSION_WIDTH(reg) ((reg) >> 24 & 63)
#define EXPRESSION_REGISTER(reg) ((reg)&UINT32_C(0x3ffff))

/* What a name stands for. */
struct named {
    enum { NAMED_VALUE, NAMED_REGISTER, NAMED_VARIABLE, NAMED_OBJECT /* of the program */ } kind;
    struct value value; /* NAMED_VALUE */
    reg_t reg;          /* NAMED_REGISTER; with EXPRESSION_PLACE or _BITS: what of it */
    struct value_type type;
};

struct expression_context {
    /* While parsing. is_dollar: the name came after a '$', which is not part of it. -errno with the sentence. */
    int (*name)(void *, const char *name, bool is_dollar, struct named *, struct error *);
    /* While evaluating. Loads and stores of 1, 2, 4 or 8 bytes. */
    uint64_t (*get)(void *, reg_t);
    int (*set)(void *, reg_t, uint64_t, struct error *);
    int (*load)(void *, uint64_t at, unsigned size, uint64_t *, struct error *);
    int (*store)(void *, uint64_t at, unsigned size, uint64_t, struct error *);
    int (*variable)(void *, const char *name, struct value *, struct error *);
    int (*set_variable)(void *, const char *name, const struct value *, struct error *);
    /* An object of the program, by its path: a, a.b, a->b[3]. address: where it lies, as a pointer. NULL: there are none. */
    int (*object)(void *, const char *path, bool address, struct value *, struct error *);
    /* SEGMENT:OFFSET, which binds less than the operators of sums do. NULL: addresses have one part, and ':' is none. */
    int (*far)(void *, uint64_t segment, uint64_t offset, uint64_t *, struct error *);
    void *opaque;
};

struct expression;

/* Parses the longest expression at the start of `text`; *rest is what follows it (NULL: nothing may). -EINVAL, -ENOMEM, or what
 * context->name() said. */
MUST_CHECK int expression_parse(const char *text, const struct expression_context *, const char **rest, struct expression **out,
                                struct error *);
void expression_free(struct expression *);
/* -errno with the sentence. Changes something only when the expression assigns, and then at its very end. */
MUST_CHECK int expression_evaluate(const struct expression *, const struct expression_context *, struct value *, struct error *);
bool expression_assigns(const struct expression *);
bool expression_is_constant(const struct expression *);
/* Is its value loaded from memory? Then expression_address() gives from where; the value's type points to what is loaded. */
bool expression_is_memory(const struct expression *);
bool expression_is_object(const struct expression *); /* of the program: expression_address() works where it lies in memory */
MUST_CHECK int expression_address(const struct expression *, const struct expression_context *, struct value *, struct error *);
/* Does it demand, whatever else it says, that the register be equal to a number? (`$pc == 0x80200000 && ...`) */
bool expression_demands(const struct expression *, reg_t, uint64_t *number);

#endif
