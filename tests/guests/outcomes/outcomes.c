/* outcomes.c - executes encodings in U, S and M, bare metal, and prints what became of each: whether it completed, or the cause of its trap. All
 * of SYSTEM: every minor opcode and 12-bit function, hence every CSR by all six instructions, with rd and rs1 zero and not; where it is no
 * CSR, with each rd and each rs1. And all 16-bit ones.
 *
 *   73 1 a b c00-c1f 222    minor opcode, rd, rs1 (to the base 32), functions from and to, and the outcomes in U, S and M
 *   16 0001-03fd ...        16-bit encodings from and to
 *   73x, 16x                the same, in the state in which all is shut that M-mode can shut: TVM, TW, TSR, FS, counters, stimecmp
 *
 * An outcome is a point, or the cause as a hexadecimal digit. Around the slot and where registers point to lie breakpoints, so that an
 * instruction that jumps, or falls through, is seen to have completed: the trap is not at the slot. In M-mode a jump stands behind it instead,
 * for there it may have set mtvec. Before each one all that matters to the next is as it was.
 */
#include <stdint.h>

#define UART ((volatile uint8_t *)0x10000000)
#define FINISHER ((volatile uint32_t *)0x100000)
#define CLINT_MTIMECMP ((volatile uint64_t *)0x2004000)
#define CLINT_MTIME ((volatile uint64_t *)0x200bff8)

enum { U, S, M = 3, CHUNK = 4096 };
enum {
    BREAKPOINTS = 0x9002,
    WFI = 0x10500073,
    FS = 1 << 13,
    TVM = 1 << 20,
    TW = 1 << 21,
    TSR = 1 << 22,
    MIE = 1 << 3,
    MPP = 11,
    MTI = 1 << 7,
    TICKS = 2000
};
#define INTERRUPT (UINT64_C(1) << 63)
#define STCE (UINT64_C(1) << 63)
#define PMP_OPEN 0x1f /* NAPOT, RWX */

#define csr_read(name)                                                                                                                \
    ({                                                                                                                                \
        uint64_t v_;                                                                                                                  \
        __asm__ volatile("csrr %0, " #name : "=r"(v_));                                                                               \
        v_;                                                                                                                           \
    })
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"((uint64_t)(value)) : "memory")

_Noreturn void outcomes_main(void);
uint64_t enter(uint64_t value, uint64_t by_jump, uint64_t *pc);
void trap(void), jump_back(void), skip(void);
extern uint16_t sandbox[4096], slot[2048], landing[2048];

static void put(char c)
{
    while (!(UART[5] & 0x20)) /* LSR: transmitter empty */
        ;
    UART[0] = (uint8_t)c;
}

static void hex(uint32_t v, int digits)
{
    while (digits-- > 0)
        put("0123456789abcdef"[v >> 4 * digits & 15]);
}

struct encoding {
    uint32_t bits;
    int halves;     /* of its length */
    uint64_t value; /* in every register */
    int shut;       /* all that M-mode can shut is */
};

/* --- one execution */

static void control_reset(int shut)
{
    csr_write(mtvec, skip);
    csr_write(medeleg, 0);
    csr_write(mideleg, 0);
    csr_write(mie, 0);
    csr_write(mip, 0);
    csr_write(mcounteren, shut ? 0 : 0xffffffff);
    csr_write(scounteren, shut ? 0 : 0xffffffff);
    csr_write(0x320, 0); /* mcountinhibit */
    csr_write(0x30a, shut ? 0 : STCE);
    csr_write(0x10a, 0);
    csr_write(sepc, landing);
    if (csr_read(satp)) /* to write these is slow on some machines */
        csr_write(satp, 0);
    if (csr_read(pmpaddr0) != UINT64_MAX >> 10)
        csr_write(pmpaddr0, UINT64_MAX >> 10);
    if (csr_read(pmpcfg0) != PMP_OPEN)
        csr_write(pmpcfg0, PMP_OPEN);
    csr_write(mtvec, trap);
}

static uint32_t jump(uint64_t from, uint64_t to)
{
    uint32_t by = (uint32_t)(to - from);
    return (by >> 20 & 1) << 31 | (by >> 1 & 0x3ff) << 21 | (by >> 11 & 1) << 20 | (by >> 12 & 0xff) << 12 | 0x6f;
}

static void code_place(uint32_t bits, int halves, int mode)
{
    uint32_t back = mode == M ? jump((uint64_t)(slot + halves), (uint64_t)jump_back) : BREAKPOINTS << 16 | BREAKPOINTS;
    slot[0] = (uint16_t)bits;
    if (halves == 2)
        slot[1] = (uint16_t)(bits >> 16);
    slot[halves] = (uint16_t)back;
    slot[halves + 1] = (uint16_t)(back >> 16);
    slot[halves + 2] = BREAKPOINTS;
    landing[0] = BREAKPOINTS;
    __asm__ volatile("fence.i" ::: "memory");
}

/* c.j and c.bnez by nothing; registers are not zero. */
static int jumps_to_itself(uint32_t bits) { return bits == 0xa001 || (bits & 0xfffffc7f) == 0xe001; }

/* Once. ticks: the timer comes then, 0: not at all. */
static uint64_t attempt(const struct encoding *e, int mode, uint64_t ticks, uint64_t *pc)
{
    uint64_t status = (e->shut ? TVM | TW | TSR : FS) | (uint64_t)(mode == M ? U : mode) << MPP;
    control_reset(e->shut);
    code_place(e->bits, e->halves, mode);
    if (ticks) {
        *CLINT_MTIMECMP = *CLINT_MTIME + ticks;
        csr_write(mie, MTI);
    }
    csr_write(mepc, mode == M ? landing : slot);
    csr_write(mstatus, mode == M && jumps_to_itself(e->bits) ? status | MIE : status);
    uint64_t cause = enter(e->value, mode == M, pc);
    *CLINT_MTIMECMP = UINT64_MAX;
    if (*pc - (uint64_t)sandbox < 8192) /* what a machine has made of the code there, it need not keep */
        *(volatile uint16_t *)*pc = *(volatile uint16_t *)*pc;
    return cause;
}

/* A wait is ended by the timer, unless that comes before it: then once more. */
static char execute(const struct encoding *e, int mode)
{
    uint64_t pc, cause, ticks = e->bits == WFI || jumps_to_itself(e->bits) ? TICKS : 0;
    do {
        cause = attempt(e, mode, ticks, &pc);
        ticks *= 2;
    } while (e->bits == WFI && cause != (uint64_t)-1 && cause & INTERRUPT && pc == (uint64_t)slot);
    return pc != (uint64_t)slot || cause & INTERRUPT ? '.' : "0123456789abcdef"[cause & 15];
}

/* --- runs of encodings that do the same */

struct run {
    uint32_t first, last;
    char outcome[3];
    int any;
};

static void run_print(const struct run *r, const char *group, int digits)
{
    if (!r->any)
        return;
    while (*group)
        put(*group++);
    put(' ');
    hex(r->first, digits);
    put('-');
    hex(r->last, digits);
    put(' ');
    for (int n = 0; n < 3; n++)
        put(r->outcome[n]);
    put('\n');
}

static void run_add(struct run *r, uint32_t number, const char outcome[3], const char *group, int digits)
{
    int same = r->any;
    for (int n = 0; n < 3; n++)
        same = same && r->outcome[n] == outcome[n];
    if (!same) {
        run_print(r, group, digits);
        r->first = number;
        r->any = 1;
    }
    for (int n = 0; n < 3; n++)
        r->outcome[n] = outcome[n];
    r->last = number;
}

/* Up to CHUNK encodings, mode by mode, for a change of mode costs some machines much; then their runs. */
static void chunk_run(struct run *r, const struct encoding *first, uint32_t step, uint32_t number, const char *group, int digits)
{
    static char outcome[CHUNK][3];
    for (int m = 0; m < 3; m++)
        for (uint32_t n = 0; n < CHUNK; n++) {
            struct encoding e = *first;
            e.bits += n * step;
            if (e.halves == 2 || (e.bits & 3) != 3)
                outcome[n][m] = execute(&e, m == 2 ? M : m);
        }
    for (uint32_t n = 0; n < CHUNK; n++)
        if (first->halves == 2 || ((number + n) & 3) != 3)
            run_add(r, number + n, outcome[n], group, digits);
}

static void system_group(uint32_t minor, uint32_t rd, uint32_t rs1, int shut)
{
    char name[] = "73x 0 0 0", *at = shut ? name + 3 : name + 2;
    struct run r = {.any = 0};
    static const char digit[] = "0123456789abcdefghijklmnopqrstuv";
    const char fields[] = {' ', digit[minor], ' ', digit[rd], ' ', digit[rs1], 0};
    for (int n = 0; n < 7; n++)
        at[n] = fields[n];
    /* Every register is 1, which does no harm in any CSR. */
    chunk_run(&r, &(struct encoding){rs1 << 15 | minor << 12 | rd << 7 | 0x73, 2, 1, shut}, 1 << 20, 0, name, 3);
    run_print(&r, name, 3);
}

/* Of what is no access to a CSR, with each register by itself. */
static void each_operand(uint32_t minor)
{
    for (uint32_t n = 1; n < 32; n++) {
        if (n != 10)
            system_group(minor, n, 0, 0);
        if (n != 11)
            system_group(minor, 0, n, 0);
    }
}

static void compressed(int shut)
{
    const char *name = shut ? "16x" : "16";
    struct run r = {.any = 0};
    for (uint32_t bits = 0; bits < 0x10000; bits += CHUNK)
        chunk_run(&r, &(struct encoding){bits, 1, (uint64_t)landing, shut}, 1, bits, name, 4);
    run_print(&r, name, 4);
}

_Noreturn void outcomes_main(void)
{
    for (int n = 0; n < 4096; n++)
        sandbox[n] = BREAKPOINTS;
    for (int n = 0; n < 2048; n++)
        landing[n] = BREAKPOINTS;
    *CLINT_MTIMECMP = UINT64_MAX;
    for (int shut = 0; shut < 2; shut++) {
        for (uint32_t minor = 0; minor < 8; minor++)
            for (uint32_t operands = 0; operands < 4; operands++)
                system_group(minor, operands & 1 ? 10 : 0, operands & 2 ? 11 : 0, shut);
        compressed(shut);
    }
    for (uint32_t minor = 0; minor < 8; minor += 4)
        each_operand(minor);
    *FINISHER = 0x5555;
    for (;;)
        __asm__ volatile("wfi");
}
