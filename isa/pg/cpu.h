/* cpu.h - the inside of a bare machine <E, M, P, R>; private to isa/pg/. */
#ifndef TRAPEZE_ISA_PG_CPU_H
#define TRAPEZE_ISA_PG_CPU_H

#include "isa/pg.h"
#include "isa/trigger.h"
#include "mmu/bounds.h"
#include "mmu/phys.h"

/* E is the RAM itself, as host words: a cell is read without a call. Stores are announced all the same, to whoever keeps something that
 * follows from this memory. What the last run() touched is noted as it goes; the classifier's machines are small, so that cells from
 * PG_TOUCHED on are not noted. */
struct pg {
    struct machine machine; /* first */
    struct pg_config config;
    struct pg_word word; /* config.word's: here, as every instruction is decoded by it */
    uint64_t *e;         /* E: host pointer to cell 0; of ram, which is phys's */
    struct ram *ram;
    uint64_t ram_offset; /* of cell 0 */
    uint64_t m, p;
    struct bounds r;
    uint64_t clock, retired;
    struct trigger_set triggers;  /* virtual addresses are cells, physical ones bytes */
    uint64_t resume;              /* MACHINE_RESUME */
    uint64_t read, written;       /* by the last run(): a bit for each of the first PG_TOUCHED cells */
    unsigned how_m, how_l, how_b; /* likewise: TOUCH_* of M, l and b */
    unsigned asked;               /* likewise: a bit for each variant */
};

/* The row that `bits` names, or INSN_NONE. */
static inline unsigned pg_decode_row(uint64_t bits)
{
    unsigned row = (unsigned)(bits >> 56) - 1;
    return row < PG_INSN_COUNT ? row : INSN_NONE;
}

/* In a word of any layout. */
static inline unsigned pg_decode_row_in(const struct pg_word *w, uint64_t bits)
{
    const unsigned opcode = (unsigned)(bits >> w->a >> w->b);
    if (w->only != INSN_NONE)
        return opcode == (w->opcode ? 1 : 0) ? w->only : INSN_NONE;
    return opcode - 1 < PG_INSN_COUNT ? opcode - 1 : INSN_NONE;
}

/* Registers keep so many bits, and cells so many. Sums of them are made in 64 bits, where fields of 21 cannot wrap: a + l beyond the
 * memory is found to be so. */
static inline uint64_t pg_field(const struct pg_word *w, uint64_t v) { return bits_get(v, 0, w->field); }
static inline uint64_t pg_cell(const struct pg_word *w, uint64_t v) { return v & UINT64_MAX >> (64 - w->bits); }

static inline uint64_t pg_operand_a(uint64_t bits) { return bits_get(bits, 28, 28); }
static inline uint64_t pg_operand_b(uint64_t bits) { return bits_get(bits, 0, 28); }

extern const struct about pg_about; /* isa/about.h */
/* tval: isa/pg.h, enum pg_trap; row: INSN_NONE for a fetch that failed. */
struct trap pg_trap_make(enum pg_trap cause, uint64_t tval, unsigned row, uint64_t bits);
enum delivery pg_deliver(struct machine *, struct trap *);
struct trap pg_interpret(struct machine *, insn_t insn, const struct interpret_memory *);
/* As the assembler reads it; a word that is no instruction as `.word`. */
void pg_print(const struct pg_word *, uint64_t bits, char *out, size_t size);

/* A fetched and decoded instruction, on its way to its body. Each arrow may end in a trap, and then nothing has changed:
 *
 *     fetch E[P]  ->  triggers by opcode  ->  decode  ->  the body: checks, loads  ->  stores, M, P, R
 *
 * The fetch goes through R like any access: P is a virtual address. What cannot be decoded traps with its word.
 */
struct pg_insn {
    uint64_t a, b, bits;
    unsigned row;
};

enum pg_done { PG_NEXT, PG_STOP, PG_TRAP }; /* retired; retired, and the machine halts; trapped */

#endif
