/* about.c - what the paper's machine tells people (isa/about.h). It has two modes, four kinds of traps, two registers beside the PC and
 * the mode, no stack, and no calls. */
#include "isa/about.h"

#include "isa/pg/cpu.h"

static const char *const modes[] = {"u", "s"};
static const char *const long_modes[] = {"user", "supervisor"};

static const struct about_trap traps[] = {
    {false, PG_TRAP_MEMORY, "memory", "memory trap"},
    {false, PG_TRAP_PRIVILEGED, "privileged", "privileged instruction in user mode"},
    {false, PG_TRAP_SVC, "svc", "supervisor call"},
    {false, PG_TRAP_UNDEFINED, "undefined", "no instruction"},
};

static const struct about_alias aliases[] = {{"priv", "m"}, {"privilege", "m"}, {0}};

/* The old PSW is in cell 0: E2[0] = (M1, P1, R1) [PG74]. */
static uint64_t mode_before(const struct machine *m)
{
    uint64_t word = 0;
    return machine_load(m, 0, &word, sizeof word) == 0 ? pg_psw_unpack(word).m : machine_get(m, MACHINE_MODE);
}

static struct insn_desc row_of(const void *config, unsigned row)
{
    return pg_row_of(((const struct pg_config *)config)->variant, row);
}

const struct about pg_about = {
    .modes = modes,
    .long_modes = long_modes,
    .mode_count = sizeof modes / sizeof modes[0],
    .modes_listed = "s and u",
    .user_mode = PG_U,
    .traps = traps,
    .trap_count = sizeof traps / sizeof traps[0],
    .aliases = aliases,
    .cell = PG_CELL,
    .mode_before = mode_before,
    .row = row_of,
};
