/* course.h - the embedded guest on a machine of any depth, a console that remembers, and a digest of all that can be seen of it. Tests of
 * courses run by machine code from the first time on, and by the interpreter: run_by_both_engines().
 */
#ifndef TRAPEZE_TESTS_CORE_COURSE_H
#define TRAPEZE_TESTS_CORE_COURSE_H

#include "core/boot.h"
#include "core/checkpoint.h"
#include "core/record.h"
#include "core/vmm/vmm.h"
#include "isa/engine.h"
#include "isa/riscv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/virt.h"
#include "guests.h"

#include <unistd.h>

enum { COURSE_DEPTH = 2, COURSE_RAM_SIZE = 16 << 20 };
#define COURSE_RAM UINT64_C(0x80000000)
static struct engine_options course_engine = {.kind = ENGINE_USUAL, .hot = 1};

struct course {
    struct ram *ram;
    struct phys *phys;
    struct machine *machine[COURSE_DEPTH + 1];
    unsigned depth;
    struct system *system;
    struct virt_config board;
    struct record *record;
    char output[65536]; /* what the host was given */
    size_t output_count;
    const char *input; /* what it has to say */
};

static inline void course_write(void *opaque, const uint8_t *bytes, size_t count)
{
    struct course *c = opaque;
    assert_true(c->output_count + count <= sizeof c->output);
    memcpy(c->output + c->output_count, bytes, count);
    c->output_count += count;
}

static inline size_t course_read(void *opaque, uint8_t *bytes, size_t room)
{
    struct course *c = opaque;
    size_t n = c->input ? strlen(c->input) : 0;
    n = n < room ? n : room;
    memcpy(bytes, c->input ? c->input : "", n);
    c->input = n ? c->input + n : c->input;
    return n;
}

static inline struct vm_config course_vm(const struct course *c, unsigned level, enum shadow_policy policy, enum vmm_monitor monitor)
{
    struct vm_config v = {.ram_base = COURSE_RAM, .ram_size = COURSE_RAM_SIZE, .shadow = policy, .monitor = monitor};
    for (unsigned above = c->depth - level; above > 0; above--)
        v.ram_size = align_up(vmm_host_bytes(&isa_riscv, &v), PAGE_SIZE);
    return v;
}

/* depth 0: bare. `cpu` NULL: the default. */
static inline void course_machine_of(struct course *c, const struct riscv_config *cpu, unsigned depth, enum shadow_policy policy,
                                     enum vmm_monitor monitor)
{
    memset(c, 0, sizeof *c);
    c->depth = depth;
    struct vm_config whole = course_vm(c, 0, policy, monitor);
    struct error e;
    assert_int_equal(ram_create(&c->ram, whole.ram_size), 0);
    assert_int_equal(phys_create(&c->phys), 0);
    assert_int_equal(phys_add_ram(c->phys, "ram", COURSE_RAM, whole.ram_size, c->ram, 0), 0);
    assert_int_equal(riscv_create_with(&c->machine[0], c->phys, cpu ? cpu : &riscv_config_default, &course_engine), 0);
    for (unsigned i = 1; i <= depth; i++) {
        struct vm_config v = course_vm(c, i, policy, monitor);
        assert_int_equal(vmm_create_vm(c->machine[i - 1], &v, &c->machine[i], &e), 0);
    }
    c->board = (struct virt_config){.ram_size = COURSE_RAM_SIZE,
                                    .harts = 1,
                                    .isa = "rv64imafdc",
                                    .mmu_type = "riscv,sv48",
                                    .console = {course_write, course_read, c}};
}

static inline void course_machine(struct course *c, const struct riscv_config *cpu, unsigned depth, enum shadow_policy policy)
{
    course_machine_of(c, cpu, depth, policy, VMM_TRAP);
}

static inline struct machine *course_top(const struct course *c) { return c->machine[c->depth]; }

/* The board, with what c->board says by now. */
static inline void course_switch_on(struct course *c)
{
    struct error e;
    const struct riscv_config *cpu = course_top(c)->config;
    if (system_create(&c->system, course_top(c), virt_create, &c->board, cpu->units_per_tick, &e) != 0)
        fail_msg("%s", e.text);
}

static inline void course_boot(struct course *c)
{
    struct error e;
    struct booted booted;
    struct boot_config b = {.kernel = "hello", .kernel_data = trapeze_guest_hello, .kernel_size = trapeze_guest_hello_size};
    if (boot_system(c->system, &b, &booted, &e) != 0)
        fail_msg("%s", e.text);
}

static inline void course_open(struct course *c, unsigned depth, enum shadow_policy policy)
{
    course_machine(c, NULL, depth, policy);
    course_switch_on(c);
    course_boot(c);
}

static inline void course_close(struct course *c)
{
    system_destroy(c->system);
    record_destroy(c->record);
    for (unsigned i = c->depth + 1; i-- > 0;)
        machine_destroy(c->machine[i]);
    phys_destroy(c->phys);
    ram_destroy(c->ram);
}

static inline uint64_t course_mix(uint64_t digest, uint64_t v)
{
    digest = (digest ^ v) * UINT64_C(0x9fb21c651e98df25);
    return digest ^ digest >> 32;
}

/* Of RAM as it lies there, without asking what was written when. */
static inline uint64_t course_memory(const struct course *c)
{
    const struct phys_range *r = phys_find(course_top(c)->phys, COURSE_RAM);
    const uint8_t *host = ram_host(r->ram) + r->ram_offset;
    uint64_t digest = 0;
    for (uint64_t at = 0; at < r->size; at += 8) {
        uint64_t word;
        memcpy(&word, host + at, sizeof word);
        digest = word ? course_mix(course_mix(digest, at), word) : digest;
    }
    return digest;
}

/* Of everything: registers, devices, the driver's state, memory. */
static inline uint64_t course_digest(struct course *c)
{
    struct state s;
    uint64_t digest = course_memory(c);
    assert_int_equal(system_save(c->system, &s), 0);
    for (size_t n = 0; n < s.size; n++)
        digest = course_mix(digest, s.bytes[n]);
    state_free(&s);
    return digest;
}

/* The number of tests that failed; `tests` is an array. */
#define run_by_both_engines(tests)                                                                                                    \
    __extension__({                                                                                                                   \
        course_engine.kind = ENGINE_native;                                                                                           \
        int failed_ = cmocka_run_group_tests_name("native", tests, NULL, NULL);                                                       \
        course_engine.kind = ENGINE_interpreter;                                                                                      \
        failed_ + cmocka_run_group_tests_name("interpreter", tests, NULL, NULL);                                                      \
    })

/* --- kinds of machines to try things on */

struct kind {
    const char *name;
    unsigned depth;
    enum shadow_policy policy;
};
static const struct kind kinds[] = {
    {"bare", 0, SHADOW_FLUSH},     {"vm, flush", 1, SHADOW_FLUSH}, {"vm, trace", 1, SHADOW_TRACE},
    {"vm in vm", 2, SHADOW_FLUSH}, {"vm, adapt", 1, SHADOW_ADAPT},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static inline uint64_t roll(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    return *random ^= *random << 17;
}

static inline struct checkpoints *store_of(struct course *c, uint64_t limit, uint64_t every)
{
    struct checkpoints *s;
    struct error e;
    if (checkpoints_create(&s, c->system, &(struct checkpoints_config){.limit = limit, .every = every}, &e) != 0)
        fail_msg("%s", e.text);
    return s;
}

static inline struct checkpoint *take(struct checkpoints *s)
{
    struct checkpoint *out;
    struct error e;
    if (checkpoint_take(s, true, &out, &e) != 0)
        fail_msg("%s", e.text);
    return out;
}

static inline void restore(struct checkpoints *s, const struct checkpoint *c)
{
    struct error e;
    if (checkpoint_restore(s, c, &e) != 0)
        fail_msg("%s", e.text);
}

static inline void seek(struct checkpoints *s, uint64_t retired)
{
    struct error e;
    if (checkpoints_seek(s, retired, &e) != 0)
        fail_msg("%s", e.text);
}

/* --- memory, registers of devices, programs */

static inline void poke(struct course *c, pa_t at, unsigned size, uint64_t value)
{
    assert_true(phys_store(course_top(c)->phys, at, size, value));
}

static inline void put64(struct course *c, pa_t at, uint64_t value)
{
    assert_int_equal(machine_store(course_top(c), at, &value, 8), 0);
}

enum { T0 = 5, T1 = 6, T2 = 7, S0 = 8, S1 = 9, A0 = 10, A1 = 11, S2 = 18 };
static inline uint32_t i_type(unsigned op, unsigned f3, unsigned rd, unsigned rs1, int imm)
{
    return (uint32_t)imm << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op;
}
static inline uint32_t addi(unsigned rd, unsigned rs1, int imm) { return i_type(0x13, 0, rd, rs1, imm); }
static inline uint32_t andi(unsigned rd, unsigned rs1, int imm) { return i_type(0x13, 7, rd, rs1, imm); }
static inline uint32_t slli(unsigned rd, unsigned rs1, int by) { return i_type(0x13, 1, rd, rs1, by); }
static inline uint32_t lbu(unsigned rd, unsigned rs1, int imm) { return i_type(0x03, 4, rd, rs1, imm); }
static inline uint32_t lw(unsigned rd, unsigned rs1, int imm) { return i_type(0x03, 2, rd, rs1, imm); }
static inline uint32_t ld(unsigned rd, unsigned rs1, int imm) { return i_type(0x03, 3, rd, rs1, imm); }
static inline uint32_t jalr(unsigned rd, unsigned rs1) { return i_type(0x67, 0, rd, rs1, 0); }
static inline uint32_t store(unsigned width, unsigned rs2, unsigned rs1) { return rs2 << 20 | rs1 << 15 | width << 12 | 0x23; }
static inline uint32_t add(unsigned rd, unsigned rs1, unsigned rs2) { return rs2 << 20 | rs1 << 15 | rd << 7 | 0x33; }
static inline uint32_t branch(unsigned f3, unsigned rs1, unsigned rs2, int by)
{
    uint32_t u = (uint32_t)by;
    return (u >> 12 & 1) << 31 | (u >> 5 & 0x3f) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (u >> 1 & 15) << 8 | (u >> 11 & 1) << 7 |
           0x63;
}
static inline uint32_t jump(int by)
{
    uint32_t u = (uint32_t)by;
    return (u >> 20 & 1) << 31 | (u >> 1 & 0x3ff) << 21 | (u >> 11 & 1) << 20 | (u >> 12 & 0xff) << 12 | 0x6f;
}
enum { WFI = 0x10500073, BEQ = 0, BNE = 1 };

static inline void load_program(struct course *c, pa_t at, const uint32_t *code, size_t size)
{
    assert_int_equal(machine_store(course_top(c), at, code, size), 0);
}

enum { DISK_SIZE = 1 << 20 };

/* A new file of zeros. */
static inline void make_file(char *path, size_t size, off_t length)
{
    snprintf(path, size, "/tmp/trapeze-checkpoint-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0 && ftruncate(fd, length) == 0);
    close(fd);
}

#endif
