/* code_ia32.h - the bytes of the IA-32 assignments' random guests, and the frame that they lie in. As with the others, a guest must
 * be the same whatever compiler built trapeze: no two random numbers are drawn in one expression whose order is open.
 *
 *    0x00007000  int 0x80: where a return of 16 bits can go        0x00210000  stacks of the rings 0 to 3, each 64 KiB below its top
 *    0x00100000  the image: header, tables, handlers, cases        0x00300000  stacks of 16 bits
 *    0x00200000  two words: NEXT and RESUME
 */
#ifndef TRAPEZE_MONITOR_LAB_CODE_IA32_H
#define TRAPEZE_MONITOR_LAB_CODE_IA32_H

#include "isa/ia32.h"
#include "monitor/lab/guest.h"

enum {
    PC_IMAGE = 0x100000,
    PC_LOW = 0x7000,
    PC_NEXT = 0x200000,   /* where INT 0x80 leads: the next case */
    PC_RESUME = 0x200004, /* where a fault leads, in the ring that it was in */
    PC_STACKS = 0x210000, /* tops: PC_STACKS + ring * 0x10000 */
    PC_NARROW = 0x300000,
};

/* Descriptors by their place in the table. Of the rings' own the first is named, and the others follow. From PC_CONFORMING on, the DPL of
 * each is drawn. */
enum {
    PC_CODE = 1,
    PC_DATA = 5,
    PC_TASK = 9,
    PC_CONFORMING,
    PC_CODE_ABSENT,
    PC_DATA_ABSENT,
    PC_CODE_SHORT, /* 4 KiB */
    PC_CODE_ONLY,  /* to be executed, not to be read */
    PC_CODE_16,
    PC_DATA_16,
    PC_DATA_ONLY, /* to be read, not to be written */
    PC_DATA_SHORT,
    PC_GATE,
    PC_SLOTS
};
static inline unsigned pc_selector(unsigned slot, unsigned rpl) { return slot << 3 | rpl; }

struct pc_guest {
    struct lab_code *c;
    uint8_t dpl[PC_SLOTS];
};

static inline uint32_t pc_here(const struct lab_code *c) { return PC_IMAGE + c->bytes; }
void pc_bytes(struct lab_code *, unsigned count, const uint8_t *);
void pc_number(struct lab_code *, unsigned size, uint32_t); /* little-endian */
/* PC_CODES(c, 0xcd, 0x80); */
#define PC_CODES(c, ...) pc_bytes(c, sizeof((const uint8_t[]){__VA_ARGS__}), (const uint8_t[]){__VA_ARGS__})

void pc_mov(struct lab_code *, unsigned reg, uint32_t value);
void pc_push(struct lab_code *, unsigned size, uint32_t value);
void pc_seg(struct lab_code *, unsigned seg, unsigned selector); /* by way of EAX */
/* A word in memory gets an address that comes: pc_patch() says then that it is here. */
unsigned pc_store_address(struct lab_code *, uint32_t at);
void pc_patch(struct lab_code *, unsigned at);

/* --- The frame (guest_frame_ia32.c). A guest is handlers and cases. A case begins in ring 0, sets NEXT to its own end, and is left by INT 0x80 from
 * whatever ring it has come to. An exception goes on at RESUME, in the ring where it happened; a single step goes on where it was.
 * So whatever a wrong VMM makes of the instructions in it, a right machine comes to the next case. The handlers write nothing down: their
 * frames are on the stack of ring 0, and memory is compared. */
struct pc_case {
    unsigned ring;   /* that it plays in */
    uint32_t flags;  /* that it begins with there */
    unsigned stack;  /* the slot of SS there */
    uint32_t esp;    /* likewise */
    unsigned next;   /* private: where its addresses stand */
    unsigned resume; /* likewise */
};
void pc_begin(struct pc_guest *, struct lab_code *, uint64_t seed);
void pc_case_begin(struct pc_guest *, struct pc_case *);
/* From here on goes what meets an exception. */
void pc_case_resume(struct pc_guest *, const struct pc_case *);
void pc_case_end(struct pc_guest *, const struct pc_case *);
void pc_end(struct pc_guest *); /* the guest switches off */

#endif
