/* translator_ia32.h - what tests of the monitor that translates share: kernels in lock step in every way, and a translator that does not hear of
 * writes to code.
 */
#ifndef TRAPEZE_TESTS_CORE_TRANSLATOR_IA32_H
#define TRAPEZE_TESTS_CORE_TRANSLATOR_IA32_H

#include "core/vmm/memory.h"
#include "core/vmm/translator.h"
#include "core/vmm/virtual_ia32.h"
#include "tests/core/lockstep_ia32.h"

#include <stddef.h>

/* The kernel, which ends by itself, at depths 1 and 2, with both policies of the shadow, compared after each instruction or now and then. */
static inline void kernel_equivalent(unsigned number, void (*load_kernel)(struct machine *))
{
    for (unsigned way = 0; way < 8; way++) {
        struct bench b = {
            .depth = 1 + (way & 1), .shadow = way & 2 ? SHADOW_TRACE : SHADOW_FLUSH, .monitor = VMM_TRANSLATE, .change = load_kernel};
        const struct lockstep_report r = run(&b, way & 4 ? 97 : 1);
        if (r.verdict != LOCKSTEP_EQUAL)
            fail_msg("kernel %u, way %u: verdict %u after %llu, differs at %#llx, %s", number, way, r.verdict,
                     (unsigned long long)r.retired, (unsigned long long)r.pc, r.difference[0].name);
        assert_int_equal(r.result[0].end, END_POWEROFF);
    }
}

static inline struct vcpu *vcpu_at(const struct faulty_ia32 *f)
{
    const struct side *s = (const struct side *)(const void *)((const char *)f - offsetof(struct side, faulty));
    return vcpu_of(s->machine[s->depth]);
}

/* Writes to code are told to the shadow alone. */
static inline void deaf(struct ram_watcher *w, uint64_t offset, size_t length)
{
    struct vcpu *vcpu = (struct vcpu *)(void *)((char *)w - offsetof(struct vcpu, watcher));
    memory_written(vcpu, (gpa_t){offset - vcpu->vm->ram_offset}, length);
}
static inline void plant_stale(struct faulty_ia32 *f) { vcpu_at(f)->watcher.written = deaf; }

#endif
