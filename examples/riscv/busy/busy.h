/* busy.h - a guest that is busy with the machine itself: it has no user, and does in a second what kernels do in a day. An attempt is a few
 * instructions in some mode, in some weather: enables, delegation, translation, protection, pending interrupts, drawn anew each time.
 * It ends with a trap to M-mode, whatever happens. Nothing is expected of it; the sum of all that was seen is printed.
 */
#ifndef BUSY_H
#define BUSY_H

#include <stdint.h>

enum mode { MODE_U, MODE_S, MODE_M = 3 };
enum { PAGE = 4096, CODE_WORDS = 16 };
enum { A0 = 10, A1, A2, A3, A4, A5 };
enum { CAUSE_ECALL_U = 8, CAUSE_ECALL_S, CAUSE_ECALL_M = 11 };
enum { SSI = 1 << 1, MSI = 1 << 3, STI = 1 << 5, MTI = 1 << 7, SEI = 1 << 9, MEI = 1 << 11 };
#define BIT(n) (UINT64_C(1) << (n))
#define UIE_S BIT(1)
#define MIE BIT(3)
#define SPIE BIT(5)
#define MPIE BIT(7)
#define SPP BIT(8)
#define MPP 11
#define FS 13
#define MPRV BIT(17)
#define SUM BIT(18)
#define MXR BIT(19)
#define TVM BIT(20)
#define TW BIT(21)
#define TSR BIT(22)
#define RAM UINT64_C(0x80000000)
#define RAM_USER UINT64_C(0x40000000) /* where translation shows RAM to U-mode */

/* CSRs of this machine by name, one instruction each. */
#define csr_read(name)                                                                                                                \
    ({                                                                                                                                \
        uint64_t v_;                                                                                                                  \
        __asm__ volatile("csrr %0, " #name : "=r"(v_)::"memory");                                                                     \
        v_;                                                                                                                           \
    })
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"((uint64_t)(value)) : "memory")

struct attempt {
    uint64_t x[32];
    uint64_t pc, stack; /* start.S knows this layout */
};

/* What surrounds an attempt. */
struct weather {
    uint64_t status; /* mstatus but MPP */
    uint64_t medeleg, mideleg, mie, satp;
};

uint64_t attempt_enter(struct attempt *);
extern char machine_vector[], supervisor_vector[];

/* weather.c */
uint64_t random_word(void);
uint64_t below(uint64_t n);
uint64_t odd_word(void); /* zeros, ones, single bits, addresses: what goes wrong most easily */
struct weather weather_fair(void);
struct weather weather_drawn(void);
/* Executes these words in `mode`, then an ecall. Returns mcause. Afterwards the machine is as it was at first, but for counters. */
uint64_t attempt(const struct weather *, enum mode, struct attempt *, const uint32_t *code, unsigned words);
void note(uint64_t seen); /* into the sum */
extern uint64_t attempts, sum;

/* memory.c */
void memory_prepare(void); /* the tables that weather_drawn() may turn on */
uint64_t memory_satp(void);

/* What it does, in this order. */
void do_registers(void);
void do_modes(void);
void do_interrupts(void);
void do_memory(void);
void do_protection(void);
void do_soup(void);

/* Instructions. */
static inline uint32_t insn_csr(unsigned form, unsigned csr, unsigned rd, unsigned rs1)
{
    return (uint32_t)csr << 20 | rs1 << 15 | form << 12 | rd << 7 | 0x73;
}
static inline uint32_t insn_fence(unsigned va, unsigned asid) { return 0x12000073 | asid << 20 | va << 15; }
static inline uint32_t insn_load(unsigned width, unsigned rd, unsigned rs1) { return rs1 << 15 | width << 12 | rd << 7 | 0x03; }
static inline uint32_t insn_store(unsigned width, unsigned rs1, unsigned rs2) { return rs2 << 20 | rs1 << 15 | width << 12 | 0x23; }
enum {
    SRET = 0x10200073,
    MRET = 0x30200073,
    WFI = 0x10500073,
    ECALL = 0x73,
    NOP = 0x13,
    COUNT_DOWN = (int)0xfffa8a93, /* addi s5,s5,-1 */
    UNTIL_ZERO = (int)0xfe0a9ee3 /* bnez s5, -4 */,
    S5 = 21
};

#endif
