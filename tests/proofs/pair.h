/* pair.h - two harts, alike in what a program sees, in any states and modes otherwise; and what may be said of them afterwards. Nothing
 * of this runs: the model checker reads it (prove.sh). nondet_*() is any value there is.
 */
#ifndef TRAPEZE_TESTS_PROOFS_PAIR_H
#define TRAPEZE_TESTS_PROOFS_PAIR_H

#include "tests/proofs/hart.h"

/* The model checker's own. */
void __CPROVER_assume(_Bool);
void __CPROVER_assert(_Bool, const char *);

uint64_t nondet_64(void);
int32_t nondet_32(void);
uint8_t nondet_8(void);
bool nondet_bool(void);
struct hart nondet_hart(void);
struct trap nondet_trap(void);

/* What of mstatus is shown: FS, of which SD follows. */
#define SHOWN_STATUS ((uint64_t)3 << MSTATUS_FS)

static struct hart first, second; /* the pair */
static struct trap first_trap, second_trap;

static bool is_mode(uint64_t m) { return m == RV_U || m == RV_S || m == RV_M; }

static void hart_any(struct hart *h, struct trap *t)
{
    *h = nondet_hart();
    *t = nondet_trap();
    h->trap = t;
    __CPROVER_assume(is_mode(h->mode));
    __CPROVER_assume(h->left > 0); /* the instruction at hand may retire */
    __CPROVER_assume(h->step_length == 2 || h->step_length == 4);
}

/* An array as one value, so that it is copied as one: then the solver sees one and the same array in both harts. */
struct array_x {
    HART_TYPE(x) v;
};
struct array_f {
    HART_TYPE(f) v;
};

/* `second` shows what `first` shows, and is of the same make but for its number; all else of it is its own. */
static void pair_make(void)
{
    hart_any(&first, &first_trap);
    hart_any(&second, &second_trap);
#define ASIDE(name)
#define ALIGNED(n, name)
#define SHOWN(name) second.name = first.name;
#define SHOWN_ARRAY(name) *(struct array_##name *)(void *)second.name = *(const struct array_##name *)(const void *)first.name;
#define KEPT(name)
#define KEPT_ARRAY(name)
#define KEPT_STRUCT(name, field)
#define KEPT_PART(name, field)
    HART_MEMBERS
#undef SHOWN
#undef SHOWN_ARRAY
#undef KEPT
#undef KEPT_ARRAY
#undef KEPT_STRUCT
#undef KEPT_PART
    second.step_length = first.step_length;
    second.mstatus = (second.mstatus & ~SHOWN_STATUS) | (first.mstatus & SHOWN_STATUS);
    const unsigned number = second.config.hartid;
    second.config = first.config;
    second.config.hartid = number;
    second.extensions = first.extensions;
    first.trap = &first_trap;
    second.trap = &second_trap;
}

/* Any operands that a decoder may give: of x0 as rd it makes RV_SINK. */
static struct rv_operands operands_any(void)
{
    struct rv_operands o = {.imm = nondet_32(), .rd = nondet_8(), .rs1 = nondet_8(), .rs2 = nondet_8(), .aux = nondet_8()};
    __CPROVER_assume(o.rd <= RV_SINK && o.rs1 < 32 && o.rs2 < 32);
    return o;
}

static unsigned index_any(size_t count)
{
    unsigned n = (unsigned)nondet_64();
    __CPROVER_assume(n < count);
    return n;
}

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* The same to a program. The sink is no register. */
static void assert_shown_alike(const struct hart *a, const struct hart *b)
{
    const unsigned x = index_any(RV_SINK);
    __CPROVER_assert(a->x[x] == b->x[x], "x is the same");
    const unsigned f = index_any(COUNT(a->f));
    __CPROVER_assert(a->f[f] == b->f[f], "f is the same");
    __CPROVER_assert(a->pc == b->pc, "pc is the same");
    __CPROVER_assert(a->fflags == b->fflags, "fflags is the same");
    __CPROVER_assert(a->frm == b->frm, "frm is the same");
    __CPROVER_assert((a->mstatus & SHOWN_STATUS) == (b->mstatus & SHOWN_STATUS), "mstatus.FS is the same");
}

/* Control state as it was. */
static void assert_kept(const struct hart *h, const struct hart *before)
{
#define SHOWN(name)
#define SHOWN_ARRAY(name)
#define KEPT(name) __CPROVER_assert(h->name == before->name, #name " is kept");
#define KEPT_ARRAY(name)                                                                                                              \
    {                                                                                                                                 \
        const unsigned n = index_any(COUNT(h->name));                                                                                 \
        __CPROVER_assert(h->name[n] == before->name[n], #name " is kept");                                                            \
    }
#define KEPT_STRUCT(name, field)                                                                                                      \
    {                                                                                                                                 \
        const unsigned n = index_any(COUNT(h->name));                                                                                 \
        __CPROVER_assert(h->name[n].field == before->name[n].field, #name " is kept");                                                \
    }
#define KEPT_PART(name, field) __CPROVER_assert(h->name.field == before->name.field, #name " is kept");
    HART_MEMBERS
#undef ASIDE
#undef ALIGNED
#undef SHOWN
#undef SHOWN_ARRAY
#undef KEPT
#undef KEPT_ARRAY
#undef KEPT_STRUCT
#undef KEPT_PART
    __CPROVER_assert((h->mstatus & ~SHOWN_STATUS) == (before->mstatus & ~SHOWN_STATUS), "mstatus is kept");
}

#endif
