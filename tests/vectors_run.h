/* vectors_run.h - runs a line of vectors.h on a machine, over the contract alone: the machine may be bare or virtual.
 *
 * The ways: COLD, a large budget, so that bodies go on by themselves to the breakpoint that lies behind; WARM, the same once more, now
 * with everything cached; STEP, a budget of one; CONTRACT, isa->interpret with the pc at the instruction. Each must end as the line says.
 * Include after cmocka.h.
 */
#ifndef TRAPEZE_TESTS_VECTORS_RUN_H
#define TRAPEZE_TESTS_VECTORS_RUN_H

#include "mmu/phys.h"
#include "tests/vectors.h"

#include <glob.h>

enum vector_way { VECTOR_COLD, VECTOR_WARM, VECTOR_STEP, VECTOR_CONTRACT, VECTOR_WAYS };
static const char *const vector_way_name[VECTOR_WAYS] = {"fast", "fast, again", "step", "contract"};

enum { VECTOR_REGS_MAX = 512 };
struct vector_state {
    uint64_t reg[VECTOR_REGS_MAX]; /* as isa_riscv.regs */
    uint64_t clock;
    uint8_t data[VECTOR_DATA_SIZE];
};

/* --- the machine's surroundings */

static inline bool vector_io_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)opaque, (void)offset, (void)size;
    *value = VECTOR_IO_READS;
    return true;
}

static inline bool vector_io_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    (void)opaque, (void)offset, (void)size, (void)value;
    return true;
}

static const struct phys_io vector_io = {vector_io_read, vector_io_write};

/* Breakpoints around the instruction: as far as branches go. */
static inline void vector_fill_code(struct machine *m)
{
    uint16_t page[2 * PAGE_SIZE / 2];
    for (unsigned i = 0; i < sizeof page / sizeof page[0]; i++)
        page[i] = 0x9002; /* c.ebreak */
    assert_int_equal(machine_store(m, VECTOR_CODE - PAGE_SIZE, page, sizeof page), 0);
}

/* --- states */

static inline bool vector_is_status(unsigned i) { return isa_riscv.regs[i].reg == RV_CSR + CSR_mstatus; }

static inline bool vector_is_view(unsigned i)
{
    reg_t r = isa_riscv.regs[i].reg;
    return r == RV_CSR + CSR_fflags || r == RV_CSR + CSR_frm || r == RV_CSR + CSR_sstatus || r == RV_CSR + CSR_sie ||
           r == RV_CSR + CSR_sip;
}

/* Views of other registers, and what counts by itself, take part when a line names them. */
static inline bool vector_is_silent(unsigned i) { return vector_is_view(i) || isa_riscv.regs[i].part == PART_NONDET; }

static inline void vector_save(const struct machine *m, struct vector_state *s)
{
    memset(s, 0, sizeof *s);
    assert_true(isa_riscv.reg_count <= VECTOR_REGS_MAX);
    for (unsigned i = 0; i < isa_riscv.reg_count; i++)
        s->reg[i] = machine_get(m, isa_riscv.regs[i].reg);
    s->clock = machine_get(m, MACHINE_CLOCK);
    assert_int_equal(machine_load(m, VECTOR_DATA, s->data, sizeof s->data), 0);
}

/* Back to a state: only what differs is written, so that nothing cached goes away for want of a reason. Memory comes first: who writes
 * there ends a reservation. */
static inline void vector_restore(struct machine *m, const struct vector_state *s)
{
    assert_int_equal(machine_store(m, VECTOR_DATA, s->data, sizeof s->data), 0);
    machine_set(m, MACHINE_CLOCK, s->clock);
    for (unsigned i = 0; i < isa_riscv.reg_count; i++)
        if (!vector_is_view(i) && machine_get(m, isa_riscv.regs[i].reg) != s->reg[i])
            machine_set(m, isa_riscv.regs[i].reg, s->reg[i]);
}

/* What holds when a line says nothing: M-mode, FP on and dirty, all of memory open to S and U, every register something of its own. */
static inline void vector_defaults(struct machine *m)
{
    uint8_t data[VECTOR_DATA_SIZE];
    machine_reset(m);
    machine_set(m, RV_CSR + CSR_pmpaddr0, UINT64_MAX);
    machine_set(m, RV_CSR + CSR_pmpcfg0, 0x1f);
    machine_set(m, RV_CSR + CSR_mstatus, UINT64_C(3) << MSTATUS_FS);
    for (unsigned n = 1; n < 32; n++)
        machine_set(m, RV_X + n, UINT64_C(0xa5a5000000000000) | n * UINT64_C(0x101010101));
    for (unsigned n = 0; n < 32; n++)
        machine_set(m, RV_F + n, UINT64_C(0x5a5a000000000000) | n * UINT64_C(0x101010101));
    for (unsigned n = 0; n < sizeof data; n++)
        data[n] = (uint8_t)(0x80 + n * 7);
    assert_int_equal(machine_store(m, VECTOR_DATA, data, sizeof data), 0);
    machine_set(m, MACHINE_PC, VECTOR_CODE);
}

static inline void vector_item_put(const struct vector_item *item, struct vector_state *s)
{
    if (item->reg == VECTOR_MEMORY)
        memcpy(s->data + item->at, &item->value, item->size); /* little-endian, as the guest */
    else if (item->width == 64)
        s->reg[item->reg] = item->value;
    else
        s->reg[item->reg] = bits_set(s->reg[item->reg], item->lo, item->width, item->value);
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "memory items are copied as they are");

static inline bool vector_item_holds(const struct vector_item *item, const struct vector_state *s)
{
    struct vector_state other = *s;
    vector_item_put(item, &other);
    return memcmp(&other, s, sizeof other) == 0;
}

static inline void vector_set(struct machine *m, const struct vector_item *item)
{
    if (item->reg == VECTOR_CLOCK) {
        machine_set(m, MACHINE_CLOCK, item->value);
    } else if (item->reg == VECTOR_MEMORY) {
        assert_int_equal(machine_store(m, VECTOR_DATA + item->at, &item->value, item->size), 0);
    } else {
        reg_t reg = isa_riscv.regs[item->reg].reg;
        uint64_t old = machine_get(m, reg);
        machine_set(m, reg, item->width == 64 ? item->value : bits_set(old, item->lo, item->width, item->value));
    }
}

static inline void vector_start(struct machine *m, const struct vector *v, const char *where, struct vector_state *start)
{
    vector_defaults(m);
    for (unsigned i = 0; i < v->before_count; i++)
        vector_set(m, &v->before[i]);
    vector_save(m, start);
    for (unsigned i = 0; i < v->before_count; i++)
        if (v->before[i].reg != VECTOR_CLOCK && !vector_item_holds(&v->before[i], start))
            fail_msg("%s: the machine does not take item %u before '->'", where, i + 1);
}

/* --- memory for the contract: physical, untranslated. A fault names the first byte of the page where nothing answers. */

static inline bool vector_fault(const struct phys *p, struct trap *t, uint64_t cause, va_t va)
{
    uint64_t within = PAGE_SIZE - (va & ~PAGE_MASK);
    if (within < 8 && phys_host(p, va, within))
        va += within;
    *t = (struct trap){.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .cause = cause, .tval = va};
    return false;
}

static inline struct phys *vector_phys(void *ctx) { return ((struct machine *)ctx)->phys; }

static inline bool vector_load(void *ctx, va_t va, unsigned size, uint64_t *value, struct trap *t)
{
    return phys_load(vector_phys(ctx), va, size, value) || vector_fault(vector_phys(ctx), t, RV_CAUSE_LOAD_ACCESS, va);
}

/* The store is the machine's own, and so ends no reservation of it. */
static inline bool vector_store(void *ctx, va_t va, unsigned size, uint64_t value, struct trap *t)
{
    const uint64_t reserved = machine_get(ctx, RV_RESERVATION);
    bool done = phys_store(vector_phys(ctx), va, size, value);
    machine_set(ctx, RV_RESERVATION, reserved);
    return done || vector_fault(vector_phys(ctx), t, RV_CAUSE_STORE_ACCESS, va);
}

static inline bool vector_amo(void *ctx, va_t va, unsigned size, uint64_t (*combine)(uint64_t, uint64_t, unsigned), uint64_t operand,
                              uint64_t *old, struct trap *t)
{
    if (!phys_host(vector_phys(ctx), va, size) || !phys_load(vector_phys(ctx), va, size, old))
        return vector_fault(vector_phys(ctx), t, RV_CAUSE_STORE_ACCESS, va);
    return vector_store(ctx, va, size, combine(*old, operand, size), t);
}

static inline bool vector_physical(void *ctx, va_t va, unsigned size, bool write, pa_t *pa, struct trap *t)
{
    *pa = va;
    return phys_host(vector_phys(ctx), va, size) ||
           vector_fault(vector_phys(ctx), t, write ? RV_CAUSE_STORE_ACCESS : RV_CAUSE_LOAD_ACCESS, va);
}

static inline struct trap vector_interpret(struct machine *m, const struct vector *v)
{
    const struct interpret_memory memory = {
        .load = vector_load, .store = vector_store, .amo = vector_amo, .physical = vector_physical, .ctx = m};
    return isa_riscv.interpret(m, v->bits, &memory);
}

/* --- running and comparing */

static inline void vector_compare_trap(const struct vector *v, const char *where, const struct trap *t)
{
    if (t->kind != TRAP_EXCEPTION || t->cause != v->cause || t->tval != v->tval || t->reason != v->reason || t->row != v->row ||
        t->length != v->length || t->bits != v->bits)
        fail_msg(
            "%s: expected the trap %llu, tval %#llx, reason %d; got kind %d, cause %llu, tval %#llx, reason %d, row %u, length %u, "
            "bits %#llx",
            where, (unsigned long long)v->cause, (unsigned long long)v->tval, (int)v->reason, (int)t->kind,
            (unsigned long long)t->cause, (unsigned long long)t->tval, (int)t->reason, t->row, t->length, (unsigned long long)t->bits);
}

/* The kind of trap that stands for "done": which one depends on who goes on afterwards. */
static inline bool vector_done(const struct vector *v, enum vector_way way, const struct trap *t)
{
    if (way == VECTOR_CONTRACT)
        return t->kind == TRAP_NONE && (v->kind == TRAP_NONE || v->kind == TRAP_YIELD);
    if (v->kind == TRAP_NONE)
        return t->kind == (way == VECTOR_STEP ? TRAP_BUDGET : TRAP_EXCEPTION);
    return t->kind == v->kind;
}

static inline void vector_expect(const struct vector *v, const struct vector_state *start, struct vector_state *want)
{
    *want = *start;
    for (unsigned i = 0; i < isa_riscv.reg_count; i++)
        if (isa_riscv.regs[i].reg == MACHINE_PC && v->kind != TRAP_EXCEPTION)
            want->reg[i] += v->length;
    for (unsigned i = 0; i < v->after_count; i++)
        vector_item_put(&v->after[i], want);
    for (unsigned i = 0; i < isa_riscv.reg_count; i++) /* SD says that FS says Dirty [priv 3.1.6.6] */
        if (vector_is_status(i))
            want->reg[i] = bits_set(want->reg[i], MSTATUS_SD, 1, bits_get(want->reg[i], MSTATUS_FS, 2) == 3);
}

static inline void vector_compare(const struct vector *v, const char *where, const struct vector_state *want,
                                  const struct vector_state *got)
{
    bool named[VECTOR_REGS_MAX] = {false};
    for (unsigned i = 0; i < v->after_count; i++)
        if (v->after[i].reg >= 0)
            named[v->after[i].reg] = true;
    for (unsigned i = 0; i < isa_riscv.reg_count; i++)
        if ((named[i] || !vector_is_silent(i)) && want->reg[i] != got->reg[i])
            fail_msg("%s: %s should be %#llx, is %#llx", where, isa_riscv.regs[i].alt ? isa_riscv.regs[i].alt : isa_riscv.regs[i].name,
                     (unsigned long long)want->reg[i], (unsigned long long)got->reg[i]);
    for (unsigned i = 0; i < VECTOR_DATA_SIZE; i++)
        if (want->data[i] != got->data[i])
            fail_msg("%s: the byte at data+%#x should be %#x, is %#x", where, i, want->data[i], got->data[i]);
}

static inline void vector_run_way(struct machine *m, const struct vector *v, enum vector_way way, const char *at,
                                  const struct vector_state *start)
{
    struct vector_state want, got;
    uint64_t retired = 0;
    char where[VECTOR_LINE];
    struct trap t;
    snprintf(where, sizeof where, "%s (%s)", at, vector_way_name[way]);
    if (way == VECTOR_CONTRACT) {
        t = vector_interpret(m, v);
        retired = t.kind == TRAP_NONE;
    } else {
        t = machine_run(m, way == VECTOR_STEP ? 1 : 1 << 16, &retired);
    }
    if (retired != (v->kind != TRAP_EXCEPTION) || (retired && !vector_done(v, way, &t)))
        fail_msg("%s: retired %llu; kind %d, cause %llu, tval %#llx", where, (unsigned long long)retired, (int)t.kind,
                 (unsigned long long)t.cause, (unsigned long long)t.tval);
    if (v->kind == TRAP_EXCEPTION)
        vector_compare_trap(v, where, &t);
    vector_save(m, &got);
    vector_expect(v, start, &want);
    vector_compare(v, where, &want, &got);
}

/* isa->interpret is for rows that trap for want of a resource only; it refuses the others, as it does undefined encodings. */
static inline bool vector_has_contract(const struct vector *v)
{
    return v->row == INSN_NONE || isa_riscv.rows[v->row].traps == TRAPS_NEVER;
}

static inline void vector_run(struct machine *m, const struct vector *v, const char *where)
{
    struct vector_state start;
    const uint32_t code = v->length == 2 ? v->bits | UINT32_C(0x90020000) : v->bits;
    assert_int_equal(machine_store(m, VECTOR_CODE, &code, sizeof code), 0);
    for (enum vector_way way = VECTOR_COLD; way < VECTOR_WAYS; way++) {
        if (way == VECTOR_CONTRACT && !vector_has_contract(v))
            continue;
        if (way == VECTOR_WARM)
            vector_restore(m, &start);
        else
            vector_start(m, v, where, &start);
        vector_run_way(m, v, way, where, &start);
    }
}

/* --- the files */

static inline void vectors_of_file(const char *path, void (*each)(void *ctx, const struct vector *, const char *where), void *ctx)
{
    char line[VECTOR_LINE], where[VECTOR_LINE];
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s: %s", path, strerror(errno));
    for (unsigned number = 1; fgets(line, sizeof line, file); number++) {
        struct vector v;
        const char *wrong = strchr(line, '\n') ? vector_parse(line, &v) : "a line too long, or without end";
        snprintf(where, sizeof where, "%s:%u: %.64s", path, number, wrong ? "" : v.assembly);
        if (wrong)
            fail_msg("%s%s", where, wrong);
        if (v.assembly[0])
            each(ctx, &v, where);
    }
    fclose(file);
}

/* Calls `each` for every line of every file; a line that cannot be read fails. */
static inline void vectors_each(void (*each)(void *ctx, const struct vector *, const char *where), void *ctx)
{
    glob_t files;
    if (glob("tests/isa/vectors/*.vec", 0, NULL, &files) != 0)
        fail_msg("no vectors in tests/isa/vectors: tests run in the root of the source");
    for (size_t i = 0; i < files.gl_pathc; i++)
        vectors_of_file(files.gl_pathv[i], each, ctx);
    globfree(&files);
}

#endif
