/* pg.h - the machine of the paper: the third-generation computer of Popek & Goldberg, CACM 17(7), 1974 [PG74].
 *
 * A state is <E, M, P, R>: E, q cells of memory; M, supervisor or user; P, the program counter, relative to R; R = (l, b), the
 * relocation-bounds register, active in both modes. An access to a: a + l >= q is a memory trap, else a >= b is one, else it is
 * E[a + l]. (b is a size, so "all of memory" is (0, q); the paper's text wobbles by one here.) A trap stores the PSW (M, P, R),
 * which fits one cell, into E[0] and loads it from E[1]. There are no other registers and no condition code.
 *
 *   PSW           63 M (1: supervisor)   62:42 P       41:21 l      20:0 b
 *   instruction   63:56 opcode           55:28 operand a            27:0 operand b
 *
 * So wide is a word unless the configuration says otherwise: the same machine with words of a few bits has few enough states that all
 * can be visited (core/theory/exhaust.h).
 */
#ifndef TRAPEZE_ISA_PG_H
#define TRAPEZE_ISA_PG_H

#include "isa/insn.h"
#include "isa/machine.h"

extern const struct isa isa_pg;

enum pg_mode { PG_U = 0, PG_S = 1 }; /* MACHINE_MODE; MACHINE_PC is P */

/* Register numbers of the contract. In what machine_touched() tells PG_E + i is cell i, the cells below PG_TOUCHED only; they come first,
 * then M (MACHINE_MODE), l and b, as far as an instruction read or wrote them by name. P is every program's. Last, PG_ASKED + v: it
 * asked whether this machine is the variant v, and has not found out which it is otherwise. */
enum { PG_L = 0, PG_B = 1, PG_E = 0x100, PG_TOUCHED = 64, PG_ASKED = 0x200 };

enum {
    PG_CELL = 8,                             /* bytes: cell i lies at pa 8 * i */
    PG_FIELD_BITS = 21,                      /* of P, l and b: registers keep so many bits of what they are set to */
    PG_CELLS_MIN = 3,                        /* the two cells of a trap, and one to execute */
    PG_CELLS_MAX = (1 << PG_FIELD_BITS) - 1, /* so that b can say "all" */
    PG_RESET_P = 2,                          /* reset: <s, 2, (0, q)> */
    PG_CONSOLE = 1 << 30, /* pa to which OUT stores a byte; beyond any E. Where nothing is plugged in, the byte is lost */
};

/* Rows of insn.def: PG_INSN_lit ... */
enum pg_row {
#define INSN(name, ext, encoding, format, traps, sensitive, manual) PG_INSN_##name,
#include "isa/pg/insn.def"
#undef INSN
    PG_INSN_COUNT
};

/* PG_BASE: all that is sensitive is privileged. The others change one instruction each, in user mode only. */
enum pg_variant {
#define VARIANT(id, name, row, traps, sensitive, about) PG_##id,
#include "isa/pg/variants.def"
#undef VARIANT
    PG_VARIANT_COUNT
};

struct pg_variant_desc {
    const char *name;      /* "JRST1"; "" for the base machine */
    uint16_t row;          /* the instruction that differs, or INSN_NONE */
    enum insn_traps traps; /* what insn.def would claim of it here */
    unsigned sensitive;
    const char *about;
};
extern const struct pg_variant_desc pg_variants[PG_VARIANT_COUNT];
/* By name, upper or lower case. PG_VARIANT_COUNT: there is none. */
enum pg_variant pg_variant_find(const char *name);
/* The row as this variant's table has it: the claims of variants.def in place of insn.def's. */
struct insn_desc pg_row_of(enum pg_variant, unsigned row);

/* What a word is: so many bits a cell, of an instruction's opcode (from the top of a on) and operands (b is lowest), and of P, l and b,
 * as registers and in a PSW, where b is lowest, then l, P and M come. A word that is too short for a whole PSW holds its lower part,
 * and stores and LPSW take the rest for 0. */
struct pg_word {
    uint8_t bits, opcode, a, b, field;
    uint16_t only; /* INSN_NONE, or the one row that this machine has: of opcode 1; of any word where an opcode has no bits */
};
extern const struct pg_word pg_word_full; /* the layout above */

struct pg_config {
    unsigned cells; /* q */
    enum pg_variant variant;
    const struct pg_word *word; /* borrowed, for as long as the machine is there; NULL: pg_word_full */
};
static inline const struct pg_word *pg_word_of(const struct pg_config *c) { return c && c->word ? c->word : &pg_word_full; }

/* A bare machine on `phys` (borrowed), whose first range must be RAM at 0 with room for the cells. 0, -EINVAL (cells out of range, no
 * such RAM, no such word) or -ENOMEM. */
MUST_CHECK int pg_create(struct machine **out, struct phys *phys, const struct pg_config *);

/* Which trap. For whoever holds the trap as a value; the architecture itself stores only the PSW. Its P is the trapped instruction's
 * own address, SVC's too: E2[0] = (M1, P1, R1) [PG74]. So whoever serves the trap can look at the instruction and know why.
 * tval: the address, for a memory trap; else the instruction. */
enum pg_trap { PG_TRAP_MEMORY, PG_TRAP_PRIVILEGED, PG_TRAP_SVC, PG_TRAP_UNDEFINED };

struct pg_psw {
    uint64_t m, p, l, b;
};
static inline uint64_t pg_psw_pack(struct pg_psw s)
{
    return bits_set(bits_set(bits_set(bits_set(0, 63, 1, s.m), 42, 21, s.p), 21, 21, s.l), 0, 21, s.b);
}
static inline struct pg_psw pg_psw_unpack(uint64_t w)
{
    return (struct pg_psw){.m = bits_get(w, 63, 1), .p = bits_get(w, 42, 21), .l = bits_get(w, 21, 21), .b = bits_get(w, 0, 21)};
}

static inline uint64_t pg_psw_pack_in(const struct pg_word *w, struct pg_psw s)
{
    const unsigned f = w->field;
    return bits_set(bits_set(bits_set(bits_set(0, 3 * f, 1, s.m), 2 * f, f, s.p), f, f, s.l), 0, f, s.b);
}
static inline struct pg_psw pg_psw_unpack_in(const struct pg_word *w, uint64_t v)
{
    const unsigned f = w->field;
    return (struct pg_psw){.m = bits_get(v, 3 * f, 1), .p = bits_get(v, 2 * f, f), .l = bits_get(v, f, f), .b = bits_get(v, 0, f)};
}

/* The instruction word of a row; operands keep 28 bits. `sub 40, 41` is 0600000280000029: opcode 06, a = 40 from bit 28 on, b = 41. */
static inline uint64_t pg_encode(unsigned row, uint64_t a, uint64_t b)
{
    return bits_set(bits_set((uint64_t)isa_pg.rows[row].match, 28, 28, a), 0, 28, b);
}

/* Likewise, of a machine with such words; `opcode` as it stands in the word. */
static inline uint64_t pg_encode_in(const struct pg_word *w, uint64_t opcode, uint64_t a, uint64_t b)
{
    return bits_set(bits_set(opcode << w->a << w->b, w->b, w->a, a), 0, w->b, b);
}
static inline uint64_t pg_operand_a_in(const struct pg_word *w, uint64_t bits) { return bits_get(bits, w->b, w->a); }
static inline uint64_t pg_operand_b_in(const struct pg_word *w, uint64_t bits) { return bits_get(bits, 0, w->b); }

/* --- Programs. An image is cells from cell 0 on. */

enum { PG_NAME_MAX = 63 }; /* characters */
struct pg_label {
    char name[PG_NAME_MAX + 1];
    uint64_t cell; /* of the image */
};

struct pg_image {
    uint64_t *cell; /* owned */
    unsigned count;
    struct pg_label *label; /* owned; what the text has before a colon, in its order; NULL: none */
    unsigned labels;
};
void pg_image_free(struct pg_image *);

/* Assembles `text`; `name` is for sentences ("name:line: what is wrong"). -EINVAL or -ENOMEM. The language: isa/pg/assemble.c. */
MUST_CHECK int pg_assemble(const char *name, const char *text, size_t size, struct pg_image *out, struct error *);
/* A program that assembles to just these cells; *text is malloc'd. 0 or -ENOMEM. */
MUST_CHECK int pg_disassemble(const struct pg_image *, char **text);
/* Copies an image to the cells of a machine, from `cell` on. -EFAULT: it does not fit; nothing was copied. */
MUST_CHECK int pg_load(struct machine *, const struct pg_image *, uint64_t cell);

#endif
