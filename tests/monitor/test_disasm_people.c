/* test_disasm_people.c - instructions as a person sees them, with or without Capstone, which is opened once. */
#include "monitor/disasm.h"

#include "isa/riscv.h"
#include "mmu/phys.h"
#include "mmu/pt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants the above first */
#include <cmocka.h>

#ifdef TRAPEZE_CAPSTONE
#include <capstone.h>
#endif

#define HERE UINT64_C(0x80001000)

struct world {
    struct ram *ram;
    struct phys *phys;
    struct machine *machine;
};

static void world_open(struct world *w)
{
    assert_int_equal(ram_create(&w->ram, 16 * PAGE_SIZE), 0);
    assert_int_equal(phys_create(&w->phys), 0);
    assert_int_equal(phys_add_ram(w->phys, "ram", HERE - PAGE_SIZE, 16 * PAGE_SIZE, w->ram, 0), 0);
    assert_int_equal(riscv_create(&w->machine, w->phys, &riscv_config_default), 0);
}

static void world_close(struct world *w)
{
    machine_destroy(w->machine);
    phys_destroy(w->phys);
    ram_destroy(w->ram);
}

static void expect(const struct machine *m, uint64_t bits, const char *by_capstone, const char *by_table)
{
    char text[DISASM_TEXT];
    disasm(m, bits, HERE, text, sizeof text);
#ifdef TRAPEZE_CAPSTONE
    assert_string_equal(text, by_capstone);
    (void)by_table;
#else
    assert_string_equal(text, by_table);
    (void)by_capstone;
#endif
}

static void instructions_for_people(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    expect(w.machine, 0x00050593, "mv a1, a0", "addi a1,a0,0");
    expect(w.machine, 0x00008067, "ret", "jalr zero,0(ra)");
    expect(w.machine, 0xff9ff06f, "j 0x80000ff8", "jal zero,0x80000ff8"); /* where it leads, not how far */
    expect(w.machine, 0x00b50463, "beq a0, a1, 0x80001008", "beq a0,a1,0x80001008");
    expect(w.machine, 0xdffd, "c.beqz a5, 0x80000ffe", "c.beqz a5,0x80000ffe");
    expect(w.machine, 0x10200073, "sret", "sret");
    expect(w.machine, 0x30a31073, "csrrw zero,menvcfg,t1", "csrrw zero,menvcfg,t1");     /* Capstone has only a number for it */
    expect(w.machine, 0x3be51073, "csrrw zero,pmpaddr14,a0", "csrrw zero,pmpaddr14,a0"); /* ... and for this one another's name */
    expect(w.machine, 0xc0002573, "rdcycle a0", "csrrs a0,cycle,zero");
    expect(w.machine, 0x00351073, "fscsr a0", "csrrw zero,fcsr,a0");
    expect(w.machine, 0x18051073, "csrw satp, a0", "csrrw zero,satp,a0");
    expect(w.machine, 0x0100000f, "pause", "pause");
    expect(w.machine, 0x0045200f, ".4byte 0x45200f", ".4byte 0x45200f"); /* cbo.zero, which this machine has not */
    expect(w.machine, 0x0, ".2byte 0x0", ".2byte 0x0");
    world_close(&w);
}

#ifdef TRAPEZE_CAPSTONE
/* The linker gives us the library's functions in place of the loader's (--wrap). */
static struct {
    __typeof__(cs_open) *open;
    __typeof__(cs_close) *close;
    unsigned opened, closed;
} library;

static cs_err count_open(cs_arch arch, cs_mode mode, csh *handle)
{
    library.opened++;
    return library.open(arch, mode, handle);
}

static cs_err count_close(csh *handle)
{
    library.closed++;
    return library.close(handle);
}

void *__real_dlsym(void *handle, const char *name);
void *__wrap_dlsym(void *handle, const char *name);
void *__wrap_dlsym(void *handle, const char *name)
{
    void *symbol = __real_dlsym(handle, name), *ours = symbol;
    if (symbol && strcmp(name, "cs_open") == 0) {
        memcpy(&library.open, &symbol, sizeof symbol);
        ours = (void *)(uintptr_t)count_open;
    } else if (symbol && strcmp(name, "cs_close") == 0) {
        memcpy(&library.close, &symbol, sizeof symbol);
        ours = (void *)(uintptr_t)count_close;
    }
    return ours;
}

/* Opening it costs a hundred times what an instruction does. */
static void capstone_is_opened_once(void **state)
{
    struct world w;
    char text[DISASM_TEXT];
    (void)state;
    world_open(&w);
    for (unsigned n = 0; n < 100; n++)
        disasm(w.machine, 0x00050593, HERE, text, sizeof text);
    assert_int_equal(library.opened, 1);
    assert_int_equal(library.closed, 0);
    world_close(&w);
}
#endif

/* By the virtual address, as the machine would fetch it: through its page tables, also across two pages. */
static void instructions_where_they_are(void **state)
{
    enum { ROOT = 4, MIDDLE, LEAF, FIRST, SECOND };
    struct world w;
    char text[DISASM_TEXT];
    const uint32_t wide = 0x00b50533; /* add a0,a0,a1 */
    (void)state;
    world_open(&w);
    const pa_t ram = HERE - PAGE_SIZE;
#define PAGE(n) (ram + (pa_t)(n)*PAGE_SIZE)
    const uint64_t table = pt_sv39.table(PAGE(MIDDLE)), next = pt_sv39.table(PAGE(LEAF));
    const uint64_t first = pt_sv39.leaf(PAGE(SECOND), true, false, true, true),
                   second = pt_sv39.leaf(PAGE(FIRST), true, false, true, true);
    assert_int_equal(machine_store(w.machine, PAGE(ROOT), &table, 8), 0);
    assert_int_equal(machine_store(w.machine, PAGE(MIDDLE), &next, 8), 0);
    assert_int_equal(machine_store(w.machine, PAGE(LEAF) + 8, &first, 8), 0);
    assert_int_equal(machine_store(w.machine, PAGE(LEAF) + 16, &second, 8), 0);
    assert_int_equal(machine_store(w.machine, PAGE(SECOND) + PAGE_SIZE - 2, &wide, 2), 0);
    assert_int_equal(machine_store(w.machine, PAGE(FIRST), (const uint8_t *)&wide + 2, 2), 0);
    machine_set(w.machine, RV_CSR + CSR_satp, UINT64_C(8) << 60 | PAGE(ROOT) >> PAGE_SHIFT);
    assert_int_equal(disasm_at(w.machine, 0x1ffe, text, sizeof text), 0); /* M-mode does not translate */
    assert_string_equal(text, "");
    assert_int_equal(disasm_at(w.machine, PAGE(SECOND) + PAGE_SIZE - 2, text, sizeof text), 4);
    machine_set(w.machine, MACHINE_MODE, RV_U);
    assert_int_equal(disasm_at(w.machine, 0x1ffe, text, sizeof text), 0); /* PMP lets nobody but M anywhere */
    machine_set(w.machine, RV_CSR + CSR_pmpaddr0, UINT64_MAX);
    machine_set(w.machine, RV_CSR + CSR_pmpcfg0, 0x1f);
    assert_int_equal(disasm_at(w.machine, 0x1ffe, text, sizeof text), 4);
    assert_true(strcmp(text, "add a0, a0, a1") == 0 || strcmp(text, "add a0,a0,a1") == 0);
    assert_int_equal(disasm_at(w.machine, 0x1000, text, sizeof text), 2); /* zeros */
    assert_int_equal(disasm_at(w.machine, 0x3000, text, sizeof text), 0);
    machine_set(w.machine, MACHINE_MODE, RV_S);
    assert_int_equal(disasm_at(w.machine, 0x1ffe, text, sizeof text), 0); /* S does not execute U pages */
#undef PAGE
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instructions_for_people),
        cmocka_unit_test(instructions_where_they_are),
#ifdef TRAPEZE_CAPSTONE
        cmocka_unit_test(capstone_is_opened_once),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
