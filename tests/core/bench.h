/* bench.h - a system on a bench: a machine, bare or virtual, its board, and a console that remembers. Every test that takes it
 * runs twice, once on each kind of machine. Include after cmocka's headers.
 */
#ifndef TRAPEZE_TESTS_CORE_BENCH_H
#define TRAPEZE_TESTS_CORE_BENCH_H

#include "core/system.h"
#include "core/vmm/vmm.h"
#include "devices/virt.h"
#include "isa/riscv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BENCH_RAM UINT64_C(0x80000000)
enum { BENCH_RAM_SIZE = 16 << 20 };

/* Instructions, as the assembler would write them. */
enum {
    I_NOP = 0x00000013,
    I_ECALL = 0x00000073,
    I_WFI = 0x10500073,
    I_MRET = 0x30200073,
    I_LOOP = 0x0000006f, /* j . */
};
static inline uint32_t i_addi(unsigned rd, unsigned rs1, int imm) { return (uint32_t)imm << 20 | rs1 << 15 | rd << 7 | 0x13; }
static inline uint32_t i_bne(unsigned rs1, unsigned rs2, int by) /* -4094..4094 */
{
    uint32_t u = (uint32_t)by;
    return (u >> 12 & 1) << 31 | (u >> 5 & 0x3f) << 25 | rs2 << 20 | rs1 << 15 | 1 << 12 | (u >> 1 & 15) << 8 | (u >> 11 & 1) << 7 |
           0x63;
}
static inline uint32_t i_ld(unsigned rd, unsigned rs1, int imm) { return (uint32_t)imm << 20 | rs1 << 15 | 3 << 12 | rd << 7 | 0x03; }
static inline uint32_t i_store(unsigned width, unsigned rs2, unsigned rs1) { return rs2 << 20 | rs1 << 15 | width << 12 | 0x23; }
static inline uint32_t i_sw(unsigned rs2, unsigned rs1) { return i_store(2, rs2, rs1); }
static inline uint32_t i_sd(unsigned rs2, unsigned rs1) { return i_store(3, rs2, rs1); }

struct bench {
    struct ram *ram;
    struct phys *phys;
    struct machine *bare, *vm; /* vm NULL: the guest has the bare machine */
    struct machine *machine;   /* the guest's */
    struct system *system;
    struct riscv_config cpu;
    char output[4096];
    size_t output_count;
    const char *input; /* what the console has to say; NULL: nothing */
};

static void bench_write(void *opaque, const uint8_t *bytes, size_t count)
{
    struct bench *r = opaque;
    for (size_t i = 0; i < count && r->output_count < sizeof r->output - 1; i++)
        r->output[r->output_count++] = (char)bytes[i];
}

static size_t bench_read(void *opaque, uint8_t *bytes, size_t room)
{
    struct bench *r = opaque;
    size_t n = r->input ? strlen(r->input) : 0;
    n = n < room ? n : room;
    if (n) {
        memcpy(bytes, r->input, n);
        r->input += n;
    }
    return n;
}

static struct bench *bench_create(bool is_virtual, bool sstc)
{
    struct bench *r = calloc(1, sizeof *r);
    struct error e;
    assert_non_null(r);
    r->cpu = riscv_config_default;
    r->cpu.sstc = sstc;
    struct vm_config v = {.ram_base = BENCH_RAM, .ram_size = BENCH_RAM_SIZE};
    uint64_t size = is_virtual ? align_up(vmm_host_bytes(&isa_riscv, &v), PAGE_SIZE) : BENCH_RAM_SIZE;
    assert_int_equal(ram_create(&r->ram, size), 0);
    assert_int_equal(phys_create(&r->phys), 0);
    assert_int_equal(phys_add_ram(r->phys, "ram", BENCH_RAM, size, r->ram, 0), 0);
    assert_int_equal(riscv_create(&r->bare, r->phys, &r->cpu), 0);
    if (is_virtual)
        assert_int_equal(vmm_create_vm(r->bare, &v, &r->vm, &e), 0);
    r->machine = is_virtual ? r->vm : r->bare;
    struct virt_config board = {
        .ram_size = BENCH_RAM_SIZE,
        .harts = 1,
        .isa = "rv64imafdc",
        .mmu_type = "riscv,sv48",
        .console = {bench_write, bench_read, r},
    };
    assert_int_equal(system_create(&r->system, r->machine, virt_create, &board, r->cpu.units_per_tick, &e), 0);
    return r;
}

static void bench_destroy(struct bench *r)
{
    system_destroy(r->system);
    machine_destroy(r->vm);
    machine_destroy(r->bare);
    phys_destroy(r->phys);
    ram_destroy(r->ram);
    free(r);
}

static int setup_bare(void **state) { return (*state = bench_create(false, true)) == NULL; }
static int setup_virtual(void **state) { return (*state = bench_create(true, true)) == NULL; }

static int teardown(void **state)
{
    bench_destroy(*state);
    return 0;
}

/* A row of a test group for each kind of machine. */
#define ON_BOTH(test)                                                                                                                 \
    {#test ", bare", test, setup_bare, teardown, NULL}, { #test ", virtual", test, setup_virtual, teardown, NULL }

static inline uint64_t x(const struct bench *r, unsigned n) { return machine_get(r->machine, RV_X + n); }
static inline void set_x(struct bench *r, unsigned n, uint64_t v) { machine_set(r->machine, RV_X + n, v); }
static inline uint64_t csr(const struct bench *r, unsigned n) { return machine_get(r->machine, RV_CSR + n); }
static inline void set_csr(struct bench *r, unsigned n, uint64_t v) { machine_set(r->machine, RV_CSR + n, v); }
static inline uint64_t pc(const struct bench *r) { return machine_get(r->machine, MACHINE_PC); }
static inline uint64_t now(const struct bench *r) { return machine_get(r->machine, MACHINE_CLOCK); }

static inline void put(struct bench *r, pa_t at, const void *bytes, size_t n)
{
    assert_int_equal(machine_store(r->machine, at, bytes, n), 0);
}

static inline void put64(struct bench *r, pa_t at, uint64_t v) { put(r, at, &v, sizeof v); }

static inline uint64_t get64(const struct bench *r, pa_t at)
{
    uint64_t v;
    assert_int_equal(machine_load(r->machine, at, &v, sizeof v), 0);
    return v;
}

/* Code at `at`, and the PC there. */
static inline void program(struct bench *r, pa_t at, const uint32_t *code, size_t bytes)
{
    put(r, at, code, bytes);
    machine_set(r->machine, MACHINE_PC, at);
}
#define PROGRAM(r, at, ...)                                                                                                           \
    do {                                                                                                                              \
        const uint32_t code_[] = {__VA_ARGS__};                                                                                       \
        program(r, at, code_, sizeof code_);                                                                                          \
    } while (0)

static inline struct system_result run(struct bench *r, uint64_t limit) { return system_run(r->system, limit); }

static inline void says(const struct system_result *result, const char *words)
{
    if (!strstr(result->why, words))
        fail_msg("'%s' does not say '%s'", result->why, words);
}

#endif
