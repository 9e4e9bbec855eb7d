/* test_about_csr.c - every control register of csr.def is shown in parts, or known to be one number: no bit that can be set stays
 * without a name, no bit has two, and what the instruction set's table names is there.
 */
#include "isa/about.h"
#include "isa/riscv.h"
#include "mmu/phys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct host {
    struct ram *ram;
    struct phys *phys;
    struct machine *m;
};

static void make(struct host *h)
{
    assert_int_equal(ram_create(&h->ram, PAGE_SIZE), 0);
    assert_int_equal(phys_create(&h->phys), 0);
    assert_int_equal(phys_add_ram(h->phys, "ram", 0x80000000, PAGE_SIZE, h->ram, 0), 0);
    assert_int_equal(riscv_create(&h->m, h->phys, &riscv_config_default), 0);
}

static void destroy(struct host *h)
{
    machine_destroy(h->m);
    phys_destroy(h->phys);
    ram_destroy(h->ram);
}

static uint64_t mask_of(const struct about_part *p) { return ((UINT64_C(1) << p->width) - 1) << p->low; }

/* Every bit that some write sets. */
static uint64_t settable(struct machine *m, reg_t r)
{
    uint64_t bits = machine_get(m, r), before = bits;
    machine_set(m, r, UINT64_MAX);
    bits |= machine_get(m, r);
    for (unsigned i = 0; i < 64; i++) {
        machine_set(m, r, UINT64_C(1) << i);
        bits |= machine_get(m, r);
    }
    for (unsigned mode = 1; mode < 16; mode++) { /* of satp, with a root */
        machine_set(m, r, (uint64_t)mode << 60 | 0xffff);
        bits |= machine_get(m, r);
    }
    machine_set(m, r, before);
    return bits;
}

static void every_bit_has_one_name(void **state)
{
    struct host h;
    unsigned rows = 0;
    (void)state;
    make(&h);
    for (unsigned i = 0; i < isa_riscv.reg_count; i++) {
        const struct reg_desc *r = &isa_riscv.regs[i];
        struct about_part parts[ABOUT_PARTS];
        uint64_t covered = 0;
        if (r->reg < RV_CSR || r->reg >= MACHINE_PC)
            continue;
        rows++;
        unsigned n = about_parts(h.m, r->reg, parts);
        if ((n == 0) != about_is_whole(h.m->isa, r->reg))
            fail_msg("%s %s", r->name, n ? "has parts and is one number" : "has no parts, and is not said to be one number");
        for (unsigned k = 0; k < n; k++) {
            if (covered & mask_of(&parts[k]))
                fail_msg("%s: %s has bits of another part", r->name, parts[k].name);
            covered |= mask_of(&parts[k]);
        }
        uint64_t open = n ? settable(h.m, r->reg) & ~covered : 0;
        if (open)
            fail_msg("%s: bits 0x%llx have no name", r->name, (unsigned long long)open);
    }
    assert_true(rows > 150);
    destroy(&h);
}

static void the_table_s_fields_are_there(void **state)
{
    struct host h;
    (void)state;
    make(&h);
    for (unsigned i = 0; i < isa_riscv.field_count; i++) {
        const struct reg_field *f = &isa_riscv.fields[i];
        struct about_part parts[ABOUT_PARTS];
        unsigned n = about_parts(h.m, f->reg, parts), k = 0;
        while (k < n && strcmp(parts[k].name, strchr(f->name, '.') + 1) != 0)
            k++;
        if (f->width < 64 && (k == n || parts[k].low != f->low || parts[k].width != f->width))
            fail_msg("%s is not shown", f->name);
    }
    destroy(&h);
}

/* Any value: words, and none cut off. */
static void every_value_has_words(void **state)
{
    struct host h;
    (void)state;
    make(&h);
    srand(1);
    for (unsigned i = 0; i < isa_riscv.reg_count; i++) {
        struct about_part parts[ABOUT_PARTS];
        unsigned n = about_parts(h.m, isa_riscv.regs[i].reg, parts);
        for (unsigned k = 0; k < 200 * n; k++) {
            char text[ABOUT_PART_TEXT];
            uint64_t value = k < n ? UINT64_MAX : (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
            about_part_text(h.m, isa_riscv.regs[i].reg, &parts[k % n], value, text);
            assert_in_range(strlen(text), strcmp(parts[k % n].values, "letters") ? 1 : 0, ABOUT_PART_TEXT - 2);
        }
    }
    destroy(&h);
}

static void reads(struct machine *m, unsigned csr, uint64_t value, const char *want)
{
    struct about_part parts[ABOUT_PARTS];
    char all[2000] = "", text[ABOUT_PART_TEXT];
    unsigned n = about_parts(m, RV_CSR + csr, parts);
    for (unsigned i = 0; i < n; i++) {
        about_part_text(m, RV_CSR + csr, &parts[i], value, text);
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s=%s", i ? " " : "", parts[i].name, text);
    }
    if (!strstr(all, want))
        fail_msg("0x%llx reads '%s', not '%s'", (unsigned long long)value, all, want);
}

static void values_read_as_the_manual_has_them(void **state)
{
    struct host h;
    (void)state;
    make(&h);
    reads(h.m, CSR_satp, UINT64_C(0x8000100000080203), "PPN=0x80203 ASID=1 MODE=8 (Sv39)");
    reads(h.m, CSR_scause, 13, "Code=13 (load page fault) Interrupt=0");
    reads(h.m, CSR_mcause, UINT64_C(1) << 63 | 7, "Code=7 (machine timer interrupt) Interrupt=1");
    reads(h.m, CSR_mstatus, UINT64_C(0x8000000a00006800), "MPP=1 (S) FS=3 (Dirty)");
    reads(h.m, CSR_sstatus, UINT64_C(0x100), "SPP=1 (S)");
    reads(h.m, CSR_medeleg, 1 << 8, "ecall-u=1 ecall-s=0");
    reads(h.m, CSR_mideleg, 0x222, "SSI=1 MSI=0 STI=1 MTI=0 SEI=1 MEI=0");
    reads(h.m, CSR_sie, 0x20, "SSIE=0 STIE=1 SEIE=0");
    reads(h.m, CSR_mtvec, 0x80000101, "MODE=1 (vectored) BASE=0x80000100");
    reads(h.m, CSR_misa, machine_get(h.m, RV_CSR + CSR_misa), "Extensions=ACDFIMSU MXL=2 (64-bit)");
    reads(h.m, CSR_fcsr, 0x41, "NX=1 UF=0 OF=0 DZ=0 NV=0 frm=2 (down)");
    reads(h.m, CSR_menvcfg, UINT64_C(1) << 63 | 1, "FIOM=1");
    reads(h.m, CSR_pmpcfg2, 0x9f1b, "pmp8cfg=0x1b (NAPOT RW-) pmp9cfg=0x9f (NAPOT RWX locked) pmp10cfg=0x00 (OFF ---)");
    machine_set(h.m, RV_CSR + CSR_pmpaddr0, 0x20000000 | 0x1ff);
    machine_set(h.m, RV_CSR + CSR_pmpcfg0, 0x1f);
    reads(h.m, CSR_pmpaddr0, machine_get(h.m, RV_CSR + CSR_pmpaddr0), "address=0x200001ff (NAPOT 0x80000000-0x80000fff)");
    machine_set(h.m, RV_CSR + CSR_pmpcfg0, 0);
    reads(h.m, CSR_pmpaddr0, 0x20000000, "address=0x20000000 (OFF, 0x80000000)");
    destroy(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_bit_has_one_name),
        cmocka_unit_test(the_table_s_fields_are_there),
        cmocka_unit_test(every_value_has_words),
        cmocka_unit_test(values_read_as_the_manual_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
