/* watch.c - who writes the guest's RAM behind a vcpu's back: its devices, its owner, another vcpu. Pages that its shadow depends on are
 * marked in the block of RAM, and writes to those are announced, whoever makes them.
 */
#include "core/vmm/watch.h"

#include "core/vmm/memory.h"
#include "core/vmm/translator.h"
#include "mmu/phys.h"

#include <stddef.h>

static const struct vcpu *watched_by(const struct ram_watcher *w)
{
    return (const struct vcpu *)(const void *)((const char *)w - offsetof(struct vcpu, watcher));
}

static void watch_written(struct ram_watcher *w, uint64_t offset, size_t length)
{
    struct vcpu *vcpu = (struct vcpu *)(uintptr_t)watched_by(w);
    const struct vm *vm = vcpu->vm;

    if (offset - vm->ram_offset >= vm->config.ram_size) /* announcements stay within a page, so it is all ours or not at all */
        return;
    memory_written(vcpu, (gpa_t){vm->config.ram_base + (offset - vm->ram_offset)}, length);
    translator_written(vcpu, offset - vm->ram_offset, length);
}

static bool watch_depends(const struct ram_watcher *w, uint64_t offset)
{
    const struct vcpu *vcpu = watched_by(w);
    const struct vm *vm = vcpu->vm;

    return offset - vm->ram_offset < vm->config.ram_size && (shadow_is_traced(vcpu->shadow, vm->ram.v + (offset - vm->ram_offset)) ||
                                                             translator_depends(vcpu, offset - vm->ram_offset));
}

void watch_begin(struct vcpu *vcpu)
{
    vcpu->watcher = (struct ram_watcher){.written = watch_written, .depends = watch_depends};
    ram_watch(vcpu->vm->ram_block, &vcpu->watcher);
}

void watch_end(struct vcpu *vcpu)
{
    if (vcpu->watcher.written)
        ram_unwatch(vcpu->vm->ram_block, &vcpu->watcher);
}
