/* ferr_ia32.c - errors of the floating-point unit of a virtual IA-32 CPU, as a PC of 1987 has them. The unit is the host's, and so is CR0.NE. With
 * that clear the processor speaks to no program, but to a board: FERR# says that an error is pending, the instruction that met it is held, and
 * IGNNE# lets it go on all the same [SDM 1 8.7.2, D.2.1]. The board is the virtual one: while a VM has the host both wires are led through.
 *
 *      the host  -- FERR# -->  whoever has the host: its VM's ports  -->  the virtual board  -- INTR, IGNNE# -->  the virtual CPU
 *      (bare, or a VM)                                                                                 IGNNE# of the host <--'
 *
 * So that the host holds an instruction is the guest's own affair (dispatcher.c), and it is not asked whether the error has gone: the host tells,
 * by the wire, behind whichever instruction ends it. Nothing is kept here. The level of FERR# is the virtual board's, which goes
 * where the VM goes.
 */
#include "core/vmm/virtual_ia32.h"

#include "mmu/phys.h"

#include <errno.h>

/* Where the wire of this host leads now. NULL: nowhere, and errors are ignored. */
static struct phys *board_of(const void *opaque)
{
    const struct machine *host = opaque;
    const struct host_hart *hart = host->owner;

    return hart && hart->current ? hart->current->machine.ports : NULL;
}

static bool wire_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    const struct phys *ports = board_of(opaque);

    return ports && phys_load(ports, IA_PORT_FERR + offset, size, value);
}

static bool wire_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    const struct phys *ports = board_of(opaque);

    return ports && phys_store(ports, IA_PORT_FERR + offset, size, value);
}

static const struct phys_io wire = {.read = wire_read, .write = wire_write};

/* One wire for all that share the host. */
bool ia32_ferr_join(struct vcpu *vcpu)
{
    struct machine *host = vcpu->host;
    const int failed = host->ports ? phys_add_io(host->ports, "ferr", IA_PORT_FERR, 1, &wire, host) : 0;

    return !failed || failed == -EEXIST;
}

static bool others_have_host(const struct vcpu *vcpu)
{
    for (const struct vm *vm = vcpu->vm->vmm->vms; vm; vm = vm->next)
        for (const struct vcpu *other = vm->vcpus; other; other = other->next)
            if (other != vcpu && other->on == vcpu->on)
                return true;
    return false;
}

void ia32_ferr_leave(struct vcpu *vcpu)
{
    struct phys *ports = vcpu->host->ports;
    const struct phys_range *r = ports && !others_have_host(vcpu) ? phys_find(ports, IA_PORT_FERR) : NULL;

    if (r && r->opaque == vcpu->host)
        phys_remove(ports, IA_PORT_FERR);
}
