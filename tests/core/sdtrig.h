/* sdtrig.h - the debug triggers of programs: their fields, and how they are set. */
#ifndef TRAPEZE_TESTS_CORE_SDTRIG_H
#define TRAPEZE_TESTS_CORE_SDTRIG_H

#include "tests/core/pair.h"
#include "tests/core/rig.h"

/* tdata1 [debug 5.7.12] */
#define MCONTROL6 (UINT64_C(6) << 60)
#define HIT0 (UINT64_C(1) << 22)
enum { IN_M = 64, IN_S = 16, IN_U = 8, ON_EXECUTE = 4, ON_STORE = 2, ON_LOAD = 1, MATCH_SHIFT = 7 };
#define WRITABLE (HIT0 | 3 << MATCH_SHIFT | IN_M | IN_S | IN_U | ON_EXECUTE | ON_STORE | ON_LOAD)

static inline struct riscv_config config_with(bool sdtrig)
{
    struct riscv_config c = riscv_config_default;
    c.sdtrig = sdtrig;
    c.zicbom = c.zicboz = true;
    return c;
}

static inline void compare_triggers(const struct pair *p)
{
    for (unsigned n = 0; n < 2 * RV_TRIGGERS; n++)
        pair_compare_reg(p, "a trigger", RV_TDATA1 + n);
}

#endif
