/* hostile.h - what a guest may be that means harm: random instructions of every row, random page tables, random control registers,
 * drivers that hand rings of lies to the disk, the console and the random number device. Addresses of other people's memory, as the
 * host knows them, are all over it.
 */
#ifndef TRAPEZE_TESTS_CORE_HOSTILE_H
#define TRAPEZE_TESTS_CORE_HOSTILE_H

#include "devices/virt.h"
#include "devices/virtio_mmio.h"
#include "isa/insn.h"
#include "isa/riscv.h"

#include <string.h>

enum { HOSTILE_PAGES = 64, HOSTILE_RAM = HOSTILE_PAGES * PAGE_SIZE, HOSTILE_TARGETS = 8 };
/* Page 0 has a trap handler and a driver that stores a table of words; the next one that table, the next ones rings and a root. */
enum { HANDLER = 0, DRIVER = 0x100, TABLE = PAGE_SIZE, RINGS = 2 * PAGE_SIZE, ROOT = 3 * PAGE_SIZE, FREE = 4 };

struct hostile {
    struct machine *machine;
    uint64_t random;
    uint64_t secret;              /* a word that nobody else may ever see */
    pa_t target[HOSTILE_TARGETS]; /* where in the host others have their memory */
    unsigned targets;
};

static inline uint64_t hostile_random(struct hostile *h)
{
    uint64_t v = h->random += UINT64_C(0x9e3779b97f4a7c15);
    v = (v ^ (v >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    v = (v ^ (v >> 27)) * UINT64_C(0x94d049bb133111eb);
    return v ^ (v >> 31);
}

static inline uint64_t below(struct hostile *h, uint64_t n) { return hostile_random(h) % n; }
static inline bool sometimes(struct hostile *h, unsigned in) { return below(h, in) == 0; }

/* A physical address worth trying. */
static inline pa_t hostile_address(struct hostile *h)
{
    static const pa_t device[] = {VIRT_FINISHER,       VIRT_RTC,  VIRT_CLINT,           VIRT_CLINT + 0x4000,
                                  VIRT_CLINT + 0xbff8, VIRT_PLIC, VIRT_PLIC + 0x201004, VIRT_UART};
    pa_t inside = VIRT_RAM + below(h, HOSTILE_RAM);
    switch (below(h, 16)) {
    case 0:
    case 1: return h->target[below(h, h->targets)] + below(h, HOSTILE_RAM);
    case 2: return device[below(h, sizeof device / sizeof *device)] + below(h, 16);
    case 3: return VIRT_VIRTIO + below(h, VIRT_SLOTS) * VIRTIO_SLOT_SIZE + below(h, 0x110);
    case 4: return VIRT_RAM + HOSTILE_RAM - below(h, 16) + below(h, 16); /* at the very end */
    case 5: return hostile_random(h) >> below(h, 64);
    default: return sometimes(h, 4) ? inside : inside & ~(pa_t)7;
    }
}

/* Any row of the instruction table, its operands random; now and then no instruction at all. */
static inline uint32_t hostile_instruction(struct hostile *h)
{
    const struct isa *isa = h->machine->isa;
    const struct insn_desc *row = &isa->rows[below(h, isa->row_count)];
    uint64_t random = hostile_random(h);
    if (sometimes(h, 16))
        return (uint32_t)random;
    uint32_t word = (uint32_t)(row->match | (random & ~row->mask));
    return row->length == 2 ? word & 0xffff : word;
}

static inline void hostile_store(struct hostile *h, uint64_t offset, const void *from, size_t size)
{
    int failed = machine_store(h->machine, VIRT_RAM + offset, from, size);
    (void)failed;
}

static inline void page_of_code(struct hostile *h, uint64_t offset)
{
    uint8_t page[PAGE_SIZE];
    for (unsigned at = 0; at < PAGE_SIZE;) {
        uint32_t word = hostile_instruction(h);
        unsigned size = (word & 3) == 3 && at + 4 <= PAGE_SIZE ? 4 : 2;
        memcpy(page + at, &word, size);
        at += size;
    }
    hostile_store(h, offset, page, sizeof page);
}

/* A PTE to anywhere, most of them with the rights that make it interesting. */
static inline uint64_t hostile_pte(struct hostile *h)
{
    uint64_t flags = sometimes(h, 8) ? below(h, 1024) : 0xc1 | (hostile_random(h) & 0x1e);
    return hostile_address(h) >> 12 << 10 | flags | (sometimes(h, 64) ? hostile_random(h) << 54 : 0);
}

/* As a root, its leaves map gigabytes: of RAM under three addresses, of the devices under two. As any other table, pages. */
static inline void page_of_tables(struct hostile *h, uint64_t offset)
{
    uint64_t pte[512];
    for (unsigned i = 0; i < 512; i++)
        pte[i] = hostile_pte(h);
    for (unsigned i = 0; i < 5; i++)
        if (!sometimes(h, 4))
            pte[i] = (i < 2 ? 0 : VIRT_RAM >> 12 << 10) | 0xc1 | (hostile_random(h) & 0x1e);
    hostile_store(h, offset, pte, sizeof pte);
}

static inline void page_of_words(struct hostile *h, uint64_t offset)
{
    uint64_t word[512];
    for (unsigned i = 0; i < 512; i++)
        word[i] = sometimes(h, 2) ? hostile_address(h) : hostile_random(h);
    hostile_store(h, offset, word, sizeof word);
}

/* --- Rings: a request that a device would serve, with something wrong in it as often as not */

struct hostile_descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

static inline void rings(struct hostile *h)
{
    struct {
        struct hostile_descriptor descriptor[8];
        uint8_t gap[128];
        uint16_t driver[12]; /* at 256: flags, index, heads */
        uint8_t rest[488];
        uint32_t request[4]; /* at 768: type, -, sector */
    } page;
    _Static_assert(offsetof(__typeof__(page), driver) == 256 && offsetof(__typeof__(page), request) == 768, "as the table says");
    memset(&page, 0, sizeof page);
    for (unsigned i = 0; i < 8; i++)
        page.descriptor[i] = (struct hostile_descriptor){hostile_address(h), (uint32_t)(hostile_random(h) >> (32 + below(h, 32))),
                                                         (uint16_t)below(h, 8), (uint16_t)below(h, 10)};
    if (!sometimes(h, 4)) {
        bool write = sometimes(h, 2);
        page.request[0] = sometimes(h, 8) ? (uint32_t)hostile_random(h) : write;
        page.request[2] = (uint32_t)below(h, 160);
        page.descriptor[0] = (struct hostile_descriptor){VIRT_RAM + RINGS + 768, 16, 1, 1};
        page.descriptor[1] = (struct hostile_descriptor){hostile_address(h), (uint32_t)(512 * (1 + below(h, 16))), write ? 1 : 3, 2};
        page.descriptor[2] = (struct hostile_descriptor){VIRT_RAM + RINGS + 1024, 1, 2, 0};
    }
    page.driver[1] = (uint16_t)(1 + below(h, 4));
    for (unsigned i = 0; i < 8; i++)
        page.driver[2 + i] = (uint16_t)(i && sometimes(h, 2) ? below(h, 12) : 0);
    hostile_store(h, RINGS, &page, sizeof page);
}

/* What the driver stores, and where: a device's initialisation [virtio 3.1.1] and a notification. Returns how many. */
static inline unsigned table(struct hostile *h)
{
    static const uint8_t slots[] = {0, 0, 0, VIRT_SLOT_CONSOLE, VIRT_SLOT_RNG};
    const unsigned slot = slots[below(h, sizeof slots)], queue = slot == VIRT_SLOT_CONSOLE; /* its transmit queue */
    const pa_t at = VIRT_VIRTIO + (pa_t)slot * VIRTIO_SLOT_SIZE, ring = VIRT_RAM + RINGS;
    const uint64_t plan[][2] = {
        {0x70, 0},          {0x70, 1},          {0x70, 3},          {0x24, 0},          {0x20, VIRTIO_F_INDIRECT_DESC},
        {0x24, 1},          {0x20, 1},          {0x70, 11},         {0x30, queue},      {0x38, 8},
        {0x80, ring},       {0x84, ring >> 32}, {0x90, ring + 256}, {0x94, ring >> 32}, {0xa0, ring + 2048},
        {0xa4, ring >> 32}, {0x44, 1},          {0x70, 15},         {0x50, queue},
    };
    enum { STEPS = sizeof plan / sizeof *plan };
    uint64_t entry[STEPS][2];
    for (unsigned i = 0; i < STEPS; i++) {
        entry[i][0] = sometimes(h, 128) ? hostile_address(h) : at + plan[i][0];
        entry[i][1] = !sometimes(h, 64) ? plan[i][1] : sometimes(h, 2) ? hostile_address(h) : hostile_random(h);
    }
    hostile_store(h, TABLE, entry, sizeof entry);
    return STEPS;
}

/* --- A turn */

/* Half of the pages are code and tables; the others keep their owner's marks, as far as the guest does not overwrite them. */
static inline uint64_t code_page(struct hostile *h) { return (FREE + below(h, HOSTILE_PAGES / 2)) * PAGE_SIZE; }

static inline void control_registers(struct hostile *h)
{
    static const unsigned any[] = {CSR_mstatus, CSR_medeleg, CSR_mideleg, CSR_mie,     CSR_stvec,    CSR_sepc,     CSR_mcounteren,
                                   CSR_menvcfg, CSR_senvcfg, CSR_pmpcfg0, CSR_pmpcfg2, CSR_pmpaddr0, CSR_pmpaddr1, CSR_stimecmp};
    struct machine *m = h->machine;
    for (unsigned i = 0; i < sizeof any / sizeof *any; i++)
        if (sometimes(h, 4))
            machine_set(m, RV_CSR + any[i], sometimes(h, 2) ? hostile_address(h) : hostile_random(h));
    machine_set(m, RV_CSR + CSR_mtvec, VIRT_RAM + HANDLER);
    machine_set(m, RV_CSR + CSR_mscratch, VIRT_RAM + code_page(h));
    if (!sometimes(h, 8)) { /* else nothing may be open to S and U */
        machine_set(m, RV_CSR + CSR_pmpcfg0, 0x1f);
        machine_set(m, RV_CSR + CSR_pmpaddr0, UINT64_MAX);
    }
    uint64_t root = sometimes(h, 8) ? hostile_address(h) >> 12 : (VIRT_RAM + ROOT) >> 12;
    static const uint64_t modes[] = {0, 8, 8, 9};
    machine_set(m, RV_CSR + CSR_satp, modes[below(h, 4)] << 60 | below(h, 4) << 44 | root);
}

/* New things to try: some pages, all registers, a place to begin. */
static inline void hostile_turn(struct hostile *h)
{
    static const uint32_t handler[] = {
        0x342022f3, 0x00100313, 0x00628e63, 0x00c00313, 0x00628a63, /* mcause 1 or 12: below */
        0x341022f3, 0x00428293, 0x34129073, 0x30200073,             /* mepc += 4; mret */
        0x00002337, 0x80030313, 0x30032073,                         /* where nothing can be fetched: mstatus.MPP = M; */
        0x340022f3, 0x34129073, 0x30200073,                         /* mepc = mscratch; mret */
    };
    static const uint32_t driver[] = {0x00043503, 0x00843583, 0x00b52023, 0x01040413, 0xfff48493, 0xfe0496e3};
    struct machine *m = h->machine;
    hostile_store(h, HANDLER, handler, sizeof handler);
    hostile_store(h, DRIVER, driver, sizeof driver);
    page_of_code(h, code_page(h));
    page_of_code(h, code_page(h));
    page_of_tables(h, sometimes(h, 2) ? ROOT : code_page(h));
    page_of_words(h, code_page(h));
    rings(h);
    unsigned steps = table(h);
    control_registers(h);
    for (unsigned i = 1; i < 32; i++) {
        machine_set(m, RV_X + i, sometimes(h, 8) ? hostile_random(h) : sometimes(h, 8) ? h->secret : hostile_address(h));
        machine_set(m, RV_F + i, sometimes(h, 2) ? hostile_random(h) : h->secret);
    }
    static const uint64_t modes[] = {RV_U, RV_S, RV_M, RV_M};
    machine_set(m, MACHINE_MODE, modes[below(h, 4)]);
    machine_set(m, MACHINE_PC, VIRT_RAM + code_page(h));
    if (sometimes(h, 2)) {
        machine_set(m, MACHINE_MODE, RV_M);
        machine_set(m, MACHINE_PC, VIRT_RAM + DRIVER);
        machine_set(m, RV_X + 8, VIRT_RAM + TABLE);
        machine_set(m, RV_X + 9, steps);
    }
}

#endif
