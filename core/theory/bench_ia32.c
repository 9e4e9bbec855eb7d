/* bench_ia32.c - the CPU on its bench: a machine that is the CPU, and has as registers what lies in the page of tables and in the device.
 *
 * The page is written anew before each run, so that machines which share the memory find each its own.
 */
#include "core/theory/lab_ia32.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    struct machine machine; /* first */
    struct machine *cpu;    /* owned */
    struct phys *ports;     /* owned */
    bool inner;             /* the CPU has that mode */
    pa_t tables;            /* where the page of tables lies */
    uint8_t *table;         /* in RAM, as the host sees it */
    uint8_t fresh[PAGE_SIZE];
    uint64_t cell[BENCH_CELLS], device, ring, passed; /* passed: clock units, in the last run */
};

static struct bench *bench_of(struct machine *m) { return (struct bench *)(void *)m; }
static const struct bench *bench_of_const(const struct machine *m) { return (const struct bench *)(const void *)m; }
struct machine *lab_ia32_cpu(struct machine *m) { return bench_of(m)->cpu; }

/* --- the page of tables */

static void put(uint8_t *page, unsigned at, unsigned size, uint64_t value) { memcpy(page + at, &value, size); }

/* [SDM 3A 3.4.5]: flat, of 4 GiB. access: P, DPL, S and type. */
static uint64_t flat(unsigned access) { return UINT64_C(0x00cf00000000ffff) | (uint64_t)access << 40; }

/* A system segment in the page. */
static uint64_t system_segment(unsigned access, uint32_t base, unsigned limit)
{
    return (uint64_t)(base >> 24) << 56 | (uint64_t)access << 40 | (uint64_t)(base & 0xffffff) << 16 | limit;
}

static uint64_t gate(unsigned access, unsigned selector, uint32_t offset)
{
    return (uint64_t)(offset >> 16) << 48 | (uint64_t)access << 40 | (uint64_t)selector << 16 | (offset & 0xffff);
}

/* [SDM 3A figure 7-2]: a task of ring 3, and the stacks of the inner ones. */
static void task_write(uint8_t *tss)
{
    const uint32_t stack = BENCH_DATA + 0x1e00;
    put(tss, 8, 2, SEL_DATA0);
    put(tss, 12, 4, stack + 0x80);
    put(tss, 16, 2, SEL_DATA1 | 1);
    put(tss, 28, 4, BENCH_ROOTS);
    put(tss, 32, 4, BENCH_TARGET);
    put(tss, 36, 4, EFLAGS_ONE);
    put(tss, 56, 4, stack + 0x100);
    for (unsigned at = 72; at <= 92; at += 4)
        put(tss, at, 2, at == 76 ? SEL_CODE3 | 3 : SEL_DATA3 | 3);
    put(tss, 102, 2, TSS2_LIMIT + 1);
}

static void page_write(uint8_t *page)
{
    static const uint8_t access[] = {0x9b, 0x93, 0xfb, 0xf3, 0xbb, 0xb3}; /* code and data of rings 0, 3, 1, all accessed */
    const uint32_t here = BENCH_TABLES;
    memset(page, 0, PAGE_SIZE);
    for (unsigned n = 0; n < sizeof access; n++)
        put(page, TABLE_GDT + SEL_CODE0 + 8 * n, 8, flat(access[n]));
    put(page, TABLE_GDT + SEL_TSS, 8, system_segment(0x8b, here + TABLE_TSS, TSS_LIMIT));
    put(page, TABLE_GDT + SEL_LDT, 8, system_segment(0x82, here + TABLE_LDT, LDT_LIMIT));
    put(page, TABLE_GDT + SEL_TSS2, 8, system_segment(0xe9, here + TABLE_TSS2, TSS2_LIMIT));
    put(page, TABLE_LDT + 8, 8, flat(0xf3));
    put(page, TABLE_LDT + 16, 8, flat(0xfb));
    for (unsigned n = 0; n < 256; n++)
        put(page, TABLE_IDT + 8 * n, 8, gate(n == 3 || n == 4 || n == 0x80 ? 0xee : 0x8e, SEL_CODE0, BENCH_TARGET));
    task_write(page + TABLE_TSS);
    task_write(page + TABLE_TSS2);
}

/* Where in it a register of the bench lies. */
static unsigned cell_at(unsigned n, unsigned *size)
{
    *size = 8;
    switch (n + BENCH_DESC) {
    case BENCH_GATE: return TABLE_IDT + 8 * BENCH_VECTOR;
    case BENCH_ESP0: *size = 4; return TABLE_TSS + 4;
    case BENCH_LINK: *size = 2; return TABLE_TSS;
    case BENCH_IOMAP: return TABLE_TSS + TSS2_LIMIT + 1 + BENCH_PORTS / 8;
    default: return TABLE_GDT + SEL_DESC + 8 * n;
    }
}

static void cells_load(struct bench *b)
{
    unsigned size = 0;
    for (unsigned n = 0; n < BENCH_CELLS; n++) {
        b->cell[n] = 0;
        memcpy(&b->cell[n], b->table + cell_at(n, &size), size);
    }
}

static void page_renew(struct bench *b)
{
    unsigned size = 0;
    for (unsigned n = 0; n < BENCH_CELLS; n++) {
        const unsigned at = cell_at(n, &size);
        memcpy(b->fresh + at, &b->cell[n], size);
    }
    if (memcmp(b->table, b->fresh, PAGE_SIZE) == 0)
        return;
    memcpy(b->table, b->fresh, PAGE_SIZE);
    phys_written(b->machine.phys, b->tables, PAGE_SIZE);
}

/* --- the device: it holds what was written last, and gives it back at any port */

static bool port_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    const struct bench *b = opaque;
    (void)offset;
    *value = size < 8 ? b->device & ((UINT64_C(1) << 8 * size) - 1) : b->device;
    return true;
}

static bool port_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct bench *b = opaque;
    (void)offset;
    b->device = (b->device & ~((UINT64_C(1) << 8 * size) - 1)) | value;
    return true;
}

/* --- the machine */

static bool has_inner_mode(const struct bench *b) { return b->inner; }

/* INT n in virtual-8086 mode is asked for whichever vector it comes by. */
static bool is_refused_request(const struct bench *b, const struct trap *t)
{
    return t->row == IA_INSN_int_i && t->cause == IA_GP && t->reason == REASON_PRIVILEGE &&
           machine_get(b->cpu, MACHINE_MODE) == IA_V86;
}

/* Of a CPU with inner mode that is the mode; what the ring refuses is refused in both, as what a page or a segment refuses is. */
static void run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *t)
{
    struct bench *b = bench_of(m);
    page_renew(b);
    const uint64_t clock = machine_get(b->cpu, MACHINE_CLOCK);
    machine_run_to(b->cpu, budget, retired, t);
    b->passed = machine_get(b->cpu, MACHINE_CLOCK) - clock;
    if (has_inner_mode(b) && t->kind == TRAP_EXCEPTION && t->reason == REASON_PRIVILEGE && t->cause != IA_EXIT)
        t->reason = REASON_RESOURCE;
    if (t->kind == TRAP_EXCEPTION && is_refused_request(b, t))
        t->reason = REASON_REQUESTED;
    if (memcmp(b->table, b->fresh, PAGE_SIZE) != 0)
        cells_load(b);
}

/* What it was, while real mode has none. */
static uint64_t ring(const struct bench *b)
{
    const uint64_t mode = machine_get(b->cpu, MACHINE_MODE);
    return mode == IA_REAL ? b->ring : mode;
}

/* Of a CPU with inner mode the counter, as the run finds it, is given to the guest, whatever the clock is: the offset follows from both. */
static uint64_t counter(const struct bench *b)
{
    return machine_get(b->cpu, IA_TSC_OFFSET) + machine_get(b->cpu, MACHINE_CLOCK) - b->passed;
}

static void counter_set(struct bench *b, uint64_t v)
{
    machine_set(b->cpu, IA_TSC_OFFSET, v - machine_get(b->cpu, MACHINE_CLOCK) + b->passed);
}

static uint64_t get(const struct machine *m, reg_t r)
{
    const struct bench *b = bench_of_const(m);
    if (r >= BENCH_DESC && r < BENCH_CELLS_END)
        return b->cell[r - BENCH_DESC];
    if (r == MACHINE_MODE && has_inner_mode(b))
        return machine_get(b->cpu, IA_INNER) ? BENCH_INNER : BENCH_ROOT;
    if (r == BENCH_RING)
        return ring(b);
    if (r == IA_TSC_OFFSET && has_inner_mode(b))
        return counter(b);
    return r == BENCH_PORT ? b->device : machine_get(b->cpu, r);
}

/* What the bench does not know is the CPU's to tell all at once. */
static void get_block(const struct machine *m, reg_t first, unsigned count, uint64_t *out)
{
    const struct bench *b = bench_of_const(m);
    if (first + count <= IA_TSC_OFFSET)
        machine_get_block(b->cpu, first, count, out);
    else if (first >= BENCH_DESC && first + count <= BENCH_CELLS_END)
        memcpy(out, &b->cell[first - BENCH_DESC], count * sizeof *out);
    else
        for (unsigned n = 0; n < count; n++)
            out[n] = get(m, first + n);
}

static void set(struct machine *m, reg_t r, uint64_t v)
{
    struct bench *b = bench_of(m);
    unsigned size = 0;
    if (r >= BENCH_DESC && r < BENCH_CELLS_END) {
        (void)cell_at(r - BENCH_DESC, &size);
        b->cell[r - BENCH_DESC] = size < 8 ? v & ((UINT64_C(1) << 8 * size) - 1) : v;
    } else if (r == BENCH_PORT) {
        b->device = (uint32_t)v;
    } else if (r == MACHINE_MODE && has_inner_mode(b)) {
        machine_set(b->cpu, IA_INNER, v == BENCH_INNER);
    } else if (r == BENCH_RING) {
        b->ring = v;
        machine_set(b->cpu, MACHINE_MODE, v);
    } else if (r == IA_TSC_OFFSET && has_inner_mode(b)) {
        counter_set(b, v);
    } else {
        if (r == MACHINE_CLOCK)
            b->passed = 0;
        machine_set(b->cpu, r, v);
    }
}

static bool has(const struct machine *m, reg_t r)
{
    const struct bench *b = bench_of_const(m);
    if (r == BENCH_RING || r == IA_INNER) /* the one is asked for as the other's place */
        return r == BENCH_RING && has_inner_mode(b);
    return (r >= BENCH_DESC && r < BENCH_END) || machine_has(b->cpu, r);
}

static int load(const struct machine *m, pa_t a, void *to, size_t n) { return machine_load(bench_of_const(m)->cpu, a, to, n); }
static int store(struct machine *m, pa_t a, const void *from, size_t n) { return machine_store(bench_of(m)->cpu, a, from, n); }
static void fence(struct machine *m, const struct fence *f) { machine_fence(bench_of(m)->cpu, f); }
static void irq(struct machine *m, unsigned line, bool level) { machine_irq(bench_of(m)->cpu, line, level); }
static const char *stopped(const struct machine *m) { return machine_stopped(bench_of_const(m)->cpu); }
static int trigger(struct machine *m, unsigned slot, const struct trigger *t) { return machine_trigger(bench_of(m)->cpu, slot, t); }

static void reset(struct machine *m)
{
    struct bench *b = bench_of(m);
    machine_reset(b->cpu);
    memset(b->cell, 0, sizeof b->cell);
    b->device = 0;
    b->ring = 0;
}

static void destroy(struct machine *m)
{
    struct bench *b = bench_of(m);
    machine_destroy(b->cpu);
    phys_destroy(b->ports);
    free(b);
}

static const struct machine_ops ops = {.run = run,
                                       .get = get,
                                       .get_block = get_block,
                                       .set = set,
                                       .has = has,
                                       .load = load,
                                       .store = store,
                                       .fence = fence,
                                       .irq = irq,
                                       .stopped = stopped,
                                       .reset = reset,
                                       .trigger = trigger,
                                       .destroy = destroy};

int lab_ia32_create(struct machine **out, struct phys *phys, const void *config, unsigned index)
{
    static const struct phys_io io = {.read = port_read, .write = port_write};
    struct bench *b = calloc(1, sizeof *b);
    int error = b ? phys_create(&b->ports) : -ENOMEM;
    (void)index;
    if (!error)
        error = phys_add_io(b->ports, "device", 0, 0x10000, &io, b);
    if (!error)
        error = ia32_create(&b->cpu, phys, b->ports, config);
    if (error) {
        if (b)
            phys_destroy(b->ports);
        free(b);
        return error;
    }
    b->inner = machine_has(b->cpu, IA_INNER);
    b->machine = *b->cpu;
    b->machine.ops = &ops;
    b->tables = ((const struct ia32_config *)config)->variants & IA32_V86 ? BENCH_TABLES_PA - BENCH_RAM : BENCH_TABLES_PA;
    b->table = phys_host(phys, b->tables, PAGE_SIZE);
    page_write(b->fresh);
    *out = &b->machine;
    return 0;
}
