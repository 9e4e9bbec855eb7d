/* random_guest.h - a whole guest, drawn: memory with page tables, code of random instructions for all modes, and a list of turns. It ends.
 *
 * A turn is a block of code, a mode, and what surrounds it: translation, protection, delegation, enables, a timer, perhaps a disk request
 * whose data go into page tables or code. Each ends with a trap to M-mode, where the handler begins the next; after the last one it powers
 * off. A timer ends loops.
 *
 * Every difference between two machines that execute it is somebody's fault: what the guest changes of its tables it fences before it goes on,
 * with the narrowest fence that the manual lets it [priv 12.2.1], and M-mode's handler fences all.
 */
#ifndef TRAPEZE_TESTS_CORE_RANDOM_GUEST_H
#define TRAPEZE_TESTS_CORE_RANDOM_GUEST_H

#include "tests/core/program.h"
#include "tests/core/random_draw.h"

#include "devices/virt.h"
#include "devices/virtio_mmio.h"

/* Physical memory by page. */
enum {
    GUEST_HANDLER = 0, /* M-mode's */
    GUEST_STVEC = 1,   /* S-mode's */
    GUEST_TURNS = 2,   /* 3 pages */
    GUEST_RINGS = 5,   /* of the disk */
    GUEST_ROOTS = 6,   /* Sv39 in two address spaces, */
    GUEST_ROOT48 = 8,  /* Sv48 */
    GUEST_MIDDLE = 9,  /* their second level, */
    GUEST_LEAVES = 10, /* their last */
    GUEST_CODE = 12,   /* 4 pages, a block in each half */
    GUEST_DATA = 16,   /* 16 pages */
    GUEST_PAGES = 64,
    GUEST_CODE_PAGES = 4,
    GUEST_DATA_PAGES = 16,
    GUEST_BLOCKS = 8,
    GUEST_BLOCK_BYTES = 2048,
    GUEST_BLOCK_WORDS = 128, /* no block is longer: a sector of the disk */
    GUEST_TURNS_MAX = 63,    /* and one that ends the list */
    GUEST_LEAF_CODE = 0,     /* entries of the leaf table */
    GUEST_LEAF_DATA = 16,
    GUEST_SECTORS = 32, /* of the disk */
};
#define GUEST_PA(page) PROGRAM_PAGE(page)

struct guest_turn {
    uint64_t pc, status, satp, medeleg, mideleg, mie, mip, pmpcfg, pmpaddr[2], delta;
    uint64_t menvcfg, counteren; /* from bit 32 on senvcfg, and of scounteren */
    uint64_t request;            /* of the disk: where to, and in bits 56 and up the sector; 0: none */
    uint64_t s[10];              /* S0 to S9 */
};
_Static_assert(sizeof(struct guest_turn) == 192, "the handler knows this layout");

/* Registers that a turn sets and blocks leave as they are. What blocks compute is in A0 to A7, T0 to T6. */
enum {
    REG_FIRST = S0,  /* data */
    REG_SECOND = S1, /* data */
    REG_CODE = S2,   /* an instruction of a block that may be overwritten */
    REG_BLOCK = S3,  /* a block: to return or jump to */
    REG_LEAF = S4,   /* physical: a PTE, */
    REG_PTE = S5,    /* its next value, */
    REG_ASID = S6,   /* this address space, */
    REG_VA = S7,     /* and an address that the PTE maps */
    REG_SATP = S8,   /* another address space */
    REG_COUNT = S9,  /* of loops */
};

/* A block, and which of its words may become another instruction of its kind. */
struct guest_block {
    struct program code;
    uint8_t soft[GUEST_BLOCK_WORDS];
    unsigned softs;
};

struct random_guest {
    uint8_t image[GUEST_PAGES * PAGE_SIZE];
    struct guest_block block[GUEST_BLOCKS];
    struct guest_turn turn[GUEST_TURNS_MAX];
    unsigned turns;
};

/* Addresses at which the leaf table is seen, under every root. */
static const uint64_t guest_window[] = {0x400000, UINT64_C(0xffffffffc0400000), UINT64_C(0xffffffe000400000)};
enum { GUEST_WINDOWS = sizeof guest_window / sizeof *guest_window };

void random_guest_draw(struct random_guest *, struct draw *, unsigned turns); /* turns: 1 to GUEST_TURNS_MAX */
void random_guest_disk(uint8_t sectors[GUEST_SECTORS][512]);                  /* the same for all guests: tables, code, data */
/* Makes it smaller: turns whose bit is zero are left out; NOPs from one word of code to the one before another, counted through all blocks. */
void random_guest_keep(struct random_guest *, uint64_t turns);
void random_guest_blank(struct random_guest *, unsigned from, unsigned to);

#endif
