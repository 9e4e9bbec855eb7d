/* x87.h - the floating-point unit: eight registers used as a stack, and what its instructions do to them [SDM 1 8.1].
 *
 * The operations here know neither memory nor the CPU; execute_x87*.c bring operands to them, and raise #NM and #MF. Each answers
 * the exceptions that it meets as the masks say: masked, a default result goes where the result would; unmasked, ES is set, and the
 * next waiting instruction finds it [SDM 1 8.6].
 */
#ifndef TRAPEZE_ISA_IA32_X87_H
#define TRAPEZE_ISA_IA32_X87_H

#include "isa/ia32/x87_float.h"

struct ia_x87 {
    struct x87_ext r[8]; /* physical: ST(i) is r[(TOP + i) & 7] */
    uint16_t control, status;
    uint16_t tag; /* bit n: r[n] is not empty. The tag word is made of it and of what the registers hold: x87_tag_word() */
    uint16_t fop; /* of the last instruction that was not one of control: opcode (11 bits), where it stood, its memory operand */
    uint16_t fcs, fds;
    uint32_t fip, fdp;
};

enum { X87_CONTROL_BITS = 0x1f3f, X87_CONTROL_ONE = 0x40, X87_CONTROL_INIT = 0x37f };

/* --- The registers */

static inline unsigned x87_top(const struct ia_x87 *f) { return f->status >> 11 & 7; }
static inline void x87_top_set(struct ia_x87 *f, unsigned top)
{
    f->status = (uint16_t)((f->status & ~(unsigned)X87_TOP) | (top & 7) << 11);
}
static inline unsigned x87_index(const struct ia_x87 *f, unsigned i) { return (x87_top(f) + i) & 7; }
static inline struct x87_ext x87_st(const struct ia_x87 *f, unsigned i) { return f->r[x87_index(f, i)]; }
static inline bool x87_is_empty(const struct ia_x87 *f, unsigned i) { return !(f->tag >> x87_index(f, i) & 1); }
static inline void x87_set(struct ia_x87 *f, unsigned i, struct x87_ext value)
{
    const unsigned n = x87_index(f, i);
    f->r[n] = value;
    f->tag |= (uint16_t)(1u << n);
}
static inline void x87_free(struct ia_x87 *f, unsigned i) { f->tag &= (uint16_t) ~(1u << x87_index(f, i)); }
static inline void x87_pop(struct ia_x87 *f)
{
    x87_free(f, 0);
    x87_top_set(f, x87_top(f) + 1);
}
static inline void x87_push(struct ia_x87 *f, struct x87_ext value)
{
    x87_top_set(f, x87_top(f) - 1);
    x87_set(f, 0, value);
}

/* --- The frame of an operation */

static inline struct x87_op x87_begin(const struct ia_x87 *f) { return (struct x87_op){.control = f->control}; }

/* An operand is missing; the result of this, masked, is the indefinite. */
struct x87_ext x87_underflow(struct x87_op *);
/* There is no room for a result. */
struct x87_ext x87_overflow(struct x87_op *);

/* ES and B follow the flags and the masks. */
void x87_summarise(struct ia_x87 *);
/* Ends an operation: of the condition codes, those of `codes` are as it raised them, and exceptions add to those that stand. */
void x87_finish(struct ia_x87 *, const struct x87_op *, unsigned codes);

/* --- Whole instructions that need no memory; `pops` of them drop ST(0) so many times at the end */

typedef struct x87_ext x87_binary_fn(struct x87_op *, struct x87_ext, struct x87_ext);
typedef struct x87_ext x87_unary_fn(struct x87_op *, struct x87_ext);

/* ST(to) = ST(to) fn ST(from). */
void x87_binary(struct ia_x87 *, x87_binary_fn *, unsigned to, unsigned from, unsigned pops);
/* ST(0) = ST(0) fn value, with the operation begun, because loading the value may have something to say. */
void x87_binary_with(struct ia_x87 *, struct x87_op *, x87_binary_fn *, struct x87_ext value);
void x87_unary(struct ia_x87 *, x87_unary_fn *);
void x87_compare_st(struct ia_x87 *, unsigned with, bool quiet, unsigned pops);
void x87_compare_with(struct ia_x87 *, struct x87_op *, struct x87_ext value, unsigned pops);
/* FCOMI, FUCOMI: ZF, PF and CF as EFLAGS has them. */
unsigned x87_compare_flags(struct ia_x87 *, unsigned with, bool quiet, unsigned pops);
/* Pushes what the operation loaded. */
void x87_load_value(struct ia_x87 *, struct x87_op *, struct x87_ext value);
void x87_copy_to(struct ia_x87 *, unsigned to, unsigned pops); /* FST ST(i) */
/* The same with a pop, but that an empty ST(0) is no exception: the undocumented encoding D9 D8+i. */
void x87_copy_unchecked(struct ia_x87 *, unsigned to);
void x87_exchange(struct ia_x87 *, unsigned with);
void x87_copy_if(struct ia_x87 *, unsigned from, bool condition); /* FCMOVcc */
void x87_sign(struct ia_x87 *, uint16_t clear, uint16_t invert);  /* FABS, FCHS */
void x87_fxam(struct ia_x87 *);
void x87_fscale(struct ia_x87 *);
void x87_fxtract(struct ia_x87 *);
void x87_remainder(struct ia_x87 *, x87_binary_fn *);
/* FYL2X, FYL2XP1, FPATAN: ST(1) = fn(ST(0), ST(1)), pop. */
void x87_binary_pop(struct ia_x87 *, x87_binary_fn *);
void x87_fsin(struct ia_x87 *);
void x87_fcos(struct ia_x87 *);
void x87_fptan(struct ia_x87 *);
void x87_fsincos(struct ia_x87 *);

/* --- State as memory sees it (x87_env.c) */

void x87_init(struct ia_x87 *);  /* FNINIT */
void x87_clear(struct ia_x87 *); /* FNCLEX */
void x87_control_set(struct ia_x87 *, uint16_t control);
/* Two bits a register, by number: 0 valid, 1 zero, 2 special, 3 empty. */
uint16_t x87_tag_word(const struct ia_x87 *);

enum { X87_ENV_16 = 14, X87_ENV_32 = 28, X87_REGISTERS = 80 };
/* FNSTENV and FLDENV: an environment of 14 (wide: 28) bytes; paragraphs: as real mode and V86 lay it out [SDM 1 figures 8-9 to 8-12]. */
void x87_env_store(const struct ia_x87 *, uint8_t *image, bool wide, bool paragraphs);
void x87_env_load(struct ia_x87 *, const uint8_t *image, bool wide, bool paragraphs);
/* The eight registers, ST(0) first, as FNSAVE and FRSTOR have them behind the environment. */
void x87_registers_store(const struct ia_x87 *, uint8_t image[X87_REGISTERS]);
void x87_registers_load(struct ia_x87 *, const uint8_t image[X87_REGISTERS]);

#endif
