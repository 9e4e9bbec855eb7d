/* test_oracle.c - random programs on our hart and on qemu-riscv64: the same registers, flags and memory afterwards. Ours runs each
 * six times: as fast as it can in each way of the inner loop, in slices of one instruction, which its careful bodies do, and instruction by instruction over
 * the contract (isa->interpret). Reported as skipped where qemu-riscv64 (Debian: package qemu-user) is not installed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mmu/phys.h"
#include "tests/isa/oracle_guest.h"
#include "tests/ways.h"

enum { PROGRAMS = 12, BEFORE_GIVING_UP = 1 << 20 };

/* --- qemu */

static const char *qemu_find(void)
{
    static const char *const names[] = {"qemu-riscv64", "qemu-riscv64-static"};
    for (unsigned i = 0; i < 2; i++) {
        char command[80];
        snprintf(command, sizeof command, "command -v %s >/dev/null 2>&1", names[i]);
        if (system(command) == 0)
            return names[i];
    }
    return NULL;
}

/* Runs the program; its records end up in `records`. */
static void qemu_run(const char *qemu, const struct oracle_guest *g, uint8_t *records)
{
    const char *folder = getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    char path[256], command[640];
    assert_true(snprintf(path, sizeof path, "%s/trapeze-oracle-XXXXXX", folder) < (int)sizeof path);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, 0700), 0);
    FILE *file = fdopen(fd, "wb");
    assert_non_null(file);
    assert_int_equal(oracle_guest_write_elf(g, file), 0);
    fclose(file);
    snprintf(command, sizeof command, "exec %s '%s'", qemu, path);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t got = fread(records, 1, DATA_BYTES, pipe);
    int status = pclose(pipe);
    unlink(path);
    if (got != DATA_BYTES || status != 0)
        fail_msg("%s: %zu of %d bytes, status %#x", qemu, got, (int)DATA_BYTES, (unsigned)status);
}

/* --- ours */

struct ours {
    struct ram *ram;
    struct phys *phys;
    struct machine *machine;
};

static void ours_start(struct ours *o, const struct oracle_guest *g)
{
    struct riscv_config config = riscv_config_default;
    config.pmp_entries = 0; /* user mode may touch everything */
    config.reset_pc = CODE_BASE;
    assert_int_equal(ram_create(&o->ram, CODE_BYTES + DATA_BYTES), 0);
    assert_int_equal(phys_create(&o->phys), 0);
    assert_int_equal(phys_add_ram(o->phys, "ram", CODE_BASE, CODE_BYTES + DATA_BYTES, o->ram, 0), 0);
    assert_int_equal(create_in_this_way(&o->machine, o->phys, &config), 0);
    assert_int_equal(machine_store(o->machine, CODE_BASE, g->code, CODE_BYTES), 0);
    assert_int_equal(machine_store(o->machine, DATA_BASE, g->data, DATA_BYTES), 0);
    machine_set(o->machine, MACHINE_MODE, RV_U);
    machine_set(o->machine, RV_CSR + CSR_mstatus, UINT64_C(1) << MSTATUS_FS);
}

static void ours_end(struct ours *o)
{
    machine_destroy(o->machine);
    phys_destroy(o->phys);
    ram_destroy(o->ram);
}

/* true at the first ecall; a test failure at any other exception. */
static bool at_end(const struct machine *m, const struct trap *t)
{
    if (t->kind == TRAP_BUDGET || t->kind == TRAP_NONE)
        return false;
    if (t->kind == TRAP_EXCEPTION && t->cause == RV_CAUSE_ECALL_U)
        return true;
    char text[80];
    isa_riscv.print(m->config, 0, t->bits, machine_get(m, MACHINE_PC), text, sizeof text);
    fail_msg("trap kind %d, cause %lu, tval %#lx at %#lx: %s", (int)t->kind, t->cause, t->tval, machine_get(m, MACHINE_PC), text);
    return true;
}

static void run_in_slices(struct machine *m, uint64_t budget)
{
    uint64_t retired = 0;
    for (struct trap t = {0}; !at_end(m, &t);) {
        t = machine_run(m, budget, &retired);
        assert_true(retired < BEFORE_GIVING_UP);
    }
}
static void run_fast(struct machine *m) { run_in_slices(m, BEFORE_GIVING_UP); }
static void run_carefully(struct machine *m) { run_in_slices(m, 1); }

static bool memory_load(void *ctx, va_t va, unsigned size, uint64_t *value, struct trap *t)
{
    (void)t;
    return phys_load(ctx, va, size, value);
}
static bool memory_store(void *ctx, va_t va, unsigned size, uint64_t value, struct trap *t)
{
    (void)t;
    return phys_store(ctx, va, size, value);
}
static bool memory_amo(void *ctx, va_t va, unsigned size, uint64_t (*combine)(uint64_t, uint64_t, unsigned), uint64_t operand,
                       uint64_t *old, struct trap *t)
{
    (void)t;
    return phys_load(ctx, va, size, old) && phys_store(ctx, va, size, combine(*old, operand, size));
}

/* Instruction by instruction, with the bodies over the contract; those of the system group, which have none, by the hart. So are LR
 * and SC, for over the contract an SC may fail. */
static void run_interpreted(struct machine *m)
{
    const struct interpret_memory memory = {.load = memory_load, .store = memory_store, .amo = memory_amo, .ctx = m->phys};
    uint64_t retired = 0;
    for (struct trap t = {0}; !at_end(m, &t);) {
        uint32_t bits;
        unsigned length;
        assert_int_equal(machine_load(m, machine_get(m, MACHINE_PC), &bits, 4), 0);
        unsigned row = isa_riscv.decode(m->config, 0, bits, &length);
        assert_true(row < RV_INSN_COUNT);
        const struct insn_desc *d = &isa_riscv.rows[row];
        bool reservation = !strncmp(d->name, "lr.", 3) || !strncmp(d->name, "sc.", 3);
        bool by_hart = reservation || !strncmp(d->ext, "Zi", 2) || row == RV_INSN_ecall;
        t = by_hart ? machine_run(m, 1, &retired) : isa_riscv.interpret(m, length == 2 ? bits & 0xffff : bits, &memory);
        assert_true(retired < BEFORE_GIVING_UP);
    }
}

/* --- comparing */

static uint64_t word_at(const uint8_t *record, unsigned offset)
{
    uint64_t w;
    memcpy(&w, record + offset, 8);
    return w;
}

static void print_difference(const struct oracle_guest *g, unsigned sequence, const uint8_t *theirs, const uint8_t *mine,
                             const char *way)
{
    print_error("%s differs in a sequence at %#x:\n", way, CODE_BASE + g->start[sequence]);
    const uint8_t *initial = g->data + sequence * RECORD_BYTES;
    for (unsigned at = 0; at < RECORD_BYTES; at += 8) {
        uint64_t before = word_at(initial, at), a = word_at(theirs, at), b = word_at(mine, at);
        const char *kind = at < 256 ? "x" : at < FCSR_OFFSET ? "f" : at == FCSR_OFFSET ? "fcsr" : "scratch+";
        unsigned number = at < 256 ? at / 8 : at < FCSR_OFFSET ? at / 8 - 32 : at == FCSR_OFFSET ? 0 : at - SCRATCH_OFFSET;
        if (a != b || (at <= FCSR_OFFSET && before))
            print_error("  %s %s%u before %#lx, qemu %#lx, ours %#lx\n", a != b ? "***" : "   ", kind, number, before, a, b);
    }
    for (uint32_t at = g->start[sequence]; at < g->end[sequence];) {
        uint32_t bits;
        char text[80];
        memcpy(&bits, g->code + at, 4);
        bits &= oracle_length(bits) == 2 ? 0xffff : UINT32_MAX;
        isa_riscv.print(&riscv_config_default, 0, bits, CODE_BASE + at, text, sizeof text);
        print_error("  %x: %08x  %s\n", CODE_BASE + at, bits, text);
        at += oracle_length(bits);
    }
}

static void compare(const struct oracle_guest *g, const uint8_t *theirs, void (*run)(struct machine *), const char *way)
{
    struct ours o;
    uint8_t *mine = malloc(DATA_BYTES);
    assert_non_null(mine);
    ours_start(&o, g);
    run(o.machine);
    assert_int_equal(machine_load(o.machine, DATA_BASE, mine, DATA_BYTES), 0);
    unsigned wrong = 0;
    for (unsigned i = 0; i < SEQUENCES; i++)
        if (memcmp(theirs + i * RECORD_BYTES, mine + i * RECORD_BYTES, RECORD_BYTES) && !wrong++)
            print_difference(g, i, theirs + i * RECORD_BYTES, mine + i * RECORD_BYTES, way);
    free(mine);
    ours_end(&o);
    assert_int_equal(wrong, 0);
}

static void test_random_programs(void **state)
{
    (void)state;
    const char *qemu = qemu_find();
    if (!qemu) {
        print_message("skipped: qemu-riscv64 is not installed (package qemu-user)\n");
        skip();
    }
    struct oracle_guest *g = malloc(sizeof *g);
    uint8_t *theirs = malloc(DATA_BYTES);
    assert_true(g && theirs);
    uint64_t seed = 20240411;
    for (unsigned i = 0; i < PROGRAMS; i++) {
        oracle_guest_make(g, &seed);
        qemu_run(qemu, g, theirs);
        for (const struct hart_way *w = hart_ways; w < hart_ways + HART_WAYS; w++) {
            this_way = w->way;
            compare(g, theirs, run_fast, w->name);
        }
        this_way = 0;
        compare(g, theirs, run_carefully, "the careful way");
        compare(g, theirs, run_interpreted, "the way over the contract");
    }
    free(theirs);
    free(g);
}

/* Every row that a user program may execute is drawn; without qemu too. */
static void test_generator_reaches_every_row(void **state)
{
    (void)state;
    static unsigned seen[RV_INSN_COUNT];
    uint64_t seed = 1;
    for (unsigned n = 0; n < 2000; n++) {
        struct oracle_sequence q;
        oracle_generate(&q, &seed);
        for (unsigned i = 0; i < UNITS; i++)
            for (unsigned k = 0; k < q.unit[i].count; k++) {
                unsigned length, row = isa_riscv.decode(&riscv_config_default, 0, q.unit[i].bits[k], &length);
                assert_true(row < RV_INSN_COUNT);
                assert_int_equal(length, oracle_length(q.unit[i].bits[k]));
                seen[row]++;
            }
    }
    for (unsigned row = 0; row < RV_INSN_COUNT; row++) {
        static const char *const never[] = {"ecall",      "ebreak",    "c.ebreak",  "mret",      "sret",     "wfi",
                                            "sfence.vma", "cbo.inval", "cbo.clean", "cbo.flush", "cbo.zero", NULL};
        if (!seen[row] == !oracle_is(&isa_riscv.rows[row], never))
            fail_msg("%s: generated %u times", isa_riscv.rows[row].name, seen[row]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generator_reaches_every_row),
        cmocka_unit_test(test_random_programs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
