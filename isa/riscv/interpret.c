/* interpret.c - one unprivileged instruction over the contract: the bodies of the hart, compiled over machine_get(), machine_set() and
 * a caller's memory (bodies_contract.h). Whoever holds a machine can carry out for it an access the machine itself cannot. */
#include "isa/riscv/interpret.h"

#include "isa/riscv/decode.h"
#include "riscv_decode.h"

/* Rows that trap other than for want of a resource have no body here. Compressed rows run the row they are short for.
 * What is privileged, or asks for a trap, is not done here: over the contract such an instruction is for whoever
 * owns the machine. Then the entry is empty, and the answer an illegal instruction. */
#define OVER_NEVER(name) [RV_INSN_##name] = rv_contract_##name,
#define OVER_PRIV(name)
#define OVER_COND(name)
#define OVER_REQUESTED(name)
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) extern over_fn rv_contract_##name;
#include "isa/riscv/insn.def"
#undef INSN
static over_fn *const over_body[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) RV_WIDE_##name(OVER_##traps(name))
#include "isa/riscv/insn.def"
#undef INSN
};

/* --- registers */

void over_set_x(struct over *o, unsigned r, uint64_t v)
{
    if (r != RV_SINK)
        machine_set(o->machine, RV_X + r, v);
}

/* Only when it is not so already: a write of mstatus may be dear on the machine that is written to. */
static void make_fs_dirty(struct over *o)
{
    uint64_t dirty = UINT64_C(3) << MSTATUS_FS, mstatus = machine_get(o->machine, RV_CSR + CSR_mstatus);
    if ((mstatus & dirty) != dirty)
        machine_set(o->machine, RV_CSR + CSR_mstatus, mstatus | dirty);
}

void over_set_f(struct over *o, unsigned r, uint64_t v)
{
    machine_set(o->machine, RV_F + r, v);
    make_fs_dirty(o);
}

void over_accrue(struct over *o, unsigned flags)
{
    if (!flags)
        return;
    machine_set(o->machine, RV_CSR + CSR_fflags, machine_get(o->machine, RV_CSR + CSR_fflags) | flags);
    make_fs_dirty(o);
}

/* --- traps */

static bool fault(struct over *o, uint64_t cause, va_t va)
{
    o->trap = (struct trap){.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .cause = cause, .tval = va};
    return false;
}

enum body_result over_illegal(struct over *o, enum trap_reason reason)
{
    o->trap = (struct trap){.kind = TRAP_EXCEPTION, .reason = reason, .cause = RV_CAUSE_ILLEGAL, .tval = o->bits};
    return BODY_STOP;
}

/* --- atomics: as in access.c, but that the address lies where the caller says */

/* Eight bytes, whatever the LR's size: an SC.W to the other half of a doubleword succeeds, which the manual allows. */
static uint64_t reservation_of(pa_t pa) { return pa & ~UINT64_C(7); }

static bool misaligned(struct over *o, va_t va, unsigned size, unsigned kinds)
{
    if (o->memory->before && !o->memory->before(o->memory->ctx, va, size, kinds, &o->trap))
        return false;
    return fault(o, kinds & TRIGGER_STORE ? RV_CAUSE_STORE_MISALIGNED : RV_CAUSE_LOAD_MISALIGNED, va);
}

bool over_amo(struct over *o, va_t va, unsigned size, combine_fn *combine, uint64_t operand, uint64_t *old)
{
    if (va & (size - 1))
        return misaligned(o, va, size, TRIGGER_LOAD | TRIGGER_STORE);
    return o->memory->amo(o->memory->ctx, va, size, combine, operand, old, &o->trap);
}

/* Without `physical` nobody knows where the address lies, and no reservation can stand: LR loads, and each SC
 * fails. */
bool over_load_reserved(struct over *o, va_t va, unsigned size, uint64_t *value)
{
    const struct interpret_memory *m = o->memory;
    pa_t pa = UINT64_MAX;
    if (va & (size - 1))
        return misaligned(o, va, size, TRIGGER_LOAD);
    if ((m->physical && !m->physical(m->ctx, va, size, false, &pa, &o->trap)) || !m->load(m->ctx, va, size, value, &o->trap))
        return false;
    machine_set(o->machine, RV_RESERVATION, m->physical ? reservation_of(pa) : UINT64_MAX);
    return true;
}

bool over_store_conditional(struct over *o, va_t va, unsigned size, uint64_t value, bool *done)
{
    const struct interpret_memory *m = o->memory;
    pa_t pa;
    if (va & (size - 1))
        return misaligned(o, va, size, TRIGGER_STORE);
    if (m->physical && !m->physical(m->ctx, va, size, true, &pa, &o->trap))
        return false;
    *done = m->physical && machine_get(o->machine, RV_RESERVATION) == reservation_of(pa);
    if (*done && !m->store(m->ctx, va, size, value, &o->trap))
        return false;
    machine_set(o->machine, RV_RESERVATION, UINT64_MAX);
    return true;
}

/* --- */

/* The PC has moved, if TRAP_NONE; else nothing has changed. In both cases the trap says which instruction it was. */
struct trap riscv_interpret(struct machine *machine, insn_t bits, const struct interpret_memory *memory)
{
    const uint32_t code = (uint32_t)bits;
    struct over o = {.machine = machine, .memory = memory, .pc = machine_get(machine, MACHINE_PC)};
    struct rv_operands operands;
    unsigned row = rv_decode_row(machine->config, code, &o.length);
    over_fn *body = row == INSN_NONE ? NULL : over_body[rv_base_row(row)];
    o.bits = o.length == 2 ? code & 0xffff : code;
    if (body)
        rv_decode_operands(code, row, o.length, &operands);
    if ((body ? body(&o, &operands) : over_illegal(&o, REASON_UNDEFINED)) == BODY_NEXT)
        return (struct trap){.kind = TRAP_NONE, .row = (uint16_t)row, .length = (uint8_t)o.length, .bits = o.bits};
    o.trap.row = (uint16_t)row;
    o.trap.length = (uint8_t)o.length;
    o.trap.bits = o.bits;
    return o.trap;
}
