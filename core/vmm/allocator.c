/* allocator.c - A of CP = <D, A, {v_i}> [PG74 p.416]: it owns the host's frames, and is the only writer of the register that says
 * which of them the guest may touch.
 *
 * It acts exactly when a virtual resource register has changed: it finds the shadow root of the new situation and installs it. No
 * frame that A did not give is mapped in any shadow table, so no guest can name it.
 */
#include "core/vmm/allocator.h"

#include "mmu/phys.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*T:320 A, the allocator. The resource of the paper is the relocation register R; in a machine with pages it is the root of the shadow
 * tables. :*/
void allocator_install(struct vcpu *vcpu)
{
    vcpu->stats.allocator_runs += vcpu->resource_changed != VCPU_RESOURCE_COLD;
    vcpu->resource_changed = false;
    if (vcpu->isa->relocate) {
        vcpu->isa->relocate(vcpu, vcpu->vm->ram);
        return;
    }

    struct shadow_key situation;
    vcpu->isa->situation(vcpu, &situation);
    unsigned root = shadow_select(vcpu->shadow, &situation);
    vcpu->root = root;
    vcpu->isa->install(vcpu, (hpa_t){shadow_root(vcpu->shadow, root)}, shadow_asid(vcpu->shadow, root));
    if (vcpu->asid_shared) /* the host cannot tell the roots apart by their number */
        machine_fence(vcpu->host, &(struct fence){0});
}

/* The owner's fence: what the VMM and all below have derived goes, so that everything falls as on machines just made. The guest has no part
 * in it: it counts as no fence of its, nor does it count that A acts anew. The host's register names an empty table, always the same. */
void allocator_forget(struct vcpu *vcpu)
{
    if (vcpu->shadow) {
        shadow_drop_all(vcpu->shadow);
        if (vcpu_on_host(vcpu))
            vcpu->isa->install(vcpu, (hpa_t){shadow_root(vcpu->shadow, 0)}, shadow_asid(vcpu->shadow, 0));
    }
    if (!vcpu->resource_changed)
        vcpu->resource_changed = VCPU_RESOURCE_COLD;
    machine_fence(vcpu->host, &(struct fence){.cold = true});
}

/* --- Frames: the host's RAM less what is taken, first fit. */

static uint64_t extent_end(const struct extent *e) { return e->base.v + e->size; }

/* Is [base, base + size) free? If not, *next is where to try next. */
static bool is_free(const struct vmm *vmm, uint64_t base, uint64_t size, uint64_t *next)
{
    for (unsigned i = 0; i < vmm->taken_count; i++) {
        const struct extent *e = &vmm->taken[i];
        if (base < extent_end(e) && e->base.v < base + size) {
            *next = extent_end(e);
            return false;
        }
    }
    return true;
}

static bool find_free(const struct vmm *vmm, uint64_t size, uint64_t align, hpa_t *out)
{
    const struct phys *phys = vmm->phys;

    for (unsigned i = 0; i < phys_count(phys); i++) {
        const struct phys_range *r = phys_range(phys, i);
        uint64_t base = align_up(r->base, align), next;
        if (!r->ram || base < r->base)
            continue;
        while (base - r->base < r->size && size <= r->size - (base - r->base)) {
            if (is_free(vmm, base, size, &next)) {
                out->v = base;
                return true;
            }
            base = align_up(next, align);
            if (base < r->base)
                break;
        }
    }
    return false;
}

int allocator_take(struct vmm *vmm, uint64_t size, uint64_t align, hpa_t *out)
{
    if (!find_free(vmm, size, align, out))
        return -ENOMEM;
    if (vmm->taken_count == vmm->taken_room) {
        unsigned room = vmm->taken_room + 8;
        struct extent *grown = realloc(vmm->taken, room * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        vmm->taken = grown;
        vmm->taken_room = room;
    }
    vmm->taken[vmm->taken_count++] = (struct extent){.base = *out, .size = size};
    return 0;
}

void allocator_give(struct vmm *vmm, hpa_t base)
{
    unsigned i = 0;

    while (i < vmm->taken_count && vmm->taken[i].base.v != base.v)
        i++;
    assert(i < vmm->taken_count); /* it was taken */
    vmm->taken[i] = vmm->taken[--vmm->taken_count];
}

/* --- Shadow tables lie in the host's memory, and are written as supervisor software writes its page tables. */

static void tables_load(void *ctx, pa_t pa, void *to, size_t size)
{
    struct vcpu *vcpu = ctx;
    int failed = machine_load(vcpu->host, pa, to, size);

    assert(!failed); /* frames that A took are RAM of the host */
    (void)failed;
}

static void tables_store(void *ctx, pa_t pa, const void *from, size_t size)
{
    struct vcpu *vcpu = ctx;
    int failed = machine_store(vcpu->host, pa, from, size);

    assert(!failed);
    (void)failed;
}

/* Roots that share an ASID are not named by it: to a host without ASIDs the number means nothing, and what such a host keeps, a virtual
 * machine its own roots, it may keep under numbers of its own. */
static void tables_fence(void *ctx, const va_t *va, unsigned asid)
{
    struct vcpu *vcpu = ctx;

    machine_fence(vcpu->host, &(struct fence){.has_va = va, .va = va ? *va : 0, .has_asid = !vcpu->asid_shared, .asid = asid});
}

/* Marks make the others' writes known: of devices, of the host's owner. The guest's own stores trap. */
static void tables_traced(void *ctx, pa_t page, bool on)
{
    struct vcpu *vcpu = ctx;
    uint64_t offset = vcpu->vm->ram_offset + (page - vcpu->vm->ram.v);

    if (on)
        ram_mark(vcpu->vm->ram_block, offset);
    else
        ram_unmark(vcpu->vm->ram_block, offset);
}

/* Another vcpu of this host hart that has one of the ASIDs [first, first + count); NULL: none. */
static const struct vcpu *asids_taken(const struct vcpu *vcpu, uint64_t first, unsigned count)
{
    for (const struct vm *vm = vcpu->vm->vmm->vms; vm; vm = vm->next)
        for (const struct vcpu *other = vm->vcpus; other; other = other->next)
            if (other != vcpu && other->on == vcpu->on && other->asid_count && first < other->asid + other->asid_count &&
                other->asid < first + count)
                return other;
    return NULL;
}

/* Host ASIDs for `count` roots. 0 is left to the host's owner. */
static bool asids_take(struct vcpu *vcpu, unsigned count)
{
    uint64_t first = 1, all = UINT64_C(1) << vcpu->isa->host_asid_bits(vcpu->host);

    for (const struct vcpu *other; (other = asids_taken(vcpu, first, count));)
        first = other->asid + other->asid_count;
    vcpu->asid = first + count <= all ? (unsigned)first : 0;
    vcpu->asid_count = vcpu->asid ? count : 0;
    return vcpu->asid_count;
}

int allocator_shadow_create(struct vcpu *vcpu)
{
    unsigned frames = vcpu->vm->config.shadow_frames, roots = frames / 16 < 64 ? frames / 16 : 64;

    if (roots < 2)
        roots = 2;
    vcpu->asid_shared = !asids_take(vcpu, roots);
    return shadow_create(&vcpu->shadow, &(struct shadow_config){
                                            .format = vcpu->isa->host_format(vcpu->host),
                                            .memory = {tables_load, tables_store, tables_fence, tables_traced, vcpu},
                                            .tables = vcpu->tables.v,
                                            .frames = frames,
                                            .roots = roots,
                                            .asid = vcpu->asid,
                                            .asid_shared = vcpu->asid_shared,
                                            .pages = vcpu->vm->ram.v,
                                            .page_count = vcpu->vm->config.ram_size >> PAGE_SHIFT,
                                            .trace = vcpu->vm->config.shadow != SHADOW_FLUSH,
                                            .loosely = vcpu->vm->config.shadow == SHADOW_ADAPT,
                                        });
}
