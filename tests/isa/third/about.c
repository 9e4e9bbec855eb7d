/* about.c - what the tests' instruction set answers when people ask. */
#include "isa/about.h"
#include "mmu/phys.h"
#include "tests/isa/third/third.h"

static const char *const modes[] = {"r0", "r1", "r2", "r3"}, *const long_modes[] = {"ring 0", "ring 1", "ring 2", "ring 3"};

static const struct about_trap traps[] = {
    {false, THIRD_MEMORY, "memory", "memory trap"},
    {false, THIRD_PRIVILEGED, "privileged", "privileged instruction"},
    {false, THIRD_CALL, "call", "call"},
    {false, THIRD_UNDEFINED, "undefined", "undefined instruction"},
    {false, THIRD_DOUBLE, "double", "undelivered trap"},
};

static bool bounds(const struct machine *m, struct about_bounds *out)
{
    *out = (struct about_bounds){.base = machine_get(m, THIRD_BASE),
                                 .bound = machine_get(m, THIRD_BOUND),
                                 .memory = ((const struct third_config *)m->config)->bytes};
    return true;
}

static bool find(const struct machine *m, va_t va, pa_t *pa, struct pt_walk *walk)
{
    struct about_bounds r;
    (void)bounds(m, &r);
    *pa = va + r.base;
    walk->why = va < r.bound ? NULL : "it is not below the bound";
    return va < r.bound;
}

static void access_at(const struct machine *m, va_t va, unsigned size, enum pt_kind kind, struct about_access *out)
{
    struct about_bounds r;
    (void)size, (void)kind;
    (void)bounds(m, &r);
    out->pa = va + r.base;
    if (va < r.bound && va + r.base < r.memory) {
        out->range = phys_find(m->phys, out->pa);
        return;
    }
    out->refused = REFUSED_BOUND;
    out->trap.cause = THIRD_MEMORY;
}

extern const struct about third_about;
const struct about third_about = {
    .modes = modes,
    .long_modes = long_modes,
    .mode_count = THIRD_RINGS,
    .modes_listed = "r0 to r3",
    .user_mode = THIRD_RINGS - 1,
    .traps = traps,
    .trap_count = sizeof traps / sizeof traps[0],
    .bounds = bounds,
    .access = access_at,
    .find = find,
};
