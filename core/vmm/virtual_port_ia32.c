/* virtual_port_ia32.c - {v_i} of IN, OUT, INS and OUTS: may the virtual program use the port, then the VM's own bus of ports [SDM 1 18.5; 2A
 * IN, INS; 2B OUT, OUTS].
 */
#include "core/vmm/virtual_ia32.h"

#include "mmu/phys.h"

/* --- The bus. A port that nobody has reads as all ones. What a device does not take whole is cut into halves, the lower one first. */

static uint32_t bus_in(const struct phys *ports, uint32_t port, unsigned size)
{
    uint64_t value;

    if (ports && phys_load(ports, port, size, &value))
        return (uint32_t)value;
    if (size == 1)
        return 0xff;
    const unsigned half = size / 2;
    const uint32_t low = bus_in(ports, port, half);
    return low | bus_in(ports, port + half, half) << 8 * half;
}

static void bus_out(const struct phys *ports, uint32_t port, unsigned size, uint32_t value)
{
    if (!ports || phys_store(ports, port, size, value) || size == 1)
        return;
    const unsigned half = size / 2;
    bus_out(ports, port, half, value);
    bus_out(ports, port + half, half, value >> 8 * half);
}

/* Ports are devices: D's owner looks at the board behind each. */
static uint32_t port_in(struct vcpu *vcpu, uint16_t port, unsigned size)
{
    virtual_of(vcpu)->touched = true;
    vcpu->stats.device_accesses++;
    return bus_in(vcpu->machine.ports, port, size);
}

static void port_out(struct vcpu *vcpu, uint16_t port, unsigned size, uint32_t value)
{
    virtual_of(vcpu)->touched = true;
    vcpu->stats.device_accesses++;
    bus_out(vcpu->machine.ports, port, size, value);
}

/* --- Permission: by IOPL, else by the map in the task state segment */

static bool refused(struct trap *t) { return ia32_v_gp(t, REASON_PRIVILEGE, 0); }

/* A bit for each port, at an offset that the TSS has at 66h; two bytes are read, since four ports may lie in both. */
static bool map_allows(struct vcpu *vcpu, uint16_t port, unsigned size, struct trap *t)
{
    enum { MAP_BASE = 0x66, TSS32 = 9, TSS32_BUSY = 11 };
    const struct ia32_v_segment tr = virtual_of(vcpu)->tr;
    const unsigned type = tr.rights & IA_RIGHTS_TYPE;
    uint64_t base, map;

    if ((type != TSS32 && type != TSS32_BUSY) || (tr.rights & IA_RIGHTS_NULL) || tr.limit < MAP_BASE + 1)
        return refused(t);
    if (!ia32_v_load(vcpu, tr.base + MAP_BASE, 2, IA32_BY_PROCESSOR, &base, t))
        return false;
    const uint32_t at = (uint32_t)base + port / 8;
    if (at + 1 > tr.limit)
        return refused(t);
    if (!ia32_v_load(vcpu, tr.base + at, 2, IA32_BY_PROCESSOR, &map, t))
        return false;
    return (map >> port % 8 & ((1u << size) - 1)) == 0 || refused(t);
}

/* The IOPL is the guest's: the host's is 0, by which all these instructions trap. */
static bool allowed(struct vcpu *vcpu, uint16_t port, unsigned size, struct trap *t)
{
    return virtual_of_const(vcpu)->cpl <= ia32_v_iopl(vcpu) || map_allows(vcpu, port, size, t);
}

/* --- */

static uint16_t port_of(const struct vcpu *vcpu, const struct ia32_decoded *i)
{
    enum { BY_DX = 8 };
    return (uint16_t)(i->opcode & BY_DX ? ia32_v_reg(vcpu, IA_EDX, 2) : i->imm & 0xff);
}

bool ia32_v_in(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const uint16_t port = port_of(vcpu, i);

    if (!allowed(vcpu, port, i->opsize, t))
        return false;
    ia32_v_reg_set(vcpu, IA_EAX, i->opsize, port_in(vcpu, port, i->opsize));
    return true;
}

bool ia32_v_out(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const uint16_t port = port_of(vcpu, i);

    if (!allowed(vcpu, port, i->opsize, t))
        return false;
    port_out(vcpu, port, i->opsize, ia32_v_reg(vcpu, IA_EAX, i->opsize));
    return true;
}

/* An iteration is an instruction. It is checked whole before the port is touched; then the registers move on. */

static bool none_left(const struct vcpu *vcpu, const struct ia32_decoded *i)
{
    return i->repeats && ia32_v_reg(vcpu, IA_ECX, i->adsize) == 0;
}

/* One iteration for each trap: virtual time goes by instructions, and each iteration is one. */
static void step(struct vcpu *vcpu, const struct ia32_decoded *i, unsigned pointer)
{
    const uint32_t by = ia32_v_flags(vcpu) & EFLAGS_DF ? -(uint32_t)i->opsize : i->opsize;

    ia32_v_reg_set(vcpu, pointer, i->adsize, ia32_v_reg(vcpu, pointer, 4) + by);
    if (!i->repeats)
        return;
    ia32_v_reg_set(vcpu, IA_ECX, i->adsize, ia32_v_reg(vcpu, IA_ECX, 4) - 1);
    if (ia32_v_reg(vcpu, IA_ECX, i->adsize) != 0)
        virtual_of(vcpu)->next = (uint32_t)machine_get(vcpu->host, MACHINE_PC);
}

bool ia32_v_ins(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const uint16_t port = (uint16_t)ia32_v_reg(vcpu, IA_EDX, 2);
    struct ia32_v_place to;

    if (none_left(vcpu, i))
        return true;
    if (!allowed(vcpu, port, i->opsize, t) ||
        !ia32_v_reach_in(vcpu, IA_ES, ia32_v_reg(vcpu, IA_EDI, i->adsize), i->opsize, PT_WRITE, &to, t))
        return false;
    ia32_v_put(vcpu, &to, port_in(vcpu, port, i->opsize));
    step(vcpu, i, IA_EDI);
    return true;
}

bool ia32_v_outs(struct vcpu *vcpu, const struct ia32_decoded *i, struct trap *t)
{
    const uint16_t port = (uint16_t)ia32_v_reg(vcpu, IA_EDX, 2);
    uint64_t value;

    if (none_left(vcpu, i))
        return true;
    if (!allowed(vcpu, port, i->opsize, t) || !ia32_v_load_in(vcpu, i->seg, ia32_v_reg(vcpu, IA_ESI, i->adsize), i->opsize, &value, t))
        return false;
    port_out(vcpu, port, i->opsize, (uint32_t)value);
    step(vcpu, i, IA_ESI);
    return true;
}
