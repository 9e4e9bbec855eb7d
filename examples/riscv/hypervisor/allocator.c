/* allocator.c - A: it owns the frames of the shadow tables, and nobody else writes satp.
 *
 * There is a shadow root for each situation in which the guest's rights differ: without translation; in user mode; in supervisor mode
 * without and with SUM; each also with MXR. So a mode switch empties nothing: it changes roots. All shadow pages are user pages of
 * 4 KiB; what SUM, MXR and the guest's U bit say is folded into which of them exist (shadow.c).
 *
 * The last entry of every root maps the hypervisor itself, for S-mode.
 */
#include "hypervisor.h"

enum { ENTRIES = 512, FRAMES = 256, SITUATIONS = 8, LAST = ENTRIES - 1 };
enum { SITUATION_BARE, SITUATION_USER, SITUATION_SUPERVISOR, SITUATION_SUM, SITUATION_MXR = 4 };
#define SV39 (UINT64_C(8) << 60)
#define ASID_SHIFT 44
#define OFFSET (-UINT64_C(0xc0000000)) /* hypervisor.ld */
#define HYPERVISOR_ENTRY (UINT64_C(0x80000) << 10 | PTE_D | PTE_A | PTE_X | PTE_W | PTE_R | PTE_V)

static uint64_t root[SITUATIONS][ENTRIES] __attribute__((aligned(PAGE), section(".bss.frames")));
static uint64_t frame[FRAMES][ENTRIES] __attribute__((aligned(PAGE), section(".bss.frames")));
static unsigned frames_used;
static bool asids; /* the hart has enough of them to keep the roots apart */

uint64_t physical(const void *at) { return (uint64_t)at - OFFSET; }
static void *virtual(uint64_t pa) { return (void *)(pa + OFFSET); }
static void fence(void) { __asm__ volatile("sfence.vma" ::: "memory"); }
static uint64_t pte_to(const void *page, uint64_t flags) { return physical(page) >> 12 << 10 | flags | PTE_V; }

/* The last entry stays as it is: we stand on it. */
static void roots_clear(void)
{
    for (unsigned i = 0; i < SITUATIONS; i++) {
        root[i][LAST] = HYPERVISOR_ENTRY;
        memset(root[i], 0, LAST * sizeof root[i][0]);
    }
    frames_used = 0;
    fence();
}

void allocator_start(void)
{
    roots_clear();
    /* Bits of the ASID that the hart does not have read as zero [priv 12.1.11]. */
    csr_write(satp, SV39 | UINT64_C(0xffff) << ASID_SHIFT | physical(root[0]) >> 12);
    asids = (csr_read(satp) >> ASID_SHIFT & 0xffff) > SITUATIONS;
    fence();
}

void allocator_empty(void)
{
    if (frames_used == 0)
        return;
    roots_clear();
    counts.emptied++;
}

static unsigned situation(const struct vcpu *v)
{
    unsigned mxr = v->sstatus & SSTATUS_MXR ? SITUATION_MXR : 0;
    if (v->satp == 0)
        return SITUATION_BARE;
    if (v->mode == USER)
        return SITUATION_USER | mxr;
    return (v->sstatus & SSTATUS_SUM ? SITUATION_SUM : SITUATION_SUPERVISOR) | mxr;
}

void allocator_install(const struct vcpu *v)
{
    unsigned s = situation(v);
    uint64_t wanted = SV39 | (asids ? (uint64_t)(s + 1) << ASID_SHIFT : 0) | physical(root[s]) >> 12;
    if (csr_read(satp) == wanted)
        return;
    csr_write(satp, wanted);
    if (!asids)
        fence();
}

/* An empty table. When the frames are used up all of them are: the shadow grows anew, page by page. NULL then. */
static uint64_t *frame_take(void)
{
    if (frames_used == FRAMES)
        return NULL;
    return memset(frame[frames_used++], 0, PAGE);
}

/* The entry for va in the lowest table of this root. */
static uint64_t *entry_of(uint64_t *table, uint64_t va)
{
    for (unsigned level = 2; level > 0; level--) {
        uint64_t *entry = &table[va >> (12 + 9 * level) & (ENTRIES - 1)];
        if (!(*entry & PTE_V)) {
            const uint64_t *below = frame_take();
            if (!below)
                return NULL;
            *entry = pte_to(below, 0);
        }
        table = virtual(*entry >> 10 << 12);
    }
    return &table[va >> 12 & (ENTRIES - 1)];
}

void allocator_map(const struct vcpu *v, uint64_t va, const void *page, uint64_t rights)
{
    uint64_t *top = root[situation(v)], *entry = entry_of(top, va);
    if (!entry) {
        allocator_empty();
        entry = entry_of(top, va);
    }
    *entry = pte_to(page, rights | PTE_U | PTE_A | PTE_D);
    __asm__ volatile("sfence.vma %0" ::"r"(va) : "memory"); /* the hart may remember that there was nothing */
}
