/* fuzz_decode.c - the input is instructions. Each is decoded, printed and interpreted; then all of them run as a program. The decoder
 * must name a row whose encoding really fits, the printer must stay in its buffer, and nothing may leave the machine.
 */
#include "isa/riscv.h"
#include "mmu/phys.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BASE UINT64_C(0x80000000)
enum { RAM_SIZE = 16 * PAGE_SIZE, GUARD = 16 };

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
    unsigned length = 0, row = isa_riscv.decode(m->config, bits, &length);

    promise(length == ((bits & 3) == 3 ? 4 : 2), "the length is that of the encoding", bits);
    if (row != INSN_NONE) {
        const struct insn_desc *d = &isa_riscv.rows[row];
        uint64_t own = length == 2 ? bits & 0xffff : bits;
        promise(row < isa_riscv.row_count && d->length == length, "the row is in the table, and as long", bits);
        promise((own & d->mask) == d->match, "the encoding is that of the row", bits);
    }
    memset(text, 0x55, sizeof text);
    isa_riscv.print(m->config, bits, BASE, text, 64);
    promise(memchr(text, 0, 64), "the text ends in its buffer", bits);
    for (unsigned i = 64; i < sizeof text; i++)
        promise(text[i] == 0x55, "nothing is written behind the buffer", bits);
    machine_set(m, MACHINE_PC, BASE);
    struct trap t = isa_riscv.interpret(m, bits, &memory);
    promise(t.kind == TRAP_NONE || t.kind == TRAP_EXCEPTION, "interpreting completes or traps", bits);
    promise(row != INSN_NONE || t.kind == TRAP_EXCEPTION, "what is not decodable traps", bits);
}

static void program(struct machine *m, const uint8_t *data, size_t size)
{
    uint64_t retired = 0;

    for (unsigned mode = 0; mode < 2; mode++) {
        machine_reset(m);
        if (machine_store(m, BASE, data, size < RAM_SIZE ? size : RAM_SIZE))
            abort();
        machine_set(m, RV_CSR + CSR_mtvec, BASE);
        machine_set(m, MACHINE_PC, BASE);
        machine_set(m, MACHINE_MODE, mode ? RV_U : RV_M);
        for (unsigned i = 0; i < 64; i++) {
            struct trap t = machine_run(m, 100, &retired);
            if (t.kind == TRAP_EXCEPTION || t.kind == TRAP_INTERRUPT)
                isa_riscv.deliver(m, &t);
        }
        promise(machine_get(m, RV_X) == 0, "x0 is zero", 0);
    }
    promise(retired <= 2 * 64 * 100, "the budget holds", 0);
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
