/* lab_ring1_ia32.c - K of ring compression, as a laboratory has it (core/vmm/k_ring1_ia32.def): the guest's ring 0 is
 * in real ring 1, which is the definitions' user mode here, and its other rings are in themselves.
 *
 * The settings and promises are those of K for ring 3, and CR0.WP, so that pins and rows they guard can be held
 * against each other. What pages let ring 1 do and not ring 3 is memory's, which the definitions set aside.
 */
#include "core/theory/theory_ia32.h"

#include <errno.h>

#include "core/theory/lab_ia32.h"
#include "mmu/ia32_pt.h"

int ia32_k_ring1(struct ia32_k *k, struct arena *a)
{
#define K_REG(name, reg_, mask_, value_, pin, about)                                                                                  \
    k->setting[k->setting_count++] = (struct k_setting){.reg = (reg_), .mask = (mask_), .value = (value_)};
#include "core/vmm/k_ring1_ia32.def"
#undef K_REG
    k->text = arena_text(a, "ring 0 in real ring 1 under CR0.WP, %s", k->text);
    return k->text ? 0 : -ENOMEM;
}

/* SS takes a segment of its own ring alone. The entry that has a segment not yet accessed, of ring 3 elsewhere, is of
 * ring 1 here, and so are the selectors of it that lie in memory. */
static void arrange(const struct lab *l, struct lab_state *s, unsigned number, uint64_t *seed)
{
    const uint64_t dpl = UINT64_C(3) << 45;
    uint64_t *entry = &s->reg[lab_find(l, BENCH_DESC)];
    lab_ia32.arrange(l, s, number, seed);
    if ((*entry & dpl) == dpl)
        *entry &= ~(UINT64_C(2) << 45);
}

static void fill(uint8_t *data)
{
    lab_ia32_fill(data);
    for (unsigned n = 0; n < SELECTORS; n++) {
        uint8_t *word[] = {data + DATA_SELECTORS + 4 * (size_t)n, data + DATA_POINTERS + 8 * (size_t)n + 4};
        for (unsigned i = 0; i < 2; i++)
            if (*word[i] == (SEL_DESC | 3))
                *word[i] = SEL_DESC | 1;
    }
}

struct lab_isa lab_ia32_ring1(void)
{
    struct lab_isa isa = lab_ia32;
    isa.mode_count = 2;
    isa.modes[0] = IA_RING1;
    isa.modes[1] = IA_RING0;
    isa.mode_name[0] = isa.user = "ring 1";
    isa.mode_name[1] = "ring 0";
    isa.arrange = arrange;
    isa.fill = fill;
    return isa;
}

/* In guest mode and in virtual-8086 mode there is another user mode. */
const char *ia32_without_ring1(const char *variant)
{
    const char *name;
    size_t length;
    uint32_t set = 0;
    if (ia32_variants_parse(variant, &set, &name, &length) != 0)
        return NULL;
    return set & IA32_VT    ? "in guest mode the guest's rings are the real ones"
           : set & IA32_V86 ? "a program of virtual-8086 mode has no rings"
                            : NULL;
}
