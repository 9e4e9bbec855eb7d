/* rows.c - the tables of the tests' instruction set, and trap entry. */
#include "tests/isa/third/third.h"

#include <stdio.h>
#include <string.h>

static const struct insn_desc rows[THIRD_ROWS] = {
#define INSN(name_, format_, traps_, sensitive_, about_)                                                                              \
    [THIRD_##name_] = {.name = #name_,                                                                                                \
                       .ext = "third",                                                                                                \
                       .encoding = #format_,                                                                                          \
                       .format = #format_,                                                                                            \
                       .manual = about_,                                                                                              \
                       .traps = TRAPS_##traps_,                                                                                       \
                       .sensitive = sensitive_,                                                                                       \
                       .match = THIRD_##name_ + 1,                                                                                    \
                       .mask = 0xff},
#include "tests/isa/third/insn.def"
#undef INSN
};

static const struct reg_desc registers[] = {
    {"a0", NULL, THIRD_A, 64, PART_IDENTITY, ""},
    {"a1", NULL, THIRD_A + 1, 64, PART_IDENTITY, ""},
    {"a2", NULL, THIRD_A + 2, 64, PART_IDENTITY, ""},
    {"a3", NULL, THIRD_A + 3, 64, PART_IDENTITY, ""},
    {"form", NULL, THIRD_FORM, 1, PART_IDENTITY, "1: addresses and numbers are long"},
    {"pc", NULL, MACHINE_PC, 64, PART_IDENTITY, "program counter"},
    {"ring", "mode", MACHINE_MODE, 2, PART_VIRTUAL, "0 may everything"},
    {"base", NULL, THIRD_BASE, 64, PART_RELOCATED, "where virtual address 0 lies"},
    {"bound", NULL, THIRD_BOUND, 64, PART_RELOCATED, "how many bytes there are"},
    {"vectors", NULL, THIRD_VECTORS, 64, PART_VIRTUAL, "physical address of the vectors"},
    {"stack", NULL, THIRD_STACK, 64, PART_VIRTUAL, "physical address of the last frame"},
    {"enable", NULL, THIRD_ENABLE, 1, PART_VIRTUAL, "interrupts are taken"},
};

static unsigned context(const struct machine *m) { return (unsigned)machine_get(m, THIRD_FORM); }

/* The first byte and the context say it all. */
static unsigned decode(const void *config, unsigned form, insn_t bits, unsigned *length)
{
    const unsigned row = (unsigned)(bits & 0xff) - 1;
    (void)config;
    *length = 1;
    if (row >= THIRD_ROWS)
        return INSN_NONE;
    switch (rows[row].format[0]) {
    case 'N': break;
    case 'R':
    case 'C': *length = 2; break;
    case 'B': *length = 3; break;
    case 'P': *length = 4; break;
    case 'A': *length = form ? 8 : 4; break;
    case 'I': *length = form ? 10 : 6; break;
    default: *length = form ? 16 : 8;
    }
    return row;
}

static unsigned long long part(insn_t bits, unsigned byte, unsigned bytes)
{
    const uint64_t v = (uint64_t)(bits >> (8 * byte));
    return bytes < 8 ? bits_get(v, 0, 8 * bytes) : v;
}

static void print(const void *config, unsigned form, insn_t bits, va_t pc, char *out, size_t size)
{
    unsigned length, row = decode(config, form, bits, &length), r = (unsigned)(bits >> 8 & 3), s = (unsigned)(bits >> 16 & 3);
    (void)pc;
    if (row == INSN_NONE) {
        snprintf(out, size, ".byte 0x%02x", (unsigned)(bits & 0xff));
        return;
    }
    const char *name = rows[row].name;
    switch (rows[row].format[0]) {
    case 'N': snprintf(out, size, "%s", name); break;
    case 'R': snprintf(out, size, "%s a%u", name, r); break;
    case 'C': snprintf(out, size, "%s %llu", name, part(bits, 1, 1)); break;
    case 'B': snprintf(out, size, "%s a%u, a%u", name, r, s); break;
    case 'P': snprintf(out, size, "%s a%u, %llu", name, r, part(bits, 2, 2)); break;
    case 'A': snprintf(out, size, "%s a%u, 0x%llx", name, r, part(bits, 2, form ? 6 : 2)); break;
    case 'I': snprintf(out, size, "%s a%u, 0x%llx", name, r, part(bits, 2, form ? 8 : 4)); break;
    default: snprintf(out, size, "%s 0x%llx, 0x%llx", name, part(bits, 1, form ? 7 : 3), part(bits, form ? 8 : 4, form ? 8 : 4));
    }
}

/* --- trap entry */

/* What cannot be delivered, by where that was seen: the trap in its place, or the end. */
static enum delivery undelivered(struct trap *t, uint64_t at)
{
    const unsigned during = (unsigned)t->cause + 1;
    if (t->kind == TRAP_EXCEPTION && t->cause == THIRD_DOUBLE)
        return DELIVERY_SHUTDOWN;
    *t = third_trap(THIRD_DOUBLE, at, 0);
    t->during = (uint8_t)during;
    return DELIVERY_TRAPPED;
}

static enum delivery deliver(struct machine *m, struct trap *t)
{
    const bool is_double = t->kind == TRAP_EXCEPTION && t->cause == THIRD_DOUBLE;
    const uint64_t at = machine_get(m, THIRD_VECTORS) + 8 * t->cause;
    const uint64_t stack = is_double ? THIRD_DOUBLE_FRAME : machine_get(m, THIRD_STACK) - THIRD_FRAME;
    const struct third_config *config = m->config;
    const uint64_t frame[] = {
        machine_get(m, MACHINE_PC),
        third_status(machine_get(m, MACHINE_MODE), machine_get(m, THIRD_FORM), machine_get(m, THIRD_ENABLE)),
        machine_get(m, THIRD_BASE),
        machine_get(m, THIRD_BOUND),
        t->kind == TRAP_EXCEPTION && t->cause == THIRD_MEMORY ? t->error : 0,
    };
    uint64_t vector;
    if (machine_load(m, at, &vector, sizeof vector) != 0)
        return undelivered(t, at);
    if (machine_store(m, stack, frame, sizeof frame) != 0)
        return undelivered(t, stack);
    machine_set(m, THIRD_STACK, stack);
    machine_set(m, THIRD_BASE, 0);
    machine_set(m, THIRD_BOUND, config->bytes);
    machine_set(m, THIRD_FORM, 0);
    machine_set(m, THIRD_ENABLE, 0);
    machine_set(m, MACHINE_MODE, 0);
    machine_set(m, MACHINE_PC, vector);
    return DELIVERED;
}

/* --- for whoever drives it */

static bool wakes(const struct machine *m) { return machine_get(m, THIRD_LINE); }
static bool listens(const struct machine *m, uint64_t lines)
{
    (void)m;
    return lines & 1;
}
static void waiting(const struct machine *m, char *out, size_t size)
{
    snprintf(out, size, "enable %llu", (unsigned long long)machine_get(m, THIRD_ENABLE));
}

static bool fact(const void *config, unsigned n, const char **name, char *value, size_t size)
{
    const struct third_config *c = config;
    *name = n ? "variant" : "bytes of memory";
    snprintf(value, size, "%llu", (unsigned long long)(n ? c->leaks : c->bytes));
    return n < 2;
}

struct trap third_interpret(struct machine *m, insn_t bits, const struct interpret_memory *memory);
#ifdef THIRD_IS_BARE /* and says nothing */
#define ABOUT NULL
#else
#define ABOUT &third_about
extern const struct about third_about;
#endif

const struct isa isa_third = {
    .name = "third",
    .rows = rows,
    .row_count = THIRD_ROWS,
    .regs = registers,
    .reg_count = sizeof registers / sizeof registers[0],
    .deliver = deliver,
    .interpret = third_interpret,
    .context = context,
    .decode = decode,
    .print = print,
    .lines = 1,
    .wakes = wakes,
    .listens = listens,
    .waiting = waiting,
    .fact = fact,
    .about = ABOUT,
};
