/* third.h - an instruction set of the tests' own, which is not shipped: little, and whatever the shipped ones do not have. Instructions of
 * 1 to 16 bytes, whose length depends on a register (`form`, the decoding context); four rings, of which two are user modes; ports; an
 * interrupt that the board says the number of; error codes; trap entry that writes memory, and may trap in that.
 *
 * A virtual address a is physical a + base, if a < bound; in every ring. A trap number n goes to ring 0 at the address that the word at
 * vectors + 8 n holds, with base 0, all of memory, form 0 and interrupts off. Before that a frame of five words is put below the stack:
 *
 *   pc    ring | form << 2 | enable << 3    base    bound    error
 *
 * A vector or frame that is not in memory is trap THIRD_DOUBLE, whose frame is at THIRD_DOUBLE_FRAME; met in delivering that, the end.
 */
#ifndef TRAPEZE_TESTS_ISA_THIRD_THIRD_H
#define TRAPEZE_TESTS_ISA_THIRD_THIRD_H

#include "isa/insn.h"

extern const struct isa isa_third;

enum third_row {
#define INSN(name, format, traps, sensitive, about) THIRD_##name,
#include "tests/isa/third/insn.def"
#undef INSN
    THIRD_ROWS
};

/* Registers a0 to a3, and those with names. The line is read only. */
enum { THIRD_A, THIRD_AS = 4, THIRD_FORM = 4, THIRD_BASE, THIRD_BOUND, THIRD_VECTORS, THIRD_STACK, THIRD_ENABLE, THIRD_LINE };
enum { THIRD_RINGS = 4, THIRD_USER = 2 /* rings from here on */, THIRD_PORTS = 1 /* ... up to here may use ports */ };
enum { THIRD_MEMORY, THIRD_PRIVILEGED, THIRD_CALL, THIRD_UNDEFINED, THIRD_DOUBLE }; /* traps; a board's interrupts have others */
enum { THIRD_ERROR_WRITE = 1, THIRD_ERROR_USER = 2, THIRD_ERROR_FETCH = 4 };        /* of THIRD_MEMORY */
enum { THIRD_FRAME = 40, THIRD_DOUBLE_FRAME = 64, THIRD_RESET = 256 };

struct third_config {
    uint64_t bytes; /* of memory */
    bool leaks;     /* the variant: `ring` tells every ring */
};

int third_create(struct machine **out, struct phys *, const struct third_config *); /* 0 or -errno */

/* --- for its VMM */

static inline uint64_t third_status(uint64_t ring, uint64_t form, uint64_t enable) { return ring | form << 2 | enable << 3; }
static inline struct trap third_trap(unsigned cause, uint64_t tval, uint32_t error)
{
    static const enum trap_reason reason[] = {REASON_RESOURCE, REASON_PRIVILEGE, REASON_REQUESTED, REASON_UNDEFINED, REASON_RESOURCE};
    return (struct trap){
        .kind = TRAP_EXCEPTION, .reason = reason[cause], .row = INSN_NONE, .cause = cause, .tval = tval, .error = error};
}

#endif
