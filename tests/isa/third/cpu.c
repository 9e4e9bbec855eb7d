/* cpu.c - the bare machine of the tests' instruction set, by one function that executes an instruction over the contract: the machine's own
 * run(), and isa->interpret().
 */
#include "isa/trigger.h"
#include "mmu/bounds.h"
#include "mmu/phys.h"
#include "tests/isa/third/third.h"

#include <stdlib.h>

struct third {
    struct machine machine; /* first */
    struct third_config config;
    uint64_t reg[THIRD_LINE + 1];
    uint64_t pc, ring, clock, retired, resume;
    struct trigger_set triggers; /* looked at for the fetch */
};

static struct third *third_of(struct machine *m) { return (struct third *)(void *)m; }
static const struct third *third_of_const(const struct machine *m) { return (const struct third *)(const void *)m; }

/* --- memory, as instructions see it */

static bool reach(struct third *c, va_t va, unsigned size, uint32_t error, pa_t *pa, struct trap *t)
{
    const struct bounds r = {c->reg[THIRD_BASE], c->reg[THIRD_BOUND]};
    uint64_t last;
    error |= c->ring >= THIRD_USER ? THIRD_ERROR_USER : 0;
    *t = third_trap(THIRD_MEMORY, va, error);
    return bounds_translate(r, c->config.bytes, va, pa) == BOUNDS_OK &&
           bounds_translate(r, c->config.bytes, va + size - 1, &last) == BOUNDS_OK;
}

static bool load(void *ctx, va_t va, unsigned size, uint64_t *value, struct trap *t)
{
    struct third *c = ctx;
    pa_t pa;
    return reach(c, va, size, 0, &pa, t) && phys_load(c->machine.phys, pa, size, value);
}

static bool store(void *ctx, va_t va, unsigned size, uint64_t value, struct trap *t)
{
    struct third *c = ctx;
    pa_t pa;
    return reach(c, va, size, THIRD_ERROR_WRITE, &pa, t) && phys_store(c->machine.phys, pa, size, value);
}

/* --- one instruction */

static uint64_t part(insn_t bits, unsigned byte, unsigned bytes)
{
    const uint64_t v = (uint64_t)(bits >> (8 * byte));
    return bytes < 8 ? bits_get(v, 0, 8 * bytes) : v;
}

static unsigned reg_of(insn_t bits, unsigned byte) { return THIRD_A + (unsigned)(bits >> (8 * byte) & 3); }

/* For ports: true, or the trap. */
static bool port(struct machine *m, insn_t bits, bool write, uint64_t *value)
{
    const pa_t at = part(bits, 2, 2);
    return write ? phys_store(m->ports, at, 1, *value & 0xff) : phys_load(m->ports, at, 1, value);
}

/* Privileged rows, in a ring that may. The pc is past the instruction. */
static enum trap_kind execute_privileged(struct machine *m, unsigned row, insn_t bits)
{
    uint64_t frame[5], value = machine_get(m, reg_of(bits, 1));
    switch (row) {
    case THIRD_ring: machine_set(m, reg_of(bits, 1), machine_get(m, MACHINE_MODE)); return TRAP_NONE;
    case THIRD_in: /* where nothing answers the bus floats */
        machine_set(m, reg_of(bits, 1), port(m, bits, false, &value) ? value : 0xff);
        return TRAP_YIELD;
    case THIRD_out: (void)port(m, bits, true, &value); return TRAP_YIELD;
    case THIRD_map:
        machine_set(m, THIRD_BASE, value);
        machine_set(m, THIRD_BOUND, machine_get(m, reg_of(bits, 2)));
        return TRAP_NONE;
    case THIRD_tables:
        machine_set(m, THIRD_VECTORS, value);
        machine_set(m, THIRD_STACK, machine_get(m, reg_of(bits, 2)));
        return TRAP_NONE;
    case THIRD_enable: machine_set(m, THIRD_ENABLE, bits >> 8 & 1); return TRAP_NONE;
    case THIRD_halt: return TRAP_WAIT;
    default: break;
    }
    const uint64_t at = machine_get(m, THIRD_STACK);
    if (machine_load(m, at, frame, sizeof frame) != 0)
        return TRAP_EXCEPTION;
    machine_set(m, THIRD_STACK, at + THIRD_FRAME);
    machine_set(m, MACHINE_PC, frame[0]);
    machine_set(m, MACHINE_MODE, frame[1] & 3);
    machine_set(m, THIRD_FORM, bit_get(frame[1], 2));
    machine_set(m, THIRD_ENABLE, bit_get(frame[1], 3));
    machine_set(m, THIRD_BASE, frame[2]);
    machine_set(m, THIRD_BOUND, frame[3]);
    return TRAP_NONE;
}

static bool is_allowed(const struct machine *m, unsigned row)
{
    const struct third_config *config = m->config;
    const uint64_t ring = machine_get(m, MACHINE_MODE);
    if (isa_third.rows[row].traps != TRAPS_PRIV || (row == THIRD_ring && config->leaks))
        return true;
    return row == THIRD_in || row == THIRD_out ? ring <= THIRD_PORTS : ring == 0;
}

/* NONE, YIELD, WAIT: done; or the trap, without what it is to say of the instruction. */
static struct trap execute(struct machine *m, unsigned row, insn_t bits, unsigned length, const struct interpret_memory *memory)
{
    const uint64_t pc = machine_get(m, MACHINE_PC);
    const unsigned wide = machine_get(m, THIRD_FORM) ? 2 : 1, address_bytes = wide == 2 ? 6 : 2;
    const uint64_t address = part(bits, 2, address_bytes), value = machine_get(m, reg_of(bits, 1));
    struct trap t = {.kind = TRAP_NONE};
    uint64_t loaded;
    if (row == INSN_NONE)
        return third_trap(THIRD_UNDEFINED, (uint64_t)bits, 0);
    if (row == THIRD_call)
        return third_trap(THIRD_CALL, part(bits, 1, 1), 0);
    if (!is_allowed(m, row))
        return third_trap(THIRD_PRIVILEGED, (uint64_t)bits, 0);
    if (row == THIRD_ld && !memory->load(memory->ctx, address, 8, &loaded, &t))
        return t;
    if (row == THIRD_st && !memory->store(memory->ctx, address, 8, value, &t))
        return t;
    if (row == THIRD_sti &&
        !memory->store(memory->ctx, part(bits, 1, wide == 2 ? 7 : 3), 8, part(bits, wide == 2 ? 8 : 4, 4 * wide), &t))
        return t;
    machine_set(m, MACHINE_PC, row == THIRD_jnz && value ? address : pc + length);
    t = (struct trap){.kind = TRAP_NONE};
    switch (row) {
    case THIRD_form: machine_set(m, THIRD_FORM, bits >> 8 & 1); break;
    case THIRD_li: machine_set(m, reg_of(bits, 1), part(bits, 2, 4 * wide)); break;
    case THIRD_add: machine_set(m, reg_of(bits, 1), value + machine_get(m, reg_of(bits, 2))); break;
    case THIRD_ld: machine_set(m, reg_of(bits, 1), loaded); break;
    case THIRD_nop:
    case THIRD_st:
    case THIRD_sti:
    case THIRD_jnz: break;
    default: t.kind = execute_privileged(m, row, bits);
    }
    if (t.kind == TRAP_EXCEPTION) { /* no frame */
        machine_set(m, MACHINE_PC, pc);
        return third_trap(THIRD_MEMORY, machine_get(m, THIRD_STACK), 0);
    }
    return t;
}

static void name_it(struct trap *t, unsigned row, unsigned length, insn_t bits)
{
    t->row = (uint16_t)row;
    t->length = (uint8_t)length;
    trap_insn_set(t, bits);
}

struct trap third_interpret(struct machine *m, insn_t bits, const struct interpret_memory *memory);
struct trap third_interpret(struct machine *m, insn_t bits, const struct interpret_memory *memory)
{
    unsigned length, row = machine_decode(m, bits, &length);
    struct trap t = execute(m, row, bits, length, memory);
    name_it(&t, row, length, bits);
    return t;
}

/* --- the machine */

static bool fetch(struct third *c, insn_t *bits, unsigned *length, struct trap *t)
{
    pa_t pa;
    uint64_t byte;
    *bits = 0;
    *length = 1;
    for (unsigned n = 0; n < *length; n++) {
        if (!reach(c, c->pc + n, 1, THIRD_ERROR_FETCH, &pa, t) || !phys_load(c->machine.phys, pa, 1, &byte))
            return false;
        *bits |= (insn_t)byte << (8 * n);
        (void)machine_decode(&c->machine, *bits, length);
    }
    return true;
}

/* One instruction, or an interrupt in its place. */
static struct trap step(struct third *c)
{
    const struct interpret_memory memory = {.load = load, .store = store, .ctx = c};
    const struct trigger_step here = {.kinds = TRIGGER_EXECUTE, .at = c->pc, .size = 1};
    struct trap t;
    unsigned length;
    insn_t bits;
    if (c->reg[THIRD_LINE] && c->reg[THIRD_ENABLE])
        return (struct trap){.kind = TRAP_INTERRUPT, .row = INSN_NONE};
    if (c->triggers.count && trigger_set_match(&c->triggers, &here, &c->resume, &t))
        return t;
    if (!fetch(c, &bits, &length, &t))
        return t;
    const unsigned row = machine_decode(&c->machine, bits, &length);
    if (c->triggers.opcodes &&
        trigger_set_match(&c->triggers, &(struct trigger_step){.kinds = TRIGGER_OPCODE, .bits = bits}, &c->resume, &t)) {
        t.tval = c->pc;
        return t;
    }
    t = execute(&c->machine, row, bits, length, &memory);
    if (t.kind == TRAP_EXCEPTION)
        name_it(&t, row, length, bits);
    else
        c->resume = 0;
    return t;
}

static void run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *out)
{
    struct third *c = third_of(m);
    *out = (struct trap){.kind = TRAP_BUDGET, .row = INSN_NONE};
    while (budget-- > 0) {
        struct trap t = step(c);
        if (t.kind == TRAP_NONE || t.kind == TRAP_YIELD || t.kind == TRAP_WAIT) {
            ++*retired;
            c->retired++;
            c->clock++;
        }
        if (t.kind == TRAP_NONE)
            continue;
        *out = t;
        return;
    }
}

static uint64_t get(const struct machine *m, reg_t r)
{
    const struct third *c = third_of_const(m);
    switch (r) {
    case MACHINE_PC: return c->pc;
    case MACHINE_MODE: return c->ring;
    case MACHINE_CLOCK: return c->clock;
    case MACHINE_RETIRED: return c->retired;
    case MACHINE_WAKE: return UINT64_MAX;
    case MACHINE_RESUME: return c->resume;
    default: return r <= THIRD_LINE ? c->reg[r] : 0;
    }
}

static void set(struct machine *m, reg_t r, uint64_t v)
{
    struct third *c = third_of(m);
    switch (r) {
    case MACHINE_PC:
        c->pc = v;
        c->resume = 0;
        break;
    case MACHINE_MODE: c->ring = v & 3; break;
    case MACHINE_CLOCK: c->clock = v; break;
    case MACHINE_RETIRED: c->retired = v; break;
    case MACHINE_RESUME: c->resume = v; break;
    case THIRD_FORM:
    case THIRD_ENABLE: c->reg[r] = v & 1; break;
    default:
        if (r < THIRD_LINE)
            c->reg[r] = v;
    }
}

static bool has(const struct machine *m, reg_t r)
{
    (void)m;
    return r < THIRD_LINE || (r >= MACHINE_PC && r <= MACHINE_RESUME);
}

static int load_physical(const struct machine *m, pa_t pa, void *to, size_t n)
{
    const uint64_t bytes = third_of_const(m)->config.bytes;
    return pa > bytes || n > bytes - pa ? -EFAULT : phys_read(m->phys, pa, to, n);
}

static int store_physical(struct machine *m, pa_t pa, const void *from, size_t n)
{
    const uint64_t bytes = third_of(m)->config.bytes;
    return pa > bytes || n > bytes - pa ? -EFAULT : phys_write(m->phys, pa, from, n);
}

static void fence(struct machine *m, const struct fence *f) { (void)m, (void)f; }
static const char *stopped(const struct machine *m)
{
    (void)m;
    return NULL;
}

static void irq(struct machine *m, unsigned line, bool level)
{
    if (line == 0)
        third_of(m)->reg[THIRD_LINE] = level;
}

static void reset(struct machine *m)
{
    struct third *c = third_of(m);
    for (unsigned r = 0; r <= THIRD_LINE; r++)
        c->reg[r] = 0;
    c->reg[THIRD_BOUND] = c->config.bytes;
    c->pc = THIRD_RESET;
    c->ring = c->clock = c->retired = c->resume = 0;
}

static int trigger(struct machine *m, unsigned slot, const struct trigger *t)
{
    return trigger_set_put(&third_of(m)->triggers, slot, t);
}

static void destroy(struct machine *m)
{
    phys_destroy(m->ports);
    free(m);
}

int third_create(struct machine **out, struct phys *phys, const struct third_config *config)
{
    static const struct machine_ops ops = {
        .run = run,
        .get = get,
        .set = set,
        .has = has,
        .load = load_physical,
        .store = store_physical,
        .fence = fence,
        .irq = irq,
        .stopped = stopped,
        .reset = reset,
        .trigger = trigger,
        .destroy = destroy,
    };
    struct third *c = calloc(1, sizeof *c);
    if (!c)
        return -ENOMEM;
    c->config = *config;
    c->machine = (struct machine){.ops = &ops, .isa = &isa_third, .phys = phys, .config = &c->config, .trigger_slots = TRIGGER_SLOTS};
    if (phys_create(&c->machine.ports) != 0) {
        free(c);
        return -ENOMEM;
    }
    reset(&c->machine);
    *out = &c->machine;
    return 0;
}
