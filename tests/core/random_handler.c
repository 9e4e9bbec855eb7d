/* random_handler.c - see random_handler.h. Registers: T0 the turn, T1 and T2 for anything, A0 the disk, A1 its rings. */
#include "tests/core/random_handler.h"

#include "tests/core/random_guest.h"

#include <stddef.h>

enum { MRET = 0x30200073, START = 0, HANDLER = 0x400 /* in the handler's page */ };
enum { RING_DRIVER = 256, RING_DEVICE = 512, RING_REQUEST = 768, RING_STATUS = 800, RING_PLAN = 1024 };
#define FIELD(name) ((int)offsetof(struct guest_turn, name))

static void lui(struct program *p, unsigned rd, uint32_t high) { emit(p, high << 12 | rd << 7 | 0x37); }

/* rd = an address of RAM: its lowest, and so many pages. */
static void page(struct program *p, unsigned rd, unsigned pages)
{
    addi(p, rd, ZERO, 1);
    slli(p, rd, rd, 19);
    addi(p, rd, rd, (int)pages);
    slli(p, rd, rd, PAGE_SHIFT);
}

static void set_csr(struct program *p, unsigned csr, int field)
{
    ld(p, T1, T0, field);
    csrrw(p, ZERO, csr, T1);
}

/* The sector, and where to, of T1; the request is served before the store that announces it has ended. */
static void disk(struct program *p)
{
    ld(p, T1, T0, FIELD(request));
    const unsigned none = leap(p);
    page(p, A1, GUEST_RINGS);
    lui(p, A0, VIRT_VIRTIO >> 12);
    slli(p, T2, T1, 8);
    emit(p, i_type(0x13, 5, T2, T2, 8)); /* srli */
    sd(p, T2, A1, 16);                   /* the second descriptor's address */
    emit(p, i_type(0x13, 5, T1, T1, 56));
    sd(p, T1, A1, RING_REQUEST + 8);
    emit(p, i_type(0x03, 5, T1, A1, RING_DRIVER + 2)); /* lhu: the driver's index, and one more */
    addi(p, T1, T1, 1);
    emit(p, s_type(1, A1, T1, RING_DRIVER + 2));
    sw(p, ZERO, A0, 0x50);
    p->word[none] = b_type(0, T1, ZERO, ((int)p->count - (int)none) * 4); /* beqz */
}

static void timer(struct program *p)
{
    csrrs(p, T1, CSR_time, ZERO);
    ld(p, T2, T0, FIELD(delta));
    add(p, T1, T1, T2);
    lui(p, T2, (VIRT_CLINT + 0x4000) >> 12);
    sd(p, T1, T2, 0);
}

static void leave(struct program *p)
{
    set_csr(p, CSR_mip, FIELD(mip));
    set_csr(p, CSR_mepc, FIELD(pc));
    set_csr(p, CSR_satp, FIELD(satp));
    set_csr(p, CSR_mstatus, FIELD(status));
    for (unsigned i = 0; i < 10; i++)
        ld(p, i < 2 ? S0 + i : S2 + i - 2, T0, FIELD(s) + 8 * (int)i);
    sfence_vma(p, ZERO, ZERO);
    emit(p, MRET);
}

static void handler(struct program *p)
{
    p->count = HANDLER / 4;
    lui(p, TP, 1 << (MSTATUS_MPRV - 12)); /* which would take loads elsewhere */
    csrrc(p, ZERO, CSR_mstatus, TP);
    csrrw(p, ZERO, CSR_satp, ZERO);
    csrrs(p, T0, CSR_mscratch, ZERO);
    addi(p, T1, T0, sizeof(struct guest_turn));
    csrrw(p, ZERO, CSR_mscratch, T1);
    ld(p, T1, T0, FIELD(pc));
    const unsigned more = leap(p);
    lui(p, T1, VIRT_FINISHER >> 12); /* the end */
    lui(p, T2, 5);
    addi(p, T2, T2, 0x555);
    sw(p, T2, T1, 0);
    land_bne(p, more, T1, ZERO);
    disk(p);
    set_csr(p, CSR_medeleg, FIELD(medeleg));
    set_csr(p, CSR_mideleg, FIELD(mideleg));
    set_csr(p, CSR_mie, FIELD(mie));
    set_csr(p, CSR_pmpaddr0, FIELD(pmpaddr[0]));
    set_csr(p, CSR_pmpaddr1, FIELD(pmpaddr[1]));
    set_csr(p, CSR_pmpcfg0, FIELD(pmpcfg));
    set_csr(p, CSR_menvcfg, FIELD(menvcfg));
    set_csr(p, CSR_senvcfg, FIELD(menvcfg) + 4);
    set_csr(p, CSR_mcounteren, FIELD(counteren));
    set_csr(p, CSR_scounteren, FIELD(counteren) + 4);
    page(p, T1, GUEST_STVEC);
    csrrw(p, ZERO, CSR_stvec, T1);
    timer(p);
    leave(p);
}

/* Once: the way back, the rule that opens memory, the disk's registers from a list. */
static void start(struct program *p)
{
    page(p, T0, GUEST_HANDLER);
    addi(p, T0, T0, HANDLER);
    csrrw(p, ZERO, CSR_mtvec, T0);
    page(p, T1, GUEST_TURNS);
    csrrw(p, ZERO, CSR_mscratch, T1);
    addi(p, T1, ZERO, -1);
    csrrw(p, ZERO, CSR_pmpaddr0 + 3, T1);
    page(p, A1, GUEST_RINGS);
    lui(p, A0, VIRT_VIRTIO >> 12);
    addi(p, A1, A1, RING_PLAN);
    const unsigned next = here(p);
    lw(p, T0, A1, 0);
    add(p, T0, T0, A0);
    lw(p, T1, A1, 4);
    sw(p, T1, T0, 0);
    addi(p, A1, A1, 8);
    lw(p, T2, A1, 0);
    bne(p, T2, ZERO, next);
    page(p, T0, GUEST_HANDLER);
    emit(p, i_type(0x67, 0, ZERO, T0, HANDLER)); /* jr */
}

/* A call of U-mode is answered, an interrupt silenced; all else is for M-mode. */
static void supervisor(struct program *p)
{
    csrrs(p, T3, CSR_scause, ZERO);
    csrrs(p, T4, CSR_stval, ZERO);
    const unsigned exception = leap(p);
    csrrw(p, ZERO, CSR_sie, ZERO);
    sret(p);
    p->word[exception] = b_type(5, T3, ZERO, ((int)p->count - (int)exception) * 4); /* bgez */
    addi(p, T3, T3, -RV_CAUSE_ECALL_U);
    const unsigned other = leap(p);
    csrrs(p, T3, CSR_sepc, ZERO);
    addi(p, T3, T3, 4);
    csrrw(p, ZERO, CSR_sepc, T3);
    sret(p);
    land_bne(p, other, T3, ZERO);
    ecall(p);
}

/* A queue of eight, whose one chain is a request, 512 bytes of data and a status [virtio 2.7, 3.1.1, 5.2.6]. */
static void rings(uint8_t *at)
{
    const uint64_t pa = GUEST_PA(GUEST_RINGS);
    const struct {
        uint64_t address;
        uint32_t length;
        uint16_t flags, next;
    } descriptor[] = {{pa + RING_REQUEST, 16, 1, 1}, {0, 512, 3, 2}, {pa + RING_STATUS, 1, 2, 0}};
    const uint32_t low = (uint32_t)pa;
    const uint32_t plan[][2] = {{0x70, 0},
                                {0x70, 1},
                                {0x70, 3},
                                {0x24, 1},
                                {0x20, 1},
                                {0x70, 11},
                                {0x30, 0},
                                {0x38, 8},
                                {0x80, low},
                                {0x84, 0},
                                {0x90, low + RING_DRIVER},
                                {0x94, 0},
                                {0xa0, low + RING_DEVICE},
                                {0xa4, 0},
                                {0x44, 1},
                                {0x70, 15}};
    memcpy(at, descriptor, sizeof descriptor);
    memcpy(at + RING_PLAN, plan, sizeof plan);
}

void random_handler_put(uint8_t *image)
{
    struct program p = {0}, s = {0};
    start(&p);
    handler(&p);
    supervisor(&s);
    memcpy(image, p.word, p.count * sizeof p.word[0]);
    memcpy(image + GUEST_STVEC * PAGE_SIZE, s.word, s.count * sizeof s.word[0]);
    rings(image + GUEST_RINGS * PAGE_SIZE);
}
