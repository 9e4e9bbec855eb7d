/* random_guest.c - the memory of a random guest, and its turns. */
#include "tests/core/random_guest.h"

#include "tests/core/random_block.h"
#include "tests/core/random_handler.h"

static void put64(uint8_t *image, uint64_t pa, uint64_t value) { memcpy(image + (pa - PROGRAM_BASE), &value, 8); }
static uint64_t pte(uint64_t pa, uint64_t flags) { return pa >> PAGE_SHIFT << 10 | flags; }

/* --- Tables. RAM where it is for S-mode; the leaf table in three places. */

static uint64_t leaf_flags(struct draw *d, bool code)
{
    const uint64_t all = SV_R | SV_W | SV_X | SV_U | SV_A | SV_D;
    switch (draw_below(d, 8)) {
    case 0:
    case 1: return SV_V | (draw_word(d) & all);
    case 2: return SV_V | SV_X | SV_A | (draw_word(d) & SV_U);
    case 3: return SV_V | SV_R | SV_A | SV_D | (code ? SV_X : SV_W);
    default: return SV_V | SV_R | SV_A | SV_U | SV_D | (code ? SV_X : SV_W);
    }
}

/* Most lead to data, some to code, to a device, to nothing. */
static uint64_t any_leaf(struct draw *d)
{
    switch (draw_below(d, 16)) {
    case 0: return pte(VIRT_UART, leaf_flags(d, false));
    case 1: return pte(GUEST_PA(GUEST_PAGES), leaf_flags(d, false)); /* beyond RAM */
    case 2:                                                          /* to read: what changes the way to itself cannot fence in time */
        return pte(GUEST_PA(GUEST_CODE + draw_below(d, GUEST_CODE_PAGES)), leaf_flags(d, false) & ~(uint64_t)(SV_W | SV_X));
    default: return pte(GUEST_PA(GUEST_DATA + draw_below(d, GUEST_DATA_PAGES)), leaf_flags(d, false));
    }
}

static uint64_t usual_leaf(struct draw *d, unsigned index)
{
    if (index < GUEST_LEAF_CODE + GUEST_CODE_PAGES)
        return pte(GUEST_PA(GUEST_CODE + index), leaf_flags(d, true));
    if (index >= GUEST_LEAF_DATA && index < GUEST_LEAF_DATA + GUEST_DATA_PAGES)
        return draw_once_in(d, 4) ? any_leaf(d) : pte(GUEST_PA(GUEST_DATA + index - GUEST_LEAF_DATA), leaf_flags(d, false));
    return 0;
}

static void draw_tables(uint8_t *image, struct draw *d)
{
    const uint64_t middle = pte(GUEST_PA(GUEST_MIDDLE), SV_V);
    for (unsigned space = 0; space < 2; space++) {
        const uint64_t root = GUEST_PA(GUEST_ROOTS + space);
        put64(image, root + (PROGRAM_BASE >> 30) * 8, pte(PROGRAM_BASE, SV_V | SV_R | SV_W | SV_X | SV_A | SV_D));
        for (unsigned w = 0; w < GUEST_WINDOWS; w++)
            put64(image, root + (guest_window[w] >> 30 & 511) * 8, middle);
    }
    put64(image, GUEST_PA(GUEST_ROOT48), pte(GUEST_PA(GUEST_ROOTS), SV_V));
    put64(image, GUEST_PA(GUEST_ROOT48) + 511 * 8, pte(GUEST_PA(GUEST_ROOTS), SV_V));
    put64(image, GUEST_PA(GUEST_MIDDLE) + (guest_window[0] >> 21 & 511) * 8, pte(GUEST_PA(GUEST_LEAVES), SV_V));
    for (unsigned i = 0; i < 64; i++)
        put64(image, GUEST_PA(GUEST_LEAVES) + i * 8, usual_leaf(d, i));
}

static uint64_t any_satp(struct draw *d)
{
    const uint64_t space = draw_below(d, 3);
    return (space == 2 ? UINT64_C(9) << 60 : UINT64_C(8) << 60) | (1 + space) << 44 |
           (space == 2 ? GUEST_PA(GUEST_ROOT48) : GUEST_PA(GUEST_ROOTS + space)) >> PAGE_SHIFT;
}

/* --- Code */

static uint64_t block_pa(unsigned block) { return GUEST_PA(GUEST_CODE) + (uint64_t)block * GUEST_BLOCK_BYTES; }

static void put_block(struct random_guest *g, unsigned block)
{
    const struct program *p = &g->block[block].code;
    memcpy(g->image + (block_pa(block) - PROGRAM_BASE), p->word, p->count * sizeof p->word[0]);
}

/* --- Turns */

struct place {
    bool translated;
    uint64_t window;
};

/* Where the turn sees what has this physical address, and this place in the leaf table. */
static uint64_t seen(const struct place *at, uint64_t pa, unsigned leaf)
{
    return at->translated ? at->window + (uint64_t)leaf * PAGE_SIZE + pa % PAGE_SIZE : pa;
}

static uint64_t any_data_place(struct draw *d, const struct place *at)
{
    const unsigned page = 1 + (unsigned)draw_below(d, GUEST_DATA_PAGES - 2);
    return seen(at, GUEST_PA(GUEST_DATA + page) + 8 * draw_below(d, 512), GUEST_LEAF_DATA + page);
}

static uint64_t any_block(struct draw *d, const struct place *at)
{
    const unsigned block = (unsigned)draw_below(d, GUEST_BLOCKS);
    return seen(at, block_pa(block), GUEST_LEAF_CODE + block / 2);
}

static void draw_registers(const struct random_guest *g, struct guest_turn *t, struct draw *d, const struct place *code,
                           const struct place *data)
{
    const unsigned block = (unsigned)draw_below(d, GUEST_BLOCKS), leaf = GUEST_LEAF_DATA + (unsigned)draw_below(d, GUEST_DATA_PAGES);
    const struct guest_block *b = &g->block[block];
    const uint64_t word = block_pa(block) + 4 * (uint64_t)b->soft[draw_below(d, b->softs)];
    t->s[REG_FIRST - S0] = any_data_place(d, data);
    t->s[1] = any_data_place(d, data);
    t->s[REG_CODE - S2 + 2] = seen(data, word, GUEST_LEAF_CODE + block / 2);
    t->s[REG_BLOCK - S2 + 2] = any_block(d, code);
    t->s[REG_LEAF - S2 + 2] = GUEST_PA(GUEST_LEAVES) + leaf * 8;
    t->s[REG_PTE - S2 + 2] = any_leaf(d);
    t->s[REG_ASID - S2 + 2] = t->satp >> 44 & 0xffff;
    t->s[REG_VA - S2 + 2] = data->window + (uint64_t)leaf * PAGE_SIZE;
    t->s[REG_SATP - S2 + 2] = any_satp(d);
    t->s[REG_COUNT - S2 + 2] = draw_below(d, 12);
}

static void draw_protection(struct guest_turn *t, struct draw *d)
{
    t->pmpcfg = 0x1f000000; /* the fourth rule lets all through */
    t->pmpaddr[0] = t->pmpaddr[1] = GUEST_PA(GUEST_DATA) >> 2;
    if (!draw_once_in(d, 3))
        return;
    const uint64_t page = GUEST_PA(GUEST_DATA + draw_below(d, GUEST_DATA_PAGES)) >> 2;
    t->pmpcfg |= (draw_word(d) & 0x1f1f) | 0;
    t->pmpaddr[0] = draw_once_in(d, 2) ? page + draw_below(d, 1024) : page | (UINT64_C(0x1ff) >> draw_below(d, 10));
    t->pmpaddr[1] = t->pmpaddr[0] + draw_below(d, 2048);
}

static uint64_t draw_request(struct draw *d)
{
    const uint64_t sector = draw_below(d, GUEST_SECTORS);
    if (!draw_once_in(d, 4))
        return 0;
    if (sector < 8)
        return sector << 56 | GUEST_PA(GUEST_LEAVES);
    if (sector < 16)
        return sector << 56 | block_pa((unsigned)draw_below(d, GUEST_BLOCKS));
    return sector << 56 | (GUEST_PA(GUEST_DATA + draw_below(d, GUEST_DATA_PAGES)) + 512 * (1 + draw_below(d, 7)));
}

static void draw_turn(struct random_guest *g, struct guest_turn *t, struct draw *d)
{
    static const uint8_t modes[] = {RV_U, RV_S, RV_S, RV_M};
    const uint64_t mode = modes[draw_below(d, sizeof modes)];
    const uint64_t some = UINT64_C(1) << MSTATUS_SUM | UINT64_C(1) << MSTATUS_MXR | UINT64_C(1) << MSTATUS_SPP |
                          UINT64_C(1) << MSTATUS_SPIE | UINT64_C(1) << MSTATUS_MPIE | UINT64_C(1) << MSTATUS_SIE;
    const uint64_t closed = UINT64_C(1) << MSTATUS_TVM | UINT64_C(1) << MSTATUS_TW | UINT64_C(1) << MSTATUS_TSR;
    *t = (struct guest_turn){.satp = draw_once_in(d, 4) ? 0 : any_satp(d)};
    const struct place code = {.translated = t->satp && mode != RV_M, .window = guest_window[draw_below(d, GUEST_WINDOWS)]};
    const bool mprv = mode == RV_M && draw_once_in(d, 2);
    const struct place data = {.translated = t->satp && (mode != RV_M || mprv), .window = code.window};
    t->pc = any_block(d, &code);
    t->status = mode << MSTATUS_MPP | (draw_word(d) & some) | (draw_once_in(d, 4) ? draw_word(d) & closed : 0) |
                (mprv ? UINT64_C(1) << MSTATUS_MPRV : 0) | (draw_once_in(d, 8) ? draw_below(d, 4) : UINT64_C(1)) << MSTATUS_FS;
    t->medeleg = draw_once_in(d, 2) ? draw_word(d) & 0xb3ff & ~UINT64_C(0x1202) : 0;
    t->mideleg = draw_word(d) & 0x222;
    t->mie = 0x80 | (draw_word(d) & 0xaaa);
    t->mip = draw_once_in(d, 4) ? draw_word(d) & 0x222 : 0;
    t->delta = 2 + draw_below(d, 6);
    t->menvcfg = draw_word(d) & (UINT64_C(7) << 61 | UINT64_C(0xf1000000f1));
    t->counteren = draw_once_in(d, 2) ? UINT64_MAX : draw_word(d);
    t->request = draw_request(d);
    draw_protection(t, d);
    draw_registers(g, t, d, &code, &data);
}

static void put_turns(struct random_guest *g)
{
    memset(g->image + GUEST_TURNS * PAGE_SIZE, 0, 3 * PAGE_SIZE); /* a turn of zeros ends the list */
    memcpy(g->image + GUEST_TURNS * PAGE_SIZE, g->turn, g->turns * sizeof g->turn[0]);
}

void random_guest_draw(struct random_guest *g, struct draw *d, unsigned turns)
{
    memset(g, 0, sizeof *g);
    for (unsigned i = 0; i < GUEST_BLOCKS; i++) {
        random_block_draw(&g->block[i], d);
        put_block(g, i);
    }
    g->turns = turns;
    for (unsigned i = 0; i < turns; i++)
        draw_turn(g, &g->turn[i], d);
    draw_tables(g->image, d);
    for (unsigned i = 0; i < GUEST_DATA_PAGES * PAGE_SIZE; i++)
        g->image[GUEST_DATA * PAGE_SIZE + i] = (uint8_t)(i * 7 + i / 256);
    for (unsigned i = 0; i < GUEST_DATA_PAGES; i++)
        memcpy(g->image + (GUEST_DATA + i) * PAGE_SIZE, &(uint32_t){0x00008067}, 4); /* ret */
    random_handler_put(g->image);
    put_turns(g);
}

void random_guest_keep(struct random_guest *g, uint64_t turns)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < g->turns; i++)
        if (turns >> i & 1)
            g->turn[kept++] = g->turn[i];
    g->turns = kept;
    put_turns(g);
}

void random_guest_blank(struct random_guest *g, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        struct program *p = &g->block[i / GUEST_BLOCK_WORDS].code;
        if (i % GUEST_BLOCK_WORDS < p->count)
            p->word[i % GUEST_BLOCK_WORDS] = 0x13;
    }
    for (unsigned i = 0; i < GUEST_BLOCKS; i++)
        put_block(g, i);
}

void random_guest_disk(uint8_t sectors[GUEST_SECTORS][512])
{
    struct draw d = {.state = 1};
    struct guest_block b;
    for (unsigned s = 0; s < GUEST_SECTORS; s++)
        for (unsigned i = 0; i < 512; i += 8) {
            const uint64_t word = s < 8 ? usual_leaf(&d, i / 8) : draw_word(&d);
            memcpy(&sectors[s][i], &word, 8);
        }
    for (unsigned s = 8; s < 16; s++) {
        random_block_draw(&b, &d);
        for (unsigned i = 0; i < GUEST_BLOCK_WORDS; i++)
            memcpy(&sectors[s][i * 4], i < b.code.count ? &b.code.word[i] : &(uint32_t){0x73}, 4);
    }
}
