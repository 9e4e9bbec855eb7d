/* pair.h - the same machine twice: a bare hart, and a virtual machine on another one. Both are put into the same state through the
 * contract, do the same, and every register and byte of RAM is compared: f(i(S)) = v_i(f(S)).
 *
 * Guest RAM is PAIR_RAM bytes at PAIR_BASE. A small device that answers and counts lies at PAIR_IO.
 */
#ifndef TRAPEZE_TESTS_CORE_PAIR_H
#define TRAPEZE_TESTS_CORE_PAIR_H

#include "core/vmm/vmm.h"
#include "isa/riscv.h"
#include "mmu/pt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PAIR_BASE UINT64_C(0x80000000)
#define PAIR_IO UINT64_C(0x10000000)
enum { PAIR_RAM = 64 * PAGE_SIZE, PAIR_SIDES = 2, PAIR_BARE = 0, PAIR_VIRTUAL = 1, PAIR_DEPTH_MAX = 2 };

static const char *const side_name[PAIR_SIDES] = {"bare", "virtual"};

struct device {
    uint64_t reads, writes, last;
};

struct pair {
    struct machine *m[PAIR_SIDES];         /* the bare hart; the virtual machine */
    struct machine *below[PAIR_DEPTH_MAX]; /* what the virtual machine stands on: a hart, perhaps a VM on it */
    unsigned depth;
    struct ram *ram[PAIR_SIDES]; /* of the bare hart; of the hart below */
    struct phys *phys[PAIR_SIDES];
    struct device device[PAIR_SIDES];
    uint64_t retired[PAIR_SIDES];
    uint64_t random;
    const char *doing; /* for messages */
    uint64_t number;
};

/* --- Random words: splitmix64, and values that make trouble more often than plain noise does. */
static inline uint64_t random_word(struct pair *p)
{
    uint64_t z = p->random += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline uint64_t random_below(struct pair *p, uint64_t n) { return random_word(p) % n; }

static inline uint64_t random_value(struct pair *p)
{
    switch (random_below(p, 8)) {
    case 0: return 0;
    case 1: return UINT64_MAX;
    case 2: return UINT64_C(1) << random_below(p, 64);
    case 3: return random_below(p, 64);
    case 4: return random_word(p) & random_word(p);
    case 5: return random_word(p) | random_word(p);
    default: return random_word(p);
    }
}

static inline uint64_t random_mode(struct pair *p)
{
    static const uint64_t modes[] = {RV_U, RV_S, RV_M};

    return modes[random_below(p, 3)];
}

/* --- The device. */
static inline bool device_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct device *d = opaque;

    d->reads++;
    *value = (offset * 0x0101010101010101u + d->reads) & (UINT64_MAX >> (64 - 8 * size));
    return true;
}

static inline bool device_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct device *d = opaque;

    if (offset == 0x800) /* a register that does not answer */
        return false;
    d->writes++;
    d->last = value ^ (offset << 32) ^ size;
    return true;
}

static const struct phys_io device_io = {.read = device_read, .write = device_write};

/* --- Making and unmaking. */

/* Somebody used the machine before: the VMM has to put its own configuration in force. */
static inline void used_before(struct machine *m)
{
    static const unsigned csrs[] = {CSR_medeleg, CSR_mideleg, CSR_mie, CSR_mcounteren, CSR_scounteren, CSR_menvcfg, CSR_senvcfg};

    for (unsigned i = 0; i < sizeof csrs / sizeof *csrs; i++)
        machine_set(m, RV_CSR + csrs[i], UINT64_MAX);
    machine_set(m, RV_CSR + CSR_mstatus, UINT64_MAX & ~(UINT64_C(3) << MSTATUS_FS));
    machine_set(m, RV_CSR + CSR_pmpaddr0 + 1, UINT64_MAX);
    machine_set(m, RV_CSR + CSR_pmpcfg0, 0x1900);
    for (unsigned line = 0; line < 16; line++)
        machine_irq(m, line, true);
}

/* A virtual machine at p->depth, on machines that each have just the memory it takes. */
static inline void pair_create_virtual(struct pair *p, const struct riscv_config *config, enum shadow_policy policy)
{
    struct vm_config vm[PAIR_DEPTH_MAX + 1];
    uint64_t size = PAIR_RAM, ignored = 0;
    struct error error;

    for (unsigned level = p->depth; level > 0; level--) {
        vm[level] = (struct vm_config){.ram_base = PAIR_BASE, .ram_size = size, .shadow = policy, .shadow_frames = 512};
        size = vmm_host_bytes(&isa_riscv, &vm[level]);
    }
    assert_int_equal(ram_create(&p->ram[PAIR_VIRTUAL], size), 0);
    assert_int_equal(phys_create(&p->phys[PAIR_VIRTUAL]), 0);
    assert_int_equal(phys_add_ram(p->phys[PAIR_VIRTUAL], "ram", PAIR_BASE, size, p->ram[PAIR_VIRTUAL], 0), 0);
    assert_int_equal(riscv_create(&p->below[0], p->phys[PAIR_VIRTUAL], config), 0);
    used_before(p->below[0]);
    for (unsigned level = 1; level <= p->depth; level++)
        if (vmm_create_vm(p->below[level - 1], &vm[level], level < p->depth ? &p->below[level] : &p->m[PAIR_VIRTUAL], &error))
            fail_msg("%s", error.text);
    (void)!machine_run(p->m[PAIR_VIRTUAL], 1, &ignored).kind; /* from here on what is below is de-privileged */
}

static inline void pair_create(struct pair *p, const struct riscv_config *config, enum shadow_policy policy, unsigned depth,
                               uint64_t seed)
{
    memset(p, 0, sizeof *p);
    p->random = seed;
    p->doing = "creating";
    p->depth = depth;
    assert_int_equal(ram_create(&p->ram[PAIR_BARE], PAIR_RAM), 0);
    assert_int_equal(phys_create(&p->phys[PAIR_BARE]), 0);
    assert_int_equal(phys_add_ram(p->phys[PAIR_BARE], "ram", PAIR_BASE, PAIR_RAM, p->ram[PAIR_BARE], 0), 0);
    assert_int_equal(riscv_create(&p->m[PAIR_BARE], p->phys[PAIR_BARE], config), 0);
    pair_create_virtual(p, config, policy);
    for (unsigned i = 0; i < PAIR_SIDES; i++)
        assert_int_equal(phys_add_io(p->m[i]->phys, "device", PAIR_IO, PAGE_SIZE, &device_io, &p->device[i]), 0);
}

static inline void pair_destroy(struct pair *p)
{
    machine_destroy(p->m[PAIR_VIRTUAL]);
    for (unsigned level = p->depth; level-- > 0;)
        machine_destroy(p->below[level]);
    machine_destroy(p->m[PAIR_BARE]);
    for (unsigned i = 0; i < PAIR_SIDES; i++) {
        phys_destroy(p->phys[i]);
        ram_destroy(p->ram[i]);
    }
}

/* --- The same to both. */
static inline void pair_set(struct pair *p, reg_t reg, uint64_t value)
{
    machine_set(p->m[0], reg, value);
    machine_set(p->m[1], reg, value);
}

static inline void pair_csr(struct pair *p, unsigned csr, uint64_t value) { pair_set(p, RV_CSR + csr, value); }

static inline uint64_t pair_csr_get(const struct pair *p, unsigned csr) { return machine_get(p->m[0], RV_CSR + csr); }

static inline void pair_store(struct pair *p, pa_t pa, const void *from, size_t size)
{
    assert_int_equal(machine_store(p->m[0], pa, from, size), 0);
    assert_int_equal(machine_store(p->m[1], pa, from, size), 0);
}

static inline void pair_store32(struct pair *p, pa_t pa, uint32_t word) { pair_store(p, pa, &word, sizeof word); }
static inline void pair_store64(struct pair *p, pa_t pa, uint64_t word) { pair_store(p, pa, &word, sizeof word); }

static inline void pair_fence(struct pair *p)
{
    const struct fence all = {.has_va = false};

    machine_fence(p->m[0], &all);
    machine_fence(p->m[1], &all);
}

static inline void pair_irq(struct pair *p, unsigned line, bool level)
{
    machine_irq(p->m[0], line, level);
    machine_irq(p->m[1], line, level);
}

/* --- Comparing. */
#define pair_fail(p, ...)                                                                                                             \
    do {                                                                                                                              \
        print_error("%s, case %llu: ", (p)->doing, (unsigned long long)(p)->number);                                                  \
        fail_msg(__VA_ARGS__);                                                                                                        \
    } while (0)

static inline void pair_compare_reg(const struct pair *p, const char *name, reg_t reg)
{
    unsigned long long bare = machine_get(p->m[0], reg), virtual = machine_get(p->m[1], reg);

    if (bare != virtual)
        pair_fail(p, "%s: bare %llx, virtual %llx", name, bare, virtual);
}

static inline void pair_compare_registers(const struct pair *p)
{
    static const struct {
        const char *name;
        unsigned csr;
    } csrs[] = {
#define CSR(name, address, ext, part, reads, writes, about) {#name, address},
#include "isa/riscv/csr.def"
#undef CSR
    };
    char name[8];

    for (unsigned i = 0; i < 64; i++) {
        snprintf(name, sizeof name, "%c%u", i < 32 ? 'x' : 'f', i % 32);
        pair_compare_reg(p, name, i);
    }
    pair_compare_reg(p, "pc", MACHINE_PC);
    pair_compare_reg(p, "mode", MACHINE_MODE);
    pair_compare_reg(p, "clock", MACHINE_CLOCK);
    pair_compare_reg(p, "retired", MACHINE_RETIRED);
    pair_compare_reg(p, "wake", MACHINE_WAKE);
    pair_compare_reg(p, "reservation", RV_RESERVATION);
    for (unsigned i = 0; i < sizeof csrs / sizeof *csrs; i++) {
        if (machine_has(p->m[0], RV_CSR + csrs[i].csr) != machine_has(p->m[1], RV_CSR + csrs[i].csr))
            pair_fail(p, "only one machine has %s", csrs[i].name);
        pair_compare_reg(p, csrs[i].name, RV_CSR + csrs[i].csr);
    }
}

static inline void pair_compare_memory(const struct pair *p)
{
    const uint8_t *bare = phys_host(p->m[0]->phys, PAIR_BASE, PAIR_RAM), *virtual = phys_host(p->m[1]->phys, PAIR_BASE, PAIR_RAM);
    unsigned at = 0;

    assert_non_null(bare);
    assert_non_null(virtual);
    if (memcmp(bare, virtual, PAIR_RAM) != 0) {
        while (bare[at] == virtual[at])
            at++;
        pair_fail(p, "memory at %llx: bare %02x, virtual %02x", (unsigned long long)PAIR_BASE + at, bare[at], virtual[at]);
    }
    if (memcmp(&p->device[0], &p->device[1], sizeof p->device[0]) != 0)
        pair_fail(p, "device: bare %llu reads %llu writes, virtual %llu reads %llu writes", (unsigned long long)p->device[0].reads,
                  (unsigned long long)p->device[0].writes, (unsigned long long)p->device[1].reads,
                  (unsigned long long)p->device[1].writes);
}

static inline void pair_compare_traps(const struct pair *p, const struct trap t[PAIR_SIDES])
{
    bool same = t[0].kind == t[1].kind;

    if (t[0].kind == TRAP_EXCEPTION)
        same = same && t[0].cause == t[1].cause && t[0].tval == t[1].tval && t[0].reason == t[1].reason && t[0].row == t[1].row &&
               t[0].length == t[1].length && (t[0].row == INSN_NONE || t[0].bits == t[1].bits);
    if (t[0].kind == TRAP_INTERRUPT)
        same = same && t[0].cause == t[1].cause && t[0].reason == t[1].reason;
    if (same)
        return;
    for (unsigned i = 0; i < PAIR_SIDES; i++)
        print_error("%s: kind %d cause %llu tval %llx reason %d row %u length %u bits %llx\n", side_name[i], (int)t[i].kind,
                    (unsigned long long)t[i].cause, (unsigned long long)t[i].tval, (int)t[i].reason, t[i].row, t[i].length,
                    (unsigned long long)t[i].bits);
    pair_fail(p, "different traps");
}

/* Runs both; the trap is the same, or the test fails. */
static inline struct trap pair_run(struct pair *p, uint64_t budget)
{
    struct trap t[PAIR_SIDES];

    for (unsigned i = 0; i < PAIR_SIDES; i++)
        t[i] = machine_run(p->m[i], budget, &p->retired[i]);
    if (t[PAIR_VIRTUAL].kind == TRAP_STOP)
        pair_fail(p, "the virtual machine stopped: %s", machine_stopped(p->m[PAIR_VIRTUAL]));
    pair_compare_traps(p, t);
    if (p->retired[0] != p->retired[1])
        pair_fail(p, "retired: bare %llu, virtual %llu", (unsigned long long)p->retired[0], (unsigned long long)p->retired[1]);
    for (unsigned level = 0; level < p->depth; level++)
        if (machine_get(p->below[level], MACHINE_MODE) != RV_U)
            pair_fail(p, "machine %u left U-mode", level);
    return t[0];
}

/* --- A random state of the whole machine. */
static inline void pair_random_pmp(struct pair *p, uint64_t first_entry)
{
    for (unsigned i = (unsigned)first_entry; i < 16; i++)
        pair_csr(p, CSR_pmpaddr0 + i, random_below(p, 2) ? random_value(p) : (PAIR_BASE >> 2) + random_below(p, PAIR_RAM / 4));
    for (unsigned i = 0; i < 16; i += 8) {
        uint64_t cfg = random_value(p);
        if (i == 0)
            cfg = (cfg & ~UINT64_C(0xff)) | 0x1f;
        pair_csr(p, CSR_pmpcfg0 + i / 4, cfg);
    }
}

static inline void pair_random_state(struct pair *p)
{
    static const unsigned csrs[] = {
        CSR_fcsr,       CSR_medeleg, CSR_mideleg,  CSR_mie,   CSR_mtvec,  CSR_mcounteren, CSR_menvcfg,  CSR_mcountinhibit,
        CSR_mscratch,   CSR_mepc,    CSR_mcause,   CSR_mtval, CSR_mip,    CSR_mcycle,     CSR_minstret, CSR_stvec,
        CSR_scounteren, CSR_senvcfg, CSR_sscratch, CSR_sepc,  CSR_scause, CSR_stval,      CSR_mstatus,
    };

    machine_reset(p->m[0]);
    machine_reset(p->m[1]);
    for (unsigned i = 1; i < 32; i++)
        pair_set(p, RV_X + i, random_value(p));
    for (unsigned i = 0; i < 32; i++)
        pair_set(p, RV_F + i, random_value(p));
    pair_set(p, MACHINE_CLOCK, random_word(p) >> 24);
    for (unsigned i = 0; i < sizeof csrs / sizeof *csrs; i++)
        pair_csr(p, csrs[i], random_value(p));
    pair_csr(p, CSR_stimecmp, random_below(p, 2) ? random_value(p) : pair_csr_get(p, CSR_time) + random_below(p, 3) - 1);
    for (unsigned line = 0; line < 16; line++)
        pair_irq(p, line, random_below(p, 4) == 0);
    if (random_below(p, 4)) /* most often nothing interrupts */
        pair_csr(p, CSR_mie, 0);
    pair_set(p, MACHINE_MODE, random_mode(p));
    /* MPRV without M-mode is a state that no instruction leads to. */
    if (machine_get(p->m[0], MACHINE_MODE) != RV_M)
        pair_csr(p, CSR_mstatus, pair_csr_get(p, CSR_mstatus) & ~(UINT64_C(1) << MSTATUS_MPRV));
}

#endif
