/* pg_bench.h - small machines of the paper to try things on, and states of them: made at random, written down, compared. */
#ifndef TRAPEZE_TESTS_ISA_PG_BENCH_H
#define TRAPEZE_TESTS_ISA_PG_BENCH_H

#include "isa/pg.h"
#include "mmu/phys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PG_BENCH_CELLS = 64 };

struct pg_bench {
    struct ram *ram;
    struct phys *phys;
    struct machine *m;
    unsigned printed; /* bytes that came out */
    uint8_t last;
};

static inline bool pg_bench_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)opaque, (void)offset, (void)size, (void)value;
    return false;
}

static inline bool pg_bench_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct pg_bench *b = opaque;
    assert_true(offset == 0 && size == 1);
    b->printed++;
    b->last = (uint8_t)value;
    return true;
}

static const struct phys_io pg_bench_io = {.read = pg_bench_read, .write = pg_bench_write};

static inline void pg_bench_create_as(struct pg_bench *b, const struct pg_config *config)
{
    const uint64_t size = align_up((uint64_t)config->cells * PG_CELL, PAGE_SIZE);

    *b = (struct pg_bench){0};
    assert_int_equal(ram_create(&b->ram, size), 0);
    assert_int_equal(phys_create(&b->phys), 0);
    assert_int_equal(phys_add_ram(b->phys, "ram", 0, size, b->ram, 0), 0);
    assert_int_equal(phys_add_io(b->phys, "console", PG_CONSOLE, 1, &pg_bench_io, b), 0);
    assert_int_equal(pg_create(&b->m, b->phys, config), 0);
}

static inline void pg_bench_create(struct pg_bench *b, unsigned cells, enum pg_variant variant)
{
    pg_bench_create_as(b, &(struct pg_config){.cells = cells, .variant = variant});
}

static inline void pg_bench_destroy(struct pg_bench *b)
{
    machine_destroy(b->m);
    phys_destroy(b->phys);
    ram_destroy(b->ram);
}

/* --- States <E, M, P, R> */

struct pg_state {
    uint64_t cell[PG_BENCH_CELLS];
    uint64_t m, p, l, b;
};

static inline uint64_t pg_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed * UINT64_C(0x2545f4914f6cdd1d);
}

/* A word that matters to a machine of so many cells: an address, an instruction on such, a PSW, an edge, anything. */
static inline uint64_t pg_random_word(uint64_t *seed, unsigned cells)
{
    const unsigned near = cells + 3;
    switch (pg_random(seed) % 8) {
    case 0:
    case 1: return pg_random(seed) % near;
    case 2:
    case 3:
    case 4: return pg_encode((unsigned)(pg_random(seed) % PG_INSN_COUNT), pg_random(seed) % near, pg_random(seed) % near);
    case 5:
        return pg_psw_pack((struct pg_psw){.m = pg_random(seed) & 1,
                                           .p = pg_random(seed) % near,
                                           .l = pg_random(seed) % 3 ? pg_random(seed) % 8 : pg_random(seed) % near,
                                           .b = pg_random(seed) % near});
    case 6: return (uint64_t) - (int64_t)(pg_random(seed) % 4);
    default: return pg_random(seed);
    }
}

static inline void pg_state_random(struct pg_state *s, uint64_t *seed, unsigned cells)
{
    for (unsigned i = 0; i < cells; i++)
        s->cell[i] = pg_random_word(seed, cells);
    s->m = pg_random(seed) & 1;
    s->p = pg_random(seed) % cells;
    s->l = pg_random(seed) % 3 ? 0 : pg_random(seed) % 8;
    s->b = pg_random(seed) % 3 ? cells - s->l : pg_random(seed) % (cells + 4);
}

static inline void pg_state_set(const struct pg_state *s, struct machine *m, unsigned cells)
{
    assert_int_equal(machine_store(m, 0, s->cell, cells * PG_CELL), 0);
    machine_set(m, MACHINE_MODE, s->m);
    machine_set(m, MACHINE_PC, s->p);
    machine_set(m, PG_L, s->l);
    machine_set(m, PG_B, s->b);
}

static inline void pg_state_get(struct pg_state *s, const struct machine *m, unsigned cells)
{
    memset(s, 0, sizeof *s);
    assert_int_equal(machine_load(m, 0, s->cell, cells * PG_CELL), 0);
    s->m = machine_get(m, MACHINE_MODE);
    s->p = machine_get(m, MACHINE_PC);
    s->l = machine_get(m, PG_L);
    s->b = machine_get(m, PG_B);
}

static inline void pg_state_equal(const struct pg_state *a, const struct pg_state *b)
{
    for (unsigned i = 0; i < PG_BENCH_CELLS; i++)
        if (a->cell[i] != b->cell[i])
            fail_msg("cell %u is %llx and %llx", i, (unsigned long long)a->cell[i], (unsigned long long)b->cell[i]);
    assert_int_equal(a->m, b->m);
    assert_int_equal(a->p, b->p);
    assert_int_equal(a->l, b->l);
    assert_int_equal(a->b, b->b);
}

static inline void pg_trap_equal(const struct trap *a, const struct trap *b)
{
    assert_int_equal(a->kind, b->kind);
    if (a->kind != TRAP_EXCEPTION)
        return;
    assert_int_equal(a->cause, b->cause);
    assert_int_equal(a->reason, b->reason);
    assert_int_equal(a->tval, b->tval);
    assert_int_equal(a->row, b->row);
    assert_int_equal(a->bits, b->bits);
    assert_int_equal(a->length, b->length);
}

#endif
