/* witness.c - the program of `trapeze witness --elf`: for bare metal, in M-mode, on a board like QEMU's virt. It sets up each state of the
 * cases that come with it, lets the instruction be executed there, and prints what came of it: that it completed, with which values; that
 * it trapped, and why; that it waits. */
#include "core/theory/replay_riscv.h"

#define UART ((volatile uint8_t *)0x10000000)
#define FINISHER ((volatile uint32_t *)0x100000)
#define CLINT_MTIMECMP ((volatile uint64_t *)0x2004000)
#define CLINT_MTIME ((volatile uint64_t *)0x200bff8)

enum { ECALL = 0x73, SHORT_WAIT = 1 << 20, LONG_WAIT = 1 << 23 /* ticks of 100 ns */ };
enum { MIE = 1 << 3, MPIE = 1 << 7, MPP = 11, MTI = 1 << 7 };
#define INTERRUPT (UINT64_C(1) << 63)

#define csr_read(name)                                                                                                                \
    ({                                                                                                                                \
        uint64_t v_;                                                                                                                  \
        __asm__ volatile("csrr %0, " #name : "=r"(v_));                                                                               \
        v_;                                                                                                                           \
    })
#define csr_write(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"((uint64_t)(value)) : "memory")

_Noreturn void witness_main(void);
uint64_t enter_0(const uint64_t *, uint64_t), enter_1(const uint64_t *, uint64_t), enter_2(const uint64_t *, uint64_t),
    enter_3(const uint64_t *, uint64_t);
void registers_f(const uint64_t f[32]); /* loads them */
void handler_0(void), handler_1(void), handler_2(void), handler_3(void), skip(void);
extern const uint64_t trailer[4];
extern uint64_t after[32];

static uint64_t (*const enter[4])(const uint64_t *, uint64_t) = {enter_0, enter_1, enter_2, enter_3};
static void (*const handler[4])(void) = {handler_0, handler_1, handler_2, handler_3};
static const struct replay_head *const head = (const struct replay_head *)REPLAY_HEAD;

static uint64_t state[REPLAY_SLOTS], found[REPLAY_SLOTS];

/* --- the console */

static void put(char c)
{
    while (!(UART[5] & 0x20)) /* LSR: transmitter empty */
        ;
    UART[0] = (uint8_t)c;
}

static void text(const char *s)
{
    while (*s)
        put(*s++);
}

static void hex(uint64_t v)
{
    int shift = 60;
    text("0x");
    while (shift && !(v >> shift))
        shift -= 4;
    for (; shift >= 0; shift -= 4)
        put("0123456789abcdef"[v >> shift & 15]);
}

static void decimal(uint64_t v)
{
    if (v > 9)
        decimal(v / 10);
    put((char)('0' + v % 10));
}

/* --- states */

static const void *element(const struct replay_list *l, uint64_t n, uint64_t size) { return (const void *)(l->at + n * size); }

/* Calls a stub: CSR = v, or what the CSR holds. Where there is no such CSR nothing happens. */
static uint64_t stub_call(const uint32_t *stub, uint64_t v)
{
    register uint64_t a0 __asm__("a0") = v;
    __asm__ volatile("jalr ra, 0(%1)" : "+r"(a0) : "r"(stub) : "ra", "memory");
    return a0;
}

static void state_set(void)
{
    csr_write(mstatus, UINT64_C(1) << 13); /* so that f registers can be set */
    registers_f(&state[REPLAY_F]);
    for (uint64_t n = 0; n < head->stub.count; n++) {
        const struct replay_stub *s = element(&head->stub, n, sizeof *s);
        uint64_t slot = REPLAY_CSR + n, v = state[slot];
        if (slot != head->mtvec)
            stub_call(s->set, slot == head->mstatus ? v & ~(uint64_t)MIE : v);
    }
}

/* The other way round: what reading others may disturb comes first. */
static void state_get(void)
{
    for (uint64_t n = head->stub.count; n-- > 0;) {
        const struct replay_stub *s = element(&head->stub, n, sizeof *s);
        if (REPLAY_CSR + n != head->mtvec)
            found[REPLAY_CSR + n] = stub_call(s->get, 0);
    }
}

/* Is everything as the state wants it? */
static int state_is_there(const struct replay_case *c)
{
    state_get();
    for (uint64_t n = 0; n < c->check.count; n++) {
        const struct replay_check *k = element(&c->check, n, sizeof *k);
        if ((found[k->slot] ^ state[k->slot]) & k->mask) {
            text(": there is no such state, ");
            text((const char *)k->name);
            text(" is ");
            hex((found[k->slot] & k->mask) / (k->mask & (0 - k->mask)));
            put('\n');
            return 0;
        }
    }
    return 1;
}

/* --- one case */

static uint32_t jump(uint64_t from, uint64_t to)
{
    uint32_t by = (uint32_t)(to - from);
    return (by >> 20 & 1) << 31 | (by >> 1 & 0x3ff) << 21 | (by >> 11 & 1) << 20 | (by >> 12 & 0xff) << 12 | 0x6f;
}

static void code_write(uint64_t at, uint64_t bits, uint64_t length)
{
    for (uint64_t n = 0; n < length; n++)
        ((volatile uint8_t *)at)[n] = (uint8_t)(bits >> 8 * n);
}

/* The instruction, and behind it what comes back: in M-mode a jump, which changes nothing; else a call. */
static void code_place(const struct replay_case *c)
{
    uint64_t end = REPLAY_CODE + c->length;
    uint32_t back = state[REPLAY_MODE] == REPLAY_M ? jump(end, trailer[c->spare]) : ECALL;
    for (int frame = 0; frame < 2; frame++) {
        code_write(REPLAY_CODE + frame * (uint64_t)REPLAY_DISTANCE, c->bits, c->length);
        code_write(end + frame * (uint64_t)REPLAY_DISTANCE, back, 4);
    }
    __asm__ volatile("fence.i" ::: "memory");
}

static uint64_t case_enter(const struct replay_case *c, uint64_t wait)
{
    uint64_t status = state[head->mstatus], mode = state[REPLAY_MODE];
    *CLINT_MTIMECMP = c->waits ? *CLINT_MTIME + wait : UINT64_MAX;
    if (c->waits)
        __asm__ volatile("csrs mie, %0" ::"r"((uint64_t)MTI));
    csr_write(mtvec, c->own_mtvec ? state[head->mtvec] : (uint64_t)handler[c->spare]);
    if (mode == REPLAY_M) {
        csr_write(mstatus, status);
        return enter[c->spare](state, 1);
    }
    csr_write(mepc, REPLAY_CODE);
    csr_write(mstatus, (status & ~(UINT64_C(3) << MPP | MPIE | MIE)) | mode << MPP | (status & MIE ? MPIE : 0));
    return enter[c->spare](state, 0);
}

struct outcome {
    int trapped, waited;
    uint64_t cause, pc, mode;
};

/* What the trap that ends a case has changed is not told; of mstatus, MIE was saved. */
static struct outcome case_leave(const struct replay_case *c, uint64_t by_trap)
{
    struct outcome o = {.cause = csr_read(mcause), .pc = csr_read(mepc), .mode = csr_read(mstatus) >> MPP & 3};
    found[head->mtvec] = csr_read(mtvec);
    csr_write(mtvec, skip);
    o.waited = c->waits && (csr_read(mip) & MTI);
    state_get();
    if (!by_trap) {
        o.pc = REPLAY_CODE + c->length;
        o.mode = REPLAY_M;
    } else {
        uint64_t status = found[head->mstatus];
        found[head->mstatus] = (status & ~(uint64_t)MIE) | (status & MPIE ? MIE : 0);
        o.trapped = o.pc == REPLAY_CODE && !(o.cause & INTERRUPT);
    }
    for (int n = 1; n < 32; n++)
        found[REPLAY_X + n] = after[n];
    found[REPLAY_X] = o.pc;
    found[REPLAY_MODE] = o.mode;
    return o;
}

static void outcome_print(const struct replay_case *c, const struct outcome *o)
{
    if (o->trapped) {
        text(": traps, cause ");
        decimal(o->cause);
        put('\n');
        return;
    }
    text(o->waited ? ": waits\n" : ": completes\n");
    for (uint64_t n = 0; n < c->show.count; n++) {
        const struct replay_show *s = element(&c->show, n, sizeof *s);
        text("    ");
        text((const char *)s->name);
        text(" = ");
        if (s->slot == REPLAY_MODE)
            put("US?M"[o->mode]);
        else
            hex((found[s->slot] & s->mask) / (s->mask & (0 - s->mask)));
        put('\n');
    }
}

static struct outcome case_try(const struct replay_case *c, uint64_t wait)
{
    *CLINT_MTIMECMP = UINT64_MAX;
    code_place(c);
    state_set(); /* again: some follow from others */
    return case_leave(c, case_enter(c, wait));
}

static void case_run(const struct replay_case *c)
{
    const uint64_t *plain = (const uint64_t *)head->plain;
    for (int n = 0; n < REPLAY_SLOTS; n++)
        state[n] = plain[n];
    for (uint64_t n = 0; n < c->change.count; n++) {
        const struct replay_change *k = element(&c->change, n, sizeof *k);
        state[k->slot] = k->value;
    }
    if (c->title) {
        text((const char *)c->title);
        put('\n');
    }
    text((const char *)c->label);
    *CLINT_MTIMECMP = UINT64_MAX;
    csr_write(mtvec, skip);
    state_set();
    if (state_is_there(c)) {
        struct outcome o = case_try(c, SHORT_WAIT);
        if (o.waited) /* or it has completed, and the machine was busy elsewhere meanwhile? */
            o = case_try(c, LONG_WAIT);
        outcome_print(c, &o);
    }
}

_Noreturn void witness_main(void)
{
    for (uint64_t n = 0; n < head->each.count; n++)
        case_run(element(&head->each, n, sizeof(struct replay_case)));
    *FINISHER = 0x5555;
    for (;;)
        __asm__ volatile("wfi");
}
