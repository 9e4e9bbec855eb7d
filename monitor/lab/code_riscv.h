/* code_riscv.h - the assembler of the assignments' random guests: words in a buffer that is to be loaded at LAB_BASE. A guest must be the same
 * whatever compiler built trapeze: no two random numbers are drawn in one expression whose order is open. */
#ifndef TRAPEZE_MONITOR_LAB_CODE_RISCV_H
#define TRAPEZE_MONITOR_LAB_CODE_RISCV_H

#include "isa/riscv.h"
#include "monitor/lab/guest.h"

/* The memory of a random guest, 16 MiB of RAM and two devices:
 *
 *    0x00100000  finisher: 0x5555 switches off            0x80200000  log: 32 bytes for each trap
 *    0x02000000  CLINT: msip, mtimecmp, mtime             0x80400000  sixteen pages to try translation on
 *    0x80000000  code, at most 128 KiB                    0x80600000  page tables
 */
#define LAB_BASE UINT64_C(0x80000000)
#define LAB_LOG UINT64_C(0x80200000)    /* the handlers write what they see */
#define LAB_PAGES UINT64_C(0x80400000)  /* pages to try translation on */
#define LAB_TABLES UINT64_C(0x80600000) /* page tables */
#define LAB_CLINT UINT64_C(0x2000000)
#define LAB_MTIMECMP (LAB_CLINT + 0x4000)
#define LAB_FINISHER UINT64_C(0x100000)

/* x1 to x24 are what blocks play with; the others belong to the frame.
 * LOG: where the next record of the log goes. NEXT: where the block after this one begins. COUNT: traps in this block. LEAVE: not 0 when
 * the next trap ends it. U0 to U2: anybody's for a moment; handlers use them, so after what may trap they hold nothing that counts. */
enum { PLAY = 24, LOG = 25, NEXT = 26, COUNT = 27, LEAVE = 28, U0 = 29, U1 = 30, U2 = 31 };

static inline unsigned lab_play(struct lab_code *c) { return 1 + lab_below(c, PLAY); }

void put(struct lab_code *c, uint32_t word);
static inline uint64_t lab_here(const struct lab_code *c) { return LAB_BASE + 4 * (uint64_t)c->count; }

void put_i(struct lab_code *c, unsigned op, unsigned f3, unsigned rd, unsigned rs1, int imm);
static inline void put_addi(struct lab_code *c, unsigned rd, unsigned rs1, int imm) { put_i(c, 0x13, 0, rd, rs1, imm); }
static inline void put_slli(struct lab_code *c, unsigned rd, unsigned rs1, int by) { put_i(c, 0x13, 1, rd, rs1, by); }
static inline void put_load(struct lab_code *c, unsigned f3, unsigned rd, unsigned rs1, int imm) { put_i(c, 0x03, f3, rd, rs1, imm); }
void put_store(struct lab_code *c, unsigned f3, unsigned rs2, unsigned rs1, int imm);
enum { CSRRW = 1, CSRRS, CSRRC, CSRRWI = 5, CSRRSI, CSRRCI };
void put_csr(struct lab_code *c, unsigned f3, unsigned rd, unsigned csr, unsigned rs1);
enum {
    LAB_ECALL = 0x00000073,
    LAB_EBREAK = 0x00100073,
    LAB_SRET_WORD = 0x10200073,
    LAB_MRET_WORD = 0x30200073,
    LAB_WFI_WORD = 0x10500073
};
static inline void put_sfence(struct lab_code *c, unsigned va, unsigned asid) { put(c, 9u << 25 | asid << 20 | va << 15 | 0x73); }

/* rd = value, in as many instructions as it takes. */
void put_li(struct lab_code *c, unsigned rd, uint64_t value);

/* Branches and jumps, to what is known, and to what comes: then patch() completes the word at `at`, which put_*() has returned:
 * "unsigned over = put_branch(...); ...; patch(c, over);" */
enum { BEQ = 0, BNE = 1, BLT = 4 };
unsigned put_branch(struct lab_code *c, unsigned f3, unsigned rs1, unsigned rs2);
unsigned put_jump(struct lab_code *c, unsigned rd);
void patch_to(struct lab_code *c, unsigned at, unsigned target);
static inline void patch(struct lab_code *c, unsigned at) { patch_to(c, at, c->count); }

/* rd = the address of a word that comes: auipc and addi. */
unsigned put_la(struct lab_code *c, unsigned rd);
void patch_la(struct lab_code *c, unsigned at);

/* --- The frame (guest_frame_riscv.c). A guest is handlers, which write down what they see, and blocks. A block begins in M-mode, plays in some
 * mode, and is left by an ECALL with LEAVE set, or by its sixteenth trap.
 *
 *    M-mode:   NEXT = the end; delegation, enables, translation set; MPP = mode;  mret
 *    mode:     what is tried; a trap ---> handler: writes a record, goes on behind the instruction
 *    mode:     LEAVE = 1; ecall ---> handler of M-mode: mret to NEXT, in M-mode
 *
 * So whatever a wrong VMM makes of the instructions in it, a right machine comes to the next block. */
struct lab_block {
    unsigned mode;
    uint64_t mstatus; /* bits that are set beside MPP */
    uint64_t medeleg, mideleg, mie, satp;
    bool alias;    /* U-mode finds its code elsewhere (guest_paging_riscv.c) */
    unsigned next; /* private */
};
void lab_frame_begin(struct lab_code *, uint64_t seed);
void lab_block_begin(struct lab_code *, struct lab_block *);
void lab_block_end(struct lab_code *, const struct lab_block *);
void lab_frame_end(struct lab_code *);                      /* the guest switches off */
void lab_play_registers(struct lab_code *, unsigned count); /* so many get random values */

/* guest_paging_riscv.c */
enum { LAB_ALIAS = 1 << 30 }; /* from where code lies to where U-mode finds it */

#endif
