/* execute_io.c - IN, OUT, INS, OUTS [SDM 2A IN, INS; 2B OUT, OUTS]. */
#include "isa/ia32/access.h"
#include "isa/ia32/bodies.h"
#include "isa/ia32/port.h"

/* E4 to E7 have the port as a byte, EC to EF in DX: bit 3 of the opcode. */
static uint16_t port_of(const struct ia_cpu *c, const ia_insn *i)
{
    enum { BY_DX = 8 };
    return (uint16_t)(i->opcode & BY_DX ? c->r[IA_EDX] : i->imm & 0xff);
}

/* The program may have it, and it is there to be had. */
static bool port_open(struct ia_cpu *c, uint16_t port, unsigned size)
{
    return ia_port_allowed(c, port, size) && ia_runs_here(c, IA_INTERCEPT_PORT);
}

bool ia_body_in(struct ia_cpu *c, const ia_insn *i)
{
    const uint16_t port = port_of(c, i);
    uint32_t value;
    if (!port_open(c, port, i->opsize) || !ia_port_read(c, port, i->opsize, &value))
        return false;
    ia_reg_set(c, IA_EAX, i->opsize, value);
    return true;
}

bool ia_body_out(struct ia_cpu *c, const ia_insn *i)
{
    const uint16_t port = port_of(c, i);
    return port_open(c, port, i->opsize) && ia_port_write(c, port, i->opsize, ia_reg(c, IA_EAX, i->opsize));
}

/* --- Strings. An iteration is checked whole before the port is touched; registers follow. */

static bool none_left(const struct ia_cpu *c, const ia_insn *i) { return i->rep != IA_REP_NONE && ia_reg(c, IA_ECX, i->adsize) == 0; }

/* As long as there is more, the next instruction is this one again: an interrupt may come in between, and finds
 * registers that say how far it has come. */
static void step(struct ia_cpu *c, const ia_insn *i, unsigned pointer)
{
    const uint32_t by = c->flags.system & EFLAGS_DF ? -(uint32_t)i->opsize : i->opsize;
    ia_reg_set(c, pointer, i->adsize, c->r[pointer] + by);
    if (i->rep == IA_REP_NONE)
        return;
    ia_reg_set(c, IA_ECX, i->adsize, c->r[IA_ECX] - 1);
    if (ia_reg(c, IA_ECX, i->adsize) != 0)
        c->next = c->eip;
}

/* A port may change by being read, so that the memory is reached first: a page fault loses no byte of a device. */
bool ia_body_ins(struct ia_cpu *c, const ia_insn *i)
{
    const uint16_t port = (uint16_t)c->r[IA_EDX];
    struct ia_place to;
    uint32_t value;
    if (none_left(c, i))
        return true;
    if (!port_open(c, port, i->opsize) || !ia_reach(c, IA_ES, ia_reg(c, IA_EDI, i->adsize), i->opsize, PT_WRITE, &to) ||
        !ia_port_read(c, port, i->opsize, &value))
        return false;
    ia_place_put(c, &to, value);
    step(c, i, IA_EDI);
    return true;
}

bool ia_body_outs(struct ia_cpu *c, const ia_insn *i)
{
    const uint16_t port = (uint16_t)c->r[IA_EDX];
    uint64_t value;
    if (none_left(c, i))
        return true;
    if (!port_open(c, port, i->opsize) || !ia_load(c, i->seg, ia_reg(c, IA_ESI, i->adsize), i->opsize, &value) ||
        !ia_port_write(c, port, i->opsize, (uint32_t)value))
        return false;
    step(c, i, IA_ESI);
    return true;
}
