/* trigger_rig.h - a program under triggers, and what was met. */
#ifndef TRAPEZE_TESTS_ISA_TRIGGER_RIG_H
#define TRAPEZE_TESTS_ISA_TRIGGER_RIG_H

#include "tests/isa/assemble.h"
#include "tests/isa/hart_bench.h"
#include "tests/isa/oracle_guest.h"
#include "tests/isa/trigger_oracle.h"

#define DATA (BENCH_RAM + 0x8000)
enum { EXECUTE = TRIGGER_EXECUTE, LOAD_ = TRIGGER_LOAD, STORE_ = TRIGGER_STORE, ACCESS = LOAD_ | STORE_, MANY = 1 << 20 };

static inline void open_plain(struct bench *b)
{
    struct riscv_config c = bench_config();
    c.zicboz = c.zicbom = true;
    bench_open(b, &c);
    bench_set(b, CSR_mstatus, UINT64_C(1) << MSTATUS_FS);
}

static inline void put(struct bench *b, pa_t at, const uint32_t *code, unsigned count)
{
    for (unsigned n = 0; n < count; n++)
        assert_int_equal(machine_store(b->m, at + n * 4, &code[n], 4), 0);
}

#define PUT(b, at, ...)                                                                                                               \
    do {                                                                                                                              \
        const uint32_t code_[] = {__VA_ARGS__};                                                                                       \
        put(b, at, code_, sizeof code_ / sizeof *code_);                                                                              \
    } while (0)

static inline void set(struct bench *b, unsigned slot, unsigned kinds, uint64_t at, uint64_t length)
{
    assert_int_equal(machine_trigger(b->m, slot, &(struct trigger){.kinds = kinds, .at = at, .length = length}), 0);
}

static inline void set_physical(struct bench *b, unsigned slot, unsigned kinds, pa_t at, uint64_t length)
{
    const struct trigger t = {.kinds = kinds, .physical = true, .at = at, .length = length};
    assert_int_equal(machine_trigger(b->m, slot, &t), 0);
}

static inline void clear(struct bench *b, unsigned slot) { assert_int_equal(machine_trigger(b->m, slot, NULL), 0); }

/* Goes on, by up to `budget` instructions. */
static inline struct trap go(struct bench *b, uint64_t budget)
{
    uint64_t retired = 0, before = machine_get(b->m, MACHINE_RETIRED);
    struct trap t = machine_run(b->m, budget, &retired);
    assert_int_equal(machine_get(b->m, MACHINE_RETIRED), before + retired);
    return t;
}

static inline void hits(struct bench *b, unsigned slot, uint64_t pc, uint64_t tval)
{
    struct trap t = go(b, MANY);
    if (t.kind != TRAP_TRIGGER)
        fail_msg("trap kind %d, cause %llu at %#llx", (int)t.kind, (unsigned long long)t.cause,
                 (unsigned long long)machine_get(b->m, MACHINE_PC));
    assert_int_equal(t.cause, slot);
    assert_int_equal(machine_get(b->m, MACHINE_PC), pc);
    assert_int_equal(t.tval, tval);
}

static inline void ends(struct bench *b, uint64_t cause, uint64_t pc)
{
    struct trap t = go(b, MANY);
    assert_int_equal(t.kind, TRAP_EXCEPTION);
    assert_int_equal(t.cause, cause);
    assert_int_equal(machine_get(b->m, MACHINE_PC), pc);
}

static inline void from(struct bench *b, uint64_t pc) { machine_set(b->m, MACHINE_PC, pc); }

/* Sv39:  0x0000, 0x1000, 0x5000 -> page   0x2000 -> nothing   0x3000, 0x4000 -> data */
static inline void map(struct bench *b, pa_t page, pa_t data)
{
    const pa_t root = BENCH_RAM + 0x800000;
    const uint64_t all = SV_V | SV_R | SV_W | SV_X | SV_A | SV_D;
    bench_write64(b, root, (root + 0x1000) >> 2 | SV_V);
    bench_write64(b, root + 0x1000, (root + 0x2000) >> 2 | SV_V);
    bench_write64(b, root + 0x2000, page >> 2 | all);
    bench_write64(b, root + 0x2008, page >> 2 | all);
    bench_write64(b, root + 0x2018, data >> 2 | all);
    bench_write64(b, root + 0x2020, (data + PAGE_SIZE) >> 2 | all);
    bench_write64(b, root + 0x2028, page >> 2 | all);
    bench_set(b, CSR_satp, UINT64_C(8) << 60 | root >> 12);
    machine_fence(b->m, &(struct fence){.has_va = false});
    bench_open_pmp(b);
    bench_mode(b, RV_S);
}

#endif
