/* fuzz_decode.c - the input is instructions. Each is decoded, printed and interpreted; then all of them run as a program. The decoder
 * must name a row whose encoding really fits, the printer must stay in its buffer, and a program that rewrites itself, jumps into
 * its own middle and traps must come to the same whether it runs whole or one instruction at a time.
 */
#include "isa/riscv.h"
#include "mmu/phys.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE UINT64_C(0x80000000)
enum { RAM_SIZE = 16 * PAGE_SIZE, GUARD = 16, LENGTH = 6000, TRAPS = 64 };

static const uint8_t blank[RAM_SIZE];

/* An input that breaks a promise ends the process, as a fuzzer wants it. */
static void promise(bool kept, const char *what, uint64_t bits)
{
    if (kept)
        return;
    fprintf(stderr, "broken promise: %s (instruction %llx)\n", what, (unsigned long long)bits);
    abort();
}

static bool no_load(void *ctx, va_t va, unsigned size, uint64_t *value, struct trap *t)
{
    (void)ctx, (void)va, (void)size, (void)t;
    *value = va ^ size;
    return true;
}

static bool no_store(void *ctx, va_t va, unsigned size, uint64_t value, struct trap *t)
{
    (void)ctx, (void)va, (void)size, (void)value, (void)t;
    return true;
}

static bool no_amo(void *ctx, va_t va, unsigned size, uint64_t (*combine)(uint64_t, uint64_t, unsigned), uint64_t operand,
                   uint64_t *old, struct trap *t)
{
    (void)ctx, (void)t;
    *old = va;
    (void)combine(*old, operand, size);
    return true;
}

static void one(struct machine *m, uint32_t bits)
{
    const struct interpret_memory memory = {.load = no_load, .store = no_store, .amo = no_amo};
    char text[64 + GUARD];
    unsigned length = 0, row = isa_riscv.decode(m->config, 0, bits, &length);

    promise(length == ((bits & 3) == 3 ? 4 : 2), "the length is that of the encoding", bits);
    if (row != INSN_NONE) {
        const struct insn_desc *d = &isa_riscv.rows[row];
        uint64_t own = length == 2 ? bits & 0xffff : bits;
        promise(row < isa_riscv.row_count && d->length == length, "the row is in the table, and as long", bits);
        promise((own & d->mask) == d->match, "the encoding is that of the row", bits);
    }
    memset(text, 0x55, sizeof text);
    isa_riscv.print(m->config, 0, bits, BASE, text, 64);
    promise(memchr(text, 0, 64), "the text ends in its buffer", bits);
    for (unsigned i = 64; i < sizeof text; i++)
        promise(text[i] == 0x55, "nothing is written behind the buffer", bits);
    machine_set(m, MACHINE_PC, BASE);
    struct trap t = isa_riscv.interpret(m, bits, &memory);
    promise(t.kind == TRAP_NONE || t.kind == TRAP_EXCEPTION, "interpreting completes or traps", bits);
    promise(row != INSN_NONE || t.kind == TRAP_EXCEPTION, "what is not decodable traps", bits);
}

/* Runs the input as a program from reset, `slice` instructions at a time, its owner delivering every trap. */
static void drive(struct machine *m, uint64_t mode, uint64_t slice, const uint8_t *data, size_t size)
{
    uint64_t retired = 0;
    machine_reset(m);
    if (machine_store(m, BASE, blank, sizeof blank) || machine_store(m, BASE, data, size < RAM_SIZE ? size : RAM_SIZE))
        abort();
    machine_set(m, RV_CSR + CSR_mtvec, BASE);
    machine_set(m, RV_CSR + CSR_mstatus, UINT64_C(1) << MSTATUS_FS);
    machine_set(m, RV_CSR + CSR_pmpaddr0, UINT64_MAX);
    machine_set(m, RV_CSR + CSR_pmpcfg0, 0x1f);
    for (unsigned i = 1; i < 32; i++)
        machine_set(m, RV_X + i, BASE + i * 0x210);
    machine_set(m, MACHINE_PC, BASE);
    machine_set(m, MACHINE_MODE, mode);
    for (unsigned traps = 0; traps < TRAPS && retired < LENGTH;) {
        uint64_t before = retired, budget = LENGTH - retired < slice ? LENGTH - retired : slice;
        struct trap t = machine_run(m, budget, &retired);
        promise(retired - before <= budget, "the budget holds", 0);
        promise(t.kind != TRAP_BUDGET || retired - before == budget, "the budget is used up", 0);
        if (t.kind == TRAP_EXCEPTION || t.kind == TRAP_INTERRUPT) {
            isa_riscv.deliver(m, &t);
            traps++;
        }
    }
    promise(machine_get(m, RV_X) == 0, "x0 is zero", 0);
}

/* The same program whole and one instruction at a time: by bodies that go on by themselves, and by the careful ones. */
static void program(struct machine *m, const uint8_t *data, size_t size)
{
    static uint64_t reg[512];
    static uint8_t ram[RAM_SIZE], other[RAM_SIZE];
    static const uint64_t modes[] = {RV_M, RV_S, RV_U};
    for (unsigned i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        drive(m, modes[i], UINT64_MAX, data, size);
        for (unsigned r = 0; r < isa_riscv.reg_count; r++)
            reg[r] = machine_get(m, isa_riscv.regs[r].reg);
        promise(machine_load(m, BASE, ram, sizeof ram) == 0, "RAM is RAM", 0);
        drive(m, modes[i], 1, data, size);
        for (unsigned r = 0; r < isa_riscv.reg_count; r++)
            promise(machine_get(m, isa_riscv.regs[r].reg) == reg[r], isa_riscv.regs[r].name, 0);
        promise(machine_load(m, BASE, other, sizeof other) == 0, "RAM is RAM", 0);
        promise(memcmp(ram, other, sizeof ram) == 0, "the same bytes in RAM, whatever the budget", 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ram *ram = NULL;
    struct phys *phys = NULL;
    struct machine *m = NULL;

    if (ram_create(&ram, RAM_SIZE) || phys_create(&phys) || phys_add_ram(phys, "ram", BASE, RAM_SIZE, ram, 0) ||
        riscv_create(&m, phys, &riscv_config_default))
        abort();
    for (size_t at = 0; at + 4 <= size; at += 2) {
        uint32_t bits;
        memcpy(&bits, data + at, sizeof bits);
        one(m, bits);
    }
    program(m, data, size);
    machine_destroy(m);
    phys_destroy(phys);
    ram_destroy(ram);
    return 0;
}
