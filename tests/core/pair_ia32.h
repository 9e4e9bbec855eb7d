/* pair_ia32.h - the same IA-32 machine twice: a bare CPU, and a virtual machine on another one. Both are put into the same state through
 * the contract and do the same; every register and byte of RAM is compared: f(i(S)) = v_i(f(S)).
 */
#ifndef TRAPEZE_TESTS_CORE_PAIR_IA32_H
#define TRAPEZE_TESTS_CORE_PAIR_IA32_H

#include "core/vmm/vcpu.h"
#include "isa/ia32.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PAIR_RAM = 32 * PAGE_SIZE, PAIR_SIDES = 2, PAIR_BARE = 0, PAIR_VIRTUAL = 1, PAIR_SAID = 4096, PAIR_DEPTH_MAX = 2 };

struct pair {
    struct machine *m[PAIR_SIDES];         /* the bare CPU; the virtual machine */
    struct machine *below[PAIR_DEPTH_MAX]; /* what it stands on: a CPU, perhaps a virtual machine on it */
    unsigned depth;
    unsigned ring; /* as struct vm_config has it */
    bool ran;      /* from then on all below is de-privileged */
    struct ram *ram[PAIR_SIDES];
    struct phys *phys[PAIR_SIDES];
    uint64_t retired[PAIR_SIDES];
    struct trap trap[PAIR_SIDES];
    char said[PAIR_SAID]; /* what differs, a line each */
    size_t said_length;
};

/* --- Making and unmaking */

static inline void pair_create(struct pair *p, const struct ia32_config *config, unsigned depth, unsigned ring)
{
    struct vm_config vm[PAIR_DEPTH_MAX + 1];
    uint64_t bytes[PAIR_SIDES] = {PAIR_RAM, PAIR_RAM};
    struct error error;

    memset(p, 0, sizeof *p);
    p->depth = depth;
    p->ring = ring;
    for (unsigned level = depth; level > 0; level--) {
        vm[level] = (struct vm_config){.ram_size = bytes[PAIR_VIRTUAL], .shadow = SHADOW_FLUSH, .shadow_frames = 64, .ring = ring};
        bytes[PAIR_VIRTUAL] = vmm_host_bytes(&isa_ia32, &vm[level]);
    }
    for (unsigned i = 0; i < PAIR_SIDES; i++) {
        assert_int_equal(ram_create(&p->ram[i], bytes[i]), 0);
        assert_int_equal(phys_create(&p->phys[i]), 0);
        assert_int_equal(phys_add_ram(p->phys[i], "ram", 0, bytes[i], p->ram[i], 0), 0);
        assert_int_equal(ia32_create(i == PAIR_BARE ? &p->m[PAIR_BARE] : &p->below[0], p->phys[i], NULL, config), 0);
    }
    for (unsigned level = 1; level <= depth; level++)
        if (vmm_create_vm(p->below[level - 1], &vm[level], level < depth ? &p->below[level] : &p->m[PAIR_VIRTUAL], &error))
            fail_msg("%s", error.text);
}

static inline void pair_destroy(struct pair *p)
{
    machine_destroy(p->m[PAIR_VIRTUAL]);
    for (unsigned level = p->depth; level-- > 0;)
        machine_destroy(p->below[level]);
    machine_destroy(p->m[PAIR_BARE]);
    for (unsigned i = 0; i < PAIR_SIDES; i++) {
        phys_destroy(p->phys[i]);
        ram_destroy(p->ram[i]);
    }
}

/* --- The same to both */

static inline void pair_set(struct pair *p, reg_t reg, uint64_t value)
{
    for (unsigned i = 0; i < PAIR_SIDES; i++)
        machine_set(p->m[i], reg, value);
}

static inline void pair_store(struct pair *p, pa_t pa, const void *from, size_t size)
{
    for (unsigned i = 0; i < PAIR_SIDES; i++)
        assert_int_equal(machine_store(p->m[i], pa, from, size), 0);
}

static inline void pair_fence(struct pair *p)
{
    for (unsigned i = 0; i < PAIR_SIDES; i++)
        machine_fence(p->m[i], &(struct fence){.cold = true});
}

/* --- Comparing: what differs is noted, for whoever knows the case to say */

__attribute__((format(printf, 2, 3))) static inline void pair_differs(struct pair *p, const char *format, ...)
{
    const size_t room = sizeof p->said - p->said_length;
    va_list args;

    va_start(args, format);
    const int n = vsnprintf(p->said + p->said_length, room, format, args);
    va_end(args);
    if (n > 0 && (size_t)n < room)
        p->said_length += (size_t)n;
}

/* Base and limit of no segment are nobody's. */
static inline bool pair_is_hidden_null(const struct pair *p, reg_t reg)
{
    if (reg < IA_SEG || reg >= IA_SEG + 4 * IA_DESCRIBED)
        return false;
    const reg_t first = reg - (reg - IA_SEG) % 4;
    return (reg == first + IA_BASE || reg == first + IA_LIMIT) &&
           (machine_get(p->m[0], first + IA_RIGHTS) & machine_get(p->m[1], first + IA_RIGHTS) & IA_RIGHTS_NULL);
}

static inline void pair_compare_registers(struct pair *p)
{
    static const reg_t more[] = {MACHINE_CLOCK, MACHINE_RETIRED};

    for (unsigned n = 0; n < isa_ia32.reg_count + sizeof more / sizeof *more; n++) {
        const reg_t reg = n < isa_ia32.reg_count ? isa_ia32.regs[n].reg : more[n - isa_ia32.reg_count];
        const unsigned long long bare = machine_get(p->m[0], reg), virtual = machine_get(p->m[1], reg);
        if (bare != virtual && !pair_is_hidden_null(p, reg))
            pair_differs(p, "  %s: bare %llx, virtual %llx\n",
                         n < isa_ia32.reg_count    ? isa_ia32.regs[n].name
                         : n == isa_ia32.reg_count ? "clock"
                                                   : "retired",
                         bare, virtual);
    }
}

static inline void pair_compare_memory(struct pair *p)
{
    const uint8_t *bare = phys_host(p->m[0]->phys, 0, PAIR_RAM), *virtual = phys_host(p->m[1]->phys, 0, PAIR_RAM);

    assert_non_null(bare);
    assert_non_null(virtual);
    if (memcmp(bare, virtual, PAIR_RAM) == 0)
        return;
    for (unsigned at = 0, told = 0; at < PAIR_RAM && told < 8; at++)
        if (bare[at] != virtual[at] && ++told)
            pair_differs(p, "  memory at %x: bare %02x, virtual %02x\n", at, bare[at], virtual[at]);
}

static inline bool pair_same_trap(const struct trap *a, const struct trap *b)
{
    if (a->kind != b->kind)
        return false;
    if (a->kind == TRAP_INTERRUPT)
        return a->cause == b->cause;
    return a->kind != TRAP_EXCEPTION ||
           (a->cause == b->cause && a->error == b->error && a->tval == b->tval && a->during == b->during && a->row == b->row &&
            a->length == b->length && (a->row == INSN_NONE || trap_insn(a) == trap_insn(b)));
}

static inline void pair_compare_traps(struct pair *p)
{
    if (pair_same_trap(&p->trap[0], &p->trap[1]) && (p->trap[0].kind != TRAP_EXCEPTION || p->trap[0].reason == p->trap[1].reason))
        return;
    for (unsigned i = 0; i < PAIR_SIDES; i++) {
        const struct trap *t = &p->trap[i];
        pair_differs(p, "  trap, %s: kind %d cause %llu error %x tval %llx reason %d during %u row %u length %u bits %llx\n",
                     i ? "virtual" : "bare", (int)t->kind, (unsigned long long)t->cause, t->error, (unsigned long long)t->tval,
                     (int)t->reason, t->during, t->row, t->length, (unsigned long long)t->bits);
    }
}

/* The ring that the guest's is in: 3, or else itself, and 1 for 0. What was interpreted last has left the host as it was. */
static inline bool pair_in_ring(const struct pair *p, const struct machine *below)
{
    const uint64_t mode = machine_get(below, MACHINE_MODE), guest = machine_get(p->m[PAIR_VIRTUAL], MACHINE_MODE);

    if (p->ring != 1)
        return mode == IA_RING3;
    return guest > IA_RING3 || vcpu_of(p->m[PAIR_VIRTUAL])->interpreting ? mode >= IA_RING1 && mode <= IA_RING3
                                                                         : mode == (guest == IA_RING0 ? IA_RING1 : guest);
}

static inline void pair_compare(struct pair *p)
{
    if (p->trap[PAIR_VIRTUAL].kind == TRAP_STOP)
        pair_differs(p, "  the virtual machine stopped: %s\n", machine_stopped(p->m[PAIR_VIRTUAL]));
    pair_compare_traps(p);
    if (p->retired[0] != p->retired[1])
        pair_differs(p, "  retired: bare %llu, virtual %llu\n", (unsigned long long)p->retired[0], (unsigned long long)p->retired[1]);
    for (unsigned level = 0; p->ran && level < p->depth; level++)
        if (!pair_in_ring(p, p->below[level]) && !machine_get(p->below[level], IA_INNER))
            pair_differs(p, "  machine %u is in mode %llu\n", level, (unsigned long long)machine_get(p->below[level], MACHINE_MODE));
    pair_compare_registers(p);
    pair_compare_memory(p);
}

/* Whether the owner may look in between (TRAP_YIELD) is no part of what is done. */
static inline void pair_run(struct pair *p, uint64_t budget)
{
    p->ran = true;
    for (unsigned i = 0; i < PAIR_SIDES; i++) {
        const uint64_t end = p->retired[i] + budget;
        do
            p->trap[i] = machine_run(p->m[i], end - p->retired[i], &p->retired[i]);
        while (p->trap[i].kind == TRAP_YIELD);
    }
}

/* One attempt at entry, of each side's own trap. The same came of it. */
static inline enum delivery pair_deliver(struct pair *p)
{
    enum delivery d[PAIR_SIDES];

    for (unsigned i = 0; i < PAIR_SIDES; i++)
        d[i] = isa_ia32.deliver(p->m[i], &p->trap[i]);
    if (d[0] != d[1])
        pair_differs(p, "  delivery: bare %d, virtual %d\n", (int)d[0], (int)d[1]);
    return d[0];
}

#endif
