/* code_rig.h - an IA-32 CPU with 2 MiB of RAM that runs bytes by the contract alone: flat, ring 0, 32 bits, or real mode. */
#ifndef TRAPEZE_TESTS_ISA_IA32_CODE_RIG_H
#define TRAPEZE_TESTS_ISA_IA32_CODE_RIG_H

#include "isa/ia32.h"
#include "mmu/phys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CODE_RAM = 0x200000, CODE_AT = 0x7c00, CODE_STACK = 0x7000 };

struct code_rig {
    struct ram *ram;
    struct phys *phys;
    struct machine *m;
};

static inline void code_segment(struct machine *m, unsigned seg, uint16_t selector, uint32_t base, uint32_t limit, uint32_t rights)
{
    machine_set(m, IA_SEG + 4 * seg + IA_SELECTOR, selector);
    machine_set(m, IA_SEG + 4 * seg + IA_BASE, base);
    machine_set(m, IA_SEG + 4 * seg + IA_LIMIT, limit);
    machine_set(m, IA_SEG + 4 * seg + IA_RIGHTS, rights);
}

/* wide: protected mode, flat segments of 32 bits; else real mode with all bases 0. */
static inline void code_open_engine(struct code_rig *r, enum ia32_model model, bool wide, struct phys *ports,
                                    const struct engine_options *engine)
{
    const struct ia32_config config = {.model = model};
    assert_int_equal(ram_create(&r->ram, CODE_RAM), 0);
    assert_int_equal(phys_create(&r->phys), 0);
    assert_int_equal(phys_add_ram(r->phys, "ram", 0, CODE_RAM, r->ram, 0), 0);
    assert_int_equal(ia32_create_with(&r->m, r->phys, ports, &config, engine), 0);
    machine_set(r->m, MACHINE_MODE, wide ? IA_RING0 : IA_REAL);
    for (unsigned seg = 0; seg < IA_SEGS; seg++)
        code_segment(r->m, seg, wide ? (seg == IA_CS ? 0x08 : 0x10) : 0, 0, wide ? UINT32_MAX : 0xffff,
                     (seg == IA_CS ? 0x9b : 0x93) | (wide ? IA_RIGHTS_DB | IA_RIGHTS_G : 0));
    machine_set(r->m, MACHINE_PC, CODE_AT);
    machine_set(r->m, IA_ESP, CODE_STACK);
}

static inline void code_open_with(struct code_rig *r, enum ia32_model model, bool wide, struct phys *ports)
{
    code_open_engine(r, model, wide, ports, NULL);
}
static inline void code_open(struct code_rig *r, enum ia32_model model, bool wide) { code_open_with(r, model, wide, NULL); }

static inline void code_close(struct code_rig *r)
{
    machine_destroy(r->m);
    phys_destroy(r->phys);
    ram_destroy(r->ram);
}

static inline void code_put(struct code_rig *r, pa_t at, const void *bytes, size_t size)
{
    assert_int_equal(machine_store(r->m, at, bytes, size), 0);
}
/* At the PC, from a string of bytes. */
#define CODE(r, bytes) code_put(r, CODE_AT, bytes, sizeof bytes - 1)

static inline struct trap code_run(struct code_rig *r, uint64_t budget, uint64_t *retired)
{
    *retired = 0;
    return machine_run(r->m, budget, retired);
}

static inline uint32_t code_get(const struct code_rig *r, reg_t reg) { return (uint32_t)machine_get(r->m, reg); }

#endif
