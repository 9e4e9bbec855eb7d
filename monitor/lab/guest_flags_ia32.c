/* guest_flags_ia32.c - the random guests of the assignment "flags": POPF and IRET in all rings, with flags, selectors and stacks that are drawn.
 */
#include "monitor/lab/code_ia32.h"

enum { CASES = 24 };

/* Any flags. A single step is rarer than the others, for it makes two instructions of each one. */
static uint32_t draw_flags(struct lab_code *c)
{
    const uint32_t flags = (uint32_t)lab_random(c);
    return lab_below(c, 4) ? flags & ~(uint32_t)EFLAGS_TF : flags;
}

/* Those that a case begins with: neither a step nor a nested task, in which IRET would be another instruction. */
static uint32_t begin_flags(struct lab_code *c)
{
    return draw_flags(c) & (EFLAGS_STATUS | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_AC | EFLAGS_ID);
}

static struct pc_case draw_case(struct pc_guest *g, unsigned ring)
{
    return (struct pc_case){.ring = ring, .flags = begin_flags(g->c), .stack = PC_DATA + ring, .esp = PC_STACKS + ring * 0x10000};
}

/* A ring of 0 to 3, of which some come more often: 0 and 3, as in kernels. */
static unsigned draw_ring(struct lab_code *c)
{
    static const uint8_t ring[] = {0, 0, 1, 2, 3, 3, 3};
    return ring[lab_below(c, sizeof ring)];
}

/* --- POPF */

/* push flags; popf; pushf; pop eax */
static void put_popf(struct lab_code *c, unsigned size, uint32_t flags)
{
    pc_push(c, size, flags);
    if (size == 2)
        PC_CODES(c, 0x66);
    PC_CODES(c, 0x9d, 0x9c, 0x58);
}

void lab_guest_popf(struct lab_code *c, uint64_t seed)
{
    struct pc_guest g;
    pc_begin(&g, c, seed);
    for (unsigned n = 0; n < CASES; n++) {
        struct pc_case k = draw_case(&g, draw_ring(c));
        pc_case_begin(&g, &k);
        for (unsigned times = 1 + lab_below(c, 5); times > 0; times--)
            put_popf(c, 4, draw_flags(c));
        pc_case_resume(&g, &k);
        pc_case_end(&g, &k);
    }
    pc_end(&g);
}

/* A stack of 16 bits, where there is one of that ring; its ESP has something in the upper half. */
static void narrow_stack(struct pc_guest *g, struct pc_case *k)
{
    if (g->dpl[PC_DATA_16] != k->ring)
        return;
    k->stack = PC_DATA_16;
    k->esp = 0x8000 | (lab_below(g->c, 0x3000) & ~3u);
    if (k->ring > 0) /* handlers of ring 0 find their frame by ESP */
        k->esp |= (uint32_t)lab_random(g->c) << 16;
}

/* Its end: of ring 0 not, whose handlers push on it. */
static void ended_stack(struct pc_guest *g, struct pc_case *k)
{
    const uint32_t nearly = lab_below(g->c, 4);
    if (k->ring == 0)
        return;
    if (g->dpl[PC_DATA_SHORT] == k->ring && lab_coin(g->c)) {
        k->stack = PC_DATA_SHORT;
        k->esp = 0x1000 - nearly;
    } else {
        k->esp = 0 - nearly;
    }
}

/* popf alone: what it finds there is what is there. */
void lab_guest_popf_stack(struct lab_code *c, uint64_t seed)
{
    struct pc_guest g;
    pc_begin(&g, c, seed);
    for (unsigned n = 0; n < CASES; n++) {
        struct pc_case k = draw_case(&g, lab_coin(c) ? g.dpl[PC_DATA_16] : draw_ring(c));
        const unsigned what = lab_below(c, 4);
        if (what < 2)
            narrow_stack(&g, &k);
        else if (what == 2)
            ended_stack(&g, &k);
        pc_case_begin(&g, &k);
        const unsigned size = lab_coin(c) ? 2 : 4;
        if (what == 2 && size == 2)
            PC_CODES(c, 0x66, 0x9d);
        else if (what == 2)
            PC_CODES(c, 0x9d);
        else
            for (unsigned times = 1 + lab_below(c, 3); times > 0; times--)
                put_popf(c, size, draw_flags(c));
        pc_case_resume(&g, &k);
        pc_case_end(&g, &k);
    }
    pc_end(&g);
}

/* --- IRET */

/* What it pops, the last one first; SS and ESP only where it goes outwards. */
struct pc_frame {
    unsigned size;
    uint32_t eip, flags;
    unsigned cs, ss;
    uint32_t esp;
    bool outer;
};

static void put_iret(struct lab_code *c, const struct pc_frame *f)
{
    if (f->outer) {
        pc_push(c, f->size, f->ss);
        pc_push(c, f->size, f->esp);
    }
    pc_push(c, f->size, f->flags);
    pc_push(c, f->size, f->cs);
    pc_push(c, f->size, f->eip);
    if (f->size == 2)
        PC_CODES(c, 0x66);
    PC_CODES(c, 0xcf);
}

/* How many bytes put_iret() puts, so that the frame can name what is behind it. */
static unsigned iret_bytes(const struct pc_frame *f)
{
    const unsigned items = f->outer ? 5 : 3;
    return f->size == 2 ? items * 4 + 2 : items * 5 + 1;
}

/* Behind itself, or, with an EIP of 16 bits, where INT 0x80 lies in low memory. VM is left out: in ring 0 it makes another instruction of it. */
static void draw_frame(struct lab_code *c, struct pc_frame *f, unsigned ring)
{
    f->size = lab_below(c, 4) ? 4 : 2;
    f->flags = draw_flags(c) & ~(uint32_t)(ring == 0 ? EFLAGS_VM : 0);
    f->esp = PC_STACKS + (uint32_t)(lab_random(c) & 0xffc);
}
static void aim(struct lab_code *c, struct pc_frame *f) { f->eip = f->size == 2 ? PC_LOW : pc_here(c) + iret_bytes(f); }

/* A code segment that leads to this ring. */
static unsigned draw_code(struct pc_guest *g, unsigned ring)
{
    static const uint8_t slot[] = {PC_CONFORMING, PC_CODE_ONLY, PC_CODE_16};
    const unsigned s = slot[lab_below(g->c, sizeof slot)];
    const bool fits = s == PC_CONFORMING ? g->dpl[s] <= ring : g->dpl[s] == ring;
    return pc_selector(fits && lab_coin(g->c) ? s : PC_CODE + ring, ring);
}

static void put_case(struct pc_guest *g, struct pc_case *k, struct pc_frame *f)
{
    pc_case_begin(g, k);
    aim(g->c, f);
    put_iret(g->c, f);
    pc_case_resume(g, k);
    pc_case_end(g, k);
}

/* In ring 0, so that no other ring is needed to come there or to come back. */
void lab_guest_iret(struct lab_code *c, uint64_t seed)
{
    struct pc_guest g;
    pc_begin(&g, c, seed);
    for (unsigned n = 0; n < CASES; n++) {
        struct pc_case k = draw_case(&g, 0);
        struct pc_frame f = {0};
        if (lab_below(c, 4) == 0)
            narrow_stack(&g, &k);
        draw_frame(c, &f, 0);
        f.cs = draw_code(&g, 0);
        put_case(&g, &k, &f);
    }
    pc_end(&g);
}

void lab_guest_outer(struct lab_code *c, uint64_t seed)
{
    struct pc_guest g;
    pc_begin(&g, c, seed);
    for (unsigned n = 0; n < CASES; n++) {
        struct pc_case k = draw_case(&g, lab_below(c, 4));
        struct pc_frame f = {0};
        const unsigned to = k.ring + lab_below(c, 4 - k.ring);
        draw_frame(c, &f, k.ring);
        f.outer = to > k.ring;
        f.cs = draw_code(&g, to);
        f.ss = pc_selector(g.dpl[PC_DATA_16] == to && lab_coin(c) ? PC_DATA_16 : PC_DATA + to, to);
        put_case(&g, &k, &f);
    }
    pc_end(&g);
}

/* Any selector: most often of a descriptor that is there, and that fits its ring, which becomes that of the return. `likely` is one that is drawn
 * more often: who is not present has an exception of its own. */
static unsigned draw_selector(struct pc_guest *g, unsigned likely, unsigned least, unsigned *ring)
{
    const unsigned drawn = lab_below(g->c, PC_SLOTS + 1), slot = lab_below(g->c, 4) ? drawn : likely;
    const bool fits = slot < PC_SLOTS && g->dpl[slot] >= least && lab_below(g->c, 8);
    if (fits)
        *ring = g->dpl[slot];
    const unsigned rpl = lab_below(g->c, 4) ? *ring : lab_below(g->c, 4);
    return pc_selector(slot, rpl) | (lab_below(g->c, 12) ? 0 : 4);
}

/* A stack that ends within the frame, or before it. Of an outer frame SS and ESP are what is beyond. */
static void put_short(struct pc_guest *g)
{
    struct lab_code *c = g->c;
    const unsigned ring = g->dpl[PC_DATA_SHORT];
    struct pc_case k = draw_case(g, ring);
    struct pc_frame f = {0};
    if (ring > 0) { /* handlers of ring 0 have its stack */
        k.stack = PC_DATA_SHORT;
        k.esp = 0x1000 - lab_below(c, 4) * 4;
    }
    draw_frame(c, &f, ring);
    pc_case_begin(g, &k);
    aim(c, &f);
    f.cs = pc_selector(PC_CODE + 3, 3);
    if (lab_coin(c) || ring == 0)
        put_iret(c, &f);
    else
        PC_CODES(c, 0xcf);
    pc_case_resume(g, &k);
    pc_case_end(g, &k);
}

/* One thing is wrong with most of the frames: the code segment, the stack segment, where it goes in it, or how much is on the stack. */
void lab_guest_refused(struct lab_code *c, uint64_t seed)
{
    enum { CODE, STACK, FAR, SHORT, KINDS };
    struct pc_guest g;
    pc_begin(&g, c, seed);
    for (unsigned n = 0; n < 2 * CASES; n++) {
        struct pc_case k = draw_case(&g, lab_below(c, 4));
        struct pc_frame f = {.outer = true};
        const unsigned what = lab_below(c, KINDS), short_dpl = g.dpl[PC_CODE_SHORT];
        unsigned to = k.ring + lab_below(c, 4 - k.ring);
        if (what == SHORT) {
            put_short(&g);
            continue;
        }
        draw_frame(c, &f, k.ring);
        const unsigned any = what == STACK ? draw_selector(&g, PC_DATA_ABSENT, k.ring < 3 ? k.ring + 1 : 3, &to)
                                           : draw_selector(&g, PC_CODE_ABSENT, k.ring, &to);
        if (what == FAR)
            to = short_dpl > k.ring ? short_dpl : k.ring;
        f.cs = what == CODE ? any : what == FAR ? pc_selector(PC_CODE_SHORT, to) : draw_code(&g, to);
        f.ss = what == STACK ? any : pc_selector(PC_DATA + to, to);
        put_case(&g, &k, &f);
    }
    pc_end(&g);
}
