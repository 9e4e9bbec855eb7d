/* vmmap.c - f, the VM map, on addresses: where the guest's physical memory really is, and its inverse.
 *
 * f moves the guest's RAM by one constant: hpa = gpa - ram_base + ram. All else that the guest has as physical memory, devices
 * above all, is nowhere in the host. On registers f is the identity for those in isa->world, and "kept by the VMM" for the others.
 */
#include "core/vmm/vmmap.h"

#include "core/vmm/vcpu.h"

/*T:315 f on addresses: where a page of the guest lies in its host. The guest's memory is a slice of the host's, so the map is an
 * addition and a bound, and it composes: at depth two it is applied twice. :*/
bool vmmap_physical(const struct vm *vm, gpa_t guest, hpa_t *host)
{
    uint64_t offset = guest.v - vm->config.ram_base;

    if (offset >= vm->config.ram_size)
        return false;
    host->v = vm->ram.v + offset;
    return true;
}

bool vmmap_physical_inverse(const struct vm *vm, hpa_t host, gpa_t *guest)
{
    uint64_t offset = host.v - vm->ram.v;

    if (offset >= vm->config.ram_size)
        return false;
    guest->v = vm->config.ram_base + offset;
    return true;
}

bool vm_map_physical(const struct machine *m, pa_t guest, pa_t *host)
{
    hpa_t h;
    bool inside = vmmap_physical(vcpu_of_const(m)->vm, (gpa_t){guest}, &h);

    if (inside)
        *host = h.v;
    return inside;
}
