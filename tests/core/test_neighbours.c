/* Several virtual machines on one host: each takes the course that it takes alone, however long the turns are. Without arguments the
 * guest is the one that the command carries; with them, KERNEL INITRD APPEND, it is Linux on a machine of the size that it needs. */
#include "core/boot.h"
#include "core/vmm/vmm.h"
#include "isa/riscv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "devices/virt.h"
#include "guests.h"
#include "tests/isa/assemble.h"

enum { NEIGHBOURS = 3 };
#define RAM_BASE UINT64_C(0x80000000)

static struct boot_config guest = {.kernel = "hello"};
static uint64_t guest_ram = 16 << 20;

struct neighbour {
    struct machine *vm;
    struct system *system;
    struct system_result result;
    char output[1 << 18];
    size_t output_count;
};

struct house {
    struct ram *ram;
    struct phys *phys;
    struct machine *host;
    struct neighbour at[NEIGHBOURS];
};

/* They differ in what the VMM does for them, so that no two are at the same place for long. */
static struct vm_config config_of(unsigned i)
{
    return (struct vm_config){.ram_base = RAM_BASE,
                              .ram_size = guest_ram,
                              .shadow = i == 1   ? SHADOW_TRACE
                                        : i == 2 ? SHADOW_ADAPT
                                                 : SHADOW_FLUSH,
                              .shadow_frames = i == 2 ? 512 : 0};
}

static void console_write(void *opaque, const uint8_t *bytes, size_t count)
{
    struct neighbour *n = opaque;
    assert_true(count <= sizeof n->output - n->output_count);
    memcpy(n->output + n->output_count, bytes, count);
    n->output_count += count;
}

static size_t console_read(void *opaque, uint8_t *bytes, size_t room) { return (void)opaque, (void)bytes, (void)room, 0; }

static void neighbour_open(struct house *h, unsigned i)
{
    struct neighbour *n = &h->at[i];
    const struct vm_config c = config_of(i);
    struct virt_config board = {.ram_size = guest_ram,
                                .harts = 1,
                                .isa = "rv64imafdc_zicntr_zicsr_zifencei",
                                .mmu_type = "riscv,sv48",
                                .console = {console_write, console_read, n}};
    struct booted booted;
    struct error e;
    if (vmm_create_vm(h->host, &c, &n->vm, &e) ||
        system_create(&n->system, n->vm, virt_create, &board, riscv_config_default.units_per_tick, &e) ||
        boot_system(n->system, &guest, &booted, &e))
        fail_msg("%s", e.text);
}

/* A host with those neighbours of which `who` has a bit. */
static struct house *house_open(unsigned who)
{
    struct house *h = calloc(1, sizeof *h);
    uint64_t size = 0;
    assert_non_null(h);
    for (unsigned i = 0; i < NEIGHBOURS; i++) {
        const struct vm_config c = config_of(i);
        size += who >> i & 1 ? vmm_host_bytes(&isa_riscv, &c) : 0;
    }
    assert_int_equal(ram_create(&h->ram, size), 0);
    assert_int_equal(phys_create(&h->phys), 0);
    assert_int_equal(phys_add_ram(h->phys, "ram", RAM_BASE, size, h->ram, 0), 0);
    assert_int_equal(riscv_create(&h->host, h->phys, &riscv_config_default), 0);
    for (unsigned i = 0; i < NEIGHBOURS; i++)
        if (who >> i & 1)
            neighbour_open(h, i);
    return h;
}

static void house_close(struct house *h)
{
    for (unsigned i = 0; i < NEIGHBOURS; i++) {
        system_destroy(h->at[i].system);
        machine_destroy(h->at[i].vm);
    }
    machine_destroy(h->host);
    phys_destroy(h->phys);
    ram_destroy(h->ram);
    free(h);
}

/* Turns of so many instructions, until everybody has ended. */
static void take_turns(struct house *h, uint64_t turn)
{
    for (bool again = true; again;) {
        again = false;
        for (unsigned i = 0; i < NEIGHBOURS; i++) {
            struct neighbour *n = &h->at[i];
            if (!n->system || n->result.end != END_RUNNING)
                continue;
            n->result = system_run(n->system, turn);
            again = true;
        }
    }
}

static void same(struct house *alone, struct house *together, unsigned i)
{
    struct neighbour *a = &alone->at[i], *b = &together->at[i];
    const struct phys_range *ours = phys_main_ram(a->vm->phys), *theirs = phys_main_ram(b->vm->phys);
    if (b->result.end != END_POWEROFF)
        fail_msg("it did not switch off: %s", b->result.why);
    assert_int_equal(a->system->retired, b->system->retired);
    assert_int_equal(a->system->traps_delivered, b->system->traps_delivered);
    assert_int_equal(machine_get(a->vm, MACHINE_CLOCK), machine_get(b->vm, MACHINE_CLOCK));
    assert_int_equal(a->output_count, b->output_count);
    assert_memory_equal(a->output, b->output, a->output_count);
    assert_true(memcmp(ours->host, theirs->host, guest_ram) == 0);
}

static void compare(const uint64_t *turns, unsigned count, size_t output)
{
    struct house *alone[NEIGHBOURS];
    for (unsigned i = 0; i < NEIGHBOURS; i++) {
        alone[i] = house_open(1u << i);
        take_turns(alone[i], UINT64_MAX);
        assert_true(alone[i]->at[i].result.end == END_POWEROFF && alone[i]->at[i].output_count >= output);
    }
    print_message("alone: %llu instructions each\n", (unsigned long long)alone[0]->at[0].system->retired);
    for (unsigned t = 0; t < count; t++) {
        struct house *h = house_open((1u << NEIGHBOURS) - 1);
        take_turns(h, turns[t]);
        for (unsigned i = 0; i < NEIGHBOURS; i++)
            same(alone[i], h, i);
        print_message("in turns of %llu: the same\n", (unsigned long long)turns[t]);
        house_close(h);
    }
    for (unsigned i = 0; i < NEIGHBOURS; i++)
        house_close(alone[i]);
}

static void neighbours_change_nothing(void **state)
{
    static const uint64_t turns[] = {10000000, 1000000, 100000, 10000, 1000};
    (void)state;
    compare(turns, sizeof turns / sizeof *turns - (guest.initrd != NULL), 100);
}

/* A guest that counts to 20,480 by LR and SC, and tries again where SC fails: alone it never does. Turns end between the two, at any
 * distance from them; were a reservation lost with the turn, the guest would retire more. Its neighbours have theirs at the same place. */
static void a_reservation_outlasts_the_turn(void **state)
{
    static const uint64_t turns[] = {10007, 1009, 101};
    enum { PAGES = 1, TIMES = 5 << 12 };
    const uint32_t program[] = {
        asm_u(RV_INSN_auipc, S0, PAGES),   asm_u(RV_INSN_lui, S1, TIMES >> 12), asm_i(RV_INSN_addi, S1, S1, TIMES & 0x7ff),
        asm_r(RV_INSN_lr_d, A0, S0, ZERO),                                /* from here */
        asm_i(RV_INSN_addi, A0, A0, 1),    asm_s(RV_INSN_sd, A0, S0, 64), /* another line */
        asm_r(RV_INSN_sc_d, A1, S0, A0),   asm_r(RV_INSN_add, S2, S2, A1),      asm_b(RV_INSN_bne, A1, ZERO, -20),
        asm_i(RV_INSN_addi, S1, S1, -1),   asm_b(RV_INSN_bne, S1, ZERO, -28),   asm_s(RV_INSN_sd, S2, S0, 8), /* how often it failed */
        asm_u(RV_INSN_lui, T0, 0x100),                                                                        /* the board's power */
        asm_u(RV_INSN_lui, T1, 5),         asm_i(RV_INSN_addi, T1, T1, 0x555),  asm_s(RV_INSN_sw, T1, T0, 0),
        asm_j(RV_INSN_jal, ZERO, 0),
    };
    const struct boot_config carried = guest;
    (void)state;
    guest = (struct boot_config){.kernel = "lr and sc", .kernel_data = (const uint8_t *)program, .kernel_size = sizeof program};
    compare(turns, sizeof turns / sizeof *turns, 0);
    guest = carried;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_change_nothing),
        cmocka_unit_test(a_reservation_outlasts_the_turn),
    };
    guest.kernel_data = trapeze_guest_hello;
    guest.kernel_size = trapeze_guest_hello_size;
    if (argc == 4) {
        guest = (struct boot_config){.kernel = argv[1], .initrd = argv[2], .append = argv[3]};
        guest_ram = 256 << 20;
    }
    return cmocka_run_group_tests_name("neighbours", tests, NULL, NULL);
}
