/* weather.c - drawing what surrounds an attempt, and making one. */
#include "examples/riscv/busy/busy.h"

uint64_t attempts, sum;
static uint64_t seed = UINT64_C(0x1974197419741974);
static uint32_t code_page[PAGE / 4] __attribute__((aligned(PAGE)));
#define MTIMECMP ((volatile uint64_t *)0x2004000)
#define MSIP ((volatile uint32_t *)0x2000000)

/* xorshift: no multiplication, no large constant. */
uint64_t random_word(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    return seed ^= seed << 17;
}

uint64_t below(uint64_t n) { return random_word() % n; }

uint64_t odd_word(void)
{
    switch (below(8)) {
    case 0: return 0;
    case 1: return UINT64_MAX;
    case 2: return BIT(below(64));
    case 3: return ~BIT(below(64));
    case 4: return (uint64_t)code_page + below(PAGE);
    case 5: return random_word() >> below(64);
    default: return random_word();
    }
}

void note(uint64_t seen) { sum = (sum << 5 | sum >> 59) + seen; }

struct weather weather_fair(void) { return (struct weather){.status = BIT(FS) | MPIE}; }

/* The fetch that begins an S-mode handler must not end in that handler: causes 1 and 12 are not delegated here, nor S-mode's own call. */
struct weather weather_drawn(void)
{
    struct weather w = {.status = (random_word() & (TVM | TW | TSR | SUM | MXR | SPP | SPIE | MPIE | UIE_S | MIE)) | below(4) << FS};
    w.medeleg = below(2) ? random_word() & 0xb3ff & ~UINT64_C(0x1202) : 0;
    w.mideleg = random_word() & (SSI | STI | SEI);
    w.mie = below(4) ? random_word() & 0xaaa : 0;
    w.satp = below(2) ? memory_satp() : 0;
    csr_write(mcounteren, random_word());
    csr_write(scounteren, random_word());
    csr_write(menvcfg, random_word());
    csr_write(senvcfg, random_word());
    csr_write(mcountinhibit, below(4) ? 0 : random_word());
    csr_write(mip, random_word() & below(3) * (SSI | STI | SEI));
    csr_write(stimecmp, below(3) ? UINT64_MAX : csr_read(time) + below(2));
    *MTIMECMP = below(3) ? UINT64_MAX : csr_read(time) + below(2);
    *MSIP = below(4) == 0;
    return w;
}

/* As after power on, as far as attempts change it. */
static void settle(void)
{
    csr_write(satp, 0);
    csr_write(mstatus, BIT(FS));
    csr_write(medeleg, 0);
    csr_write(mideleg, 0);
    csr_write(mie, 0);
    csr_write(mip, 0);
    csr_write(tdata1, 0);
    csr_write(pmpaddr0, UINT64_MAX);
    csr_write(pmpcfg0, 0x1f);
    csr_write(mtvec, (uint64_t)machine_vector | 1);
    csr_write(stvec, (uint64_t)supervisor_vector | 1);
    *MTIMECMP = UINT64_MAX;
    *MSIP = 0;
    __asm__ volatile("sfence.vma" ::: "memory");
}

uint64_t attempt(const struct weather *w, enum mode mode, struct attempt *a, const uint32_t *code, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        code_page[i] = code[i];
    code_page[words] = ECALL;
    __asm__ volatile("fence.i" ::: "memory");
    a->pc = (uint64_t)code_page - (mode == MODE_U && w->satp ? RAM - RAM_USER : 0);
    csr_write(medeleg, w->medeleg);
    csr_write(mideleg, w->mideleg);
    csr_write(satp, w->satp);
    csr_write(mstatus, (w->status & ~MIE) | (uint64_t)mode << MPP);
    csr_write(mie, w->mie);
    uint64_t cause = attempt_enter(a);
    attempts++;
    note(cause);
    note(csr_read(mepc));
    note(csr_read(mtval));
    note(csr_read(mstatus));
    note(csr_read(mip));
    for (unsigned i = A0; i <= A5; i++)
        note(a->x[i]);
    settle();
    return cause;
}
