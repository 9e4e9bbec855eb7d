/* about.c - what the paper's machine tells people (isa/about.h). It has two modes, four kinds of traps, two registers beside the PC and
 * the mode, no stack, and no calls. */
#include "isa/about.h"

#include "isa/pg/cpu.h"

/* By enum pg_mode: user is 0, as in the PSW's bit M. */
static const char *const modes[] = {"u", "s"};
static const char *const long_modes[] = {"user", "supervisor"};
static const char *const said_modes[] = {"u-mode", "s-mode"};

/* The architecture has one trap and does not say why it came; these are the ways in which this house tells them
 * apart, from the value that run() returns. */
static const struct about_trap traps[] = {
    {false, PG_TRAP_MEMORY, "memory", "memory trap"},
    {false, PG_TRAP_PRIVILEGED, "privileged", "privileged instruction in user mode"},
    {false, PG_TRAP_SVC, "svc", "supervisor call"},
    {false, PG_TRAP_UNDEFINED, "undefined", "no instruction"},
};

static const struct about_alias aliases[] = {{"priv", "m", 0, 0}, {"privilege", "m", 0, 0}, {0}};

/* The old PSW is in cell 0: E2[0] = (M1, P1, R1) [PG74]. */
static uint64_t mode_before(const struct machine *m)
{
    uint64_t word = 0;
    return machine_load(m, 0, &word, sizeof word) == 0 ? pg_psw_unpack(word).m : machine_get(m, MACHINE_MODE);
}

static const char *variant_of(const char *name)
{
    const enum pg_variant v = pg_variant_find(name);
    return v < PG_VARIANT_COUNT ? pg_variants[v].about : NULL;
}

static struct insn_desc row_of(const void *config, unsigned row)
{
    return pg_row_of(((const struct pg_config *)config)->variant, row);
}

/* --- memory: the relocation-bounds register */

static bool bounds(const struct machine *m, struct about_bounds *out)
{
    *out = (struct about_bounds){
        .base = machine_get(m, PG_L), .bound = machine_get(m, PG_B), .memory = ((const struct pg_config *)m->config)->cells};
    return true;
}

/* Where a virtual cell lies, whether or not there is such a cell: people want to know where an address would lead. */
static bool find_cell(const struct machine *m, va_t va, pa_t *pa, struct pt_walk *walk)
{
    struct about_bounds r;
    (void)bounds(m, &r);
    *pa = (va + r.base) * PG_CELL;
    walk->why = va < r.bound ? NULL : "it is not below the bound b";
    return va < r.bound;
}

/* a + l >= q, else a >= b, is a memory trap [PG74].
 * Both are the same trap, so that the order shows nowhere but in isa/pg.h. Reads, writes and fetches are alike: R
 * knows no rights. */
static void access_cell(const struct machine *m, va_t va, unsigned size, enum pt_kind kind, struct about_access *out)
{
    struct about_bounds r;
    (void)size, (void)kind;
    (void)bounds(m, &r);
    out->pa = (va + r.base) * PG_CELL;
    if (va < r.bound && va + r.base < r.memory) {
        out->range = phys_find(m->phys, out->pa);
        return;
    }
    out->refused = REFUSED_BOUND;
    out->trap.cause = PG_TRAP_MEMORY;
}

static const struct about_word words[] = {
#define TERM(names, text, see) {names, text, see},
#include "isa/pg/glossary.def"
#undef TERM
    {NULL, NULL, NULL},
};

/* What is left out is not there: no stack, no calls, no interrupt lines, no tables, and no GDB that knows such a
 * machine. */
const struct about pg_about = {
    .modes = modes,
    .long_modes = long_modes,
    .said_modes = said_modes,
    .mode_count = sizeof modes / sizeof modes[0],
    .modes_listed = "s and u",
    .user_mode = PG_U,
    .variant = variant_of,
    .words = words,
    .traps = traps,
    .trap_count = sizeof traps / sizeof traps[0],
    .aliases = aliases,
    .cell = PG_CELL,
    .mode_before = mode_before,
    .row = row_of,
    .bounds = bounds,
    .access = access_cell,
    .find = find_cell,
};
