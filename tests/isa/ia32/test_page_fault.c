/* test_page_fault.c - paging as programs meet it: the matrix of P W U A D of both levels x WP x PSE x ring x access, with error code, CR2's
 * value and the marks left; accesses that cross pages; what the TLB must forget; tables where there is no memory; the A20 gate.
 */
#include "isa/ia32/access.h"
#include "tests/isa/ia32/rig.h"

enum { DIRECTORY = 0x10000, TABLE = 0x11000, PAGE = 0x20000, LINEAR = 0x00c05124 };
enum { P = 1, W = 2, U = 4, A = 32, D = 64, PS = 128 };

static void paging(struct rig *r, unsigned cpl, uint32_t cr0, uint32_t cr4)
{
    r->c->cr0 = CR0_PE | CR0_PG | cr0;
    r->c->cr3 = DIRECTORY;
    r->c->cr4 = cr4;
    r->c->cpl = (uint8_t)cpl;
    tlb_flush_all(&r->c->tlb);
    ia_context_changed(r->c);
}

static void entries(struct rig *r, uint32_t directory, uint32_t table)
{
    rig_put(r, DIRECTORY + 4 * (LINEAR >> 22), 4, directory);
    rig_put(r, TABLE + 4 * (LINEAR >> 12 & 0x3ff), 4, table);
}

/* Error code, or -1. */
static int oracle(unsigned d, unsigned t, bool large, bool user, bool write, bool wp)
{
    const int base = (write ? 2 : 0) + (user ? 4 : 0);
    if (!(d & P) || (!large && !(t & P)))
        return base;
    const unsigned both = large ? d : d & t;
    if (user && !(both & U))
        return base + 1;
    return write && !(both & W) && (user || wp) ? base + 1 : -1;
}

static void one(struct rig *r, unsigned d, unsigned t, unsigned cpl, bool write, bool wp, bool pse)
{
    const bool large = pse && (d & PS), user = cpl == 3;
    const uint32_t directory = (large ? 0 : TABLE) | d, table = PAGE | t;
    const uint32_t at = large ? LINEAR & 0x3fffff : PAGE | (LINEAR & 0xfff);
    const int error = oracle(d, t, large, user, write, wp);
    uint64_t v = 0;
    paging(r, cpl, wp ? CR0_WP : 0, pse ? CR4_PSE : 0);
    entries(r, directory, table);
    rig_put(r, at, 4, 0x600df00d);
    for (unsigned again = 0; again < 2; again++) { /* by the walk, and by what the TLB learnt */
        const bool ok = write ? ia_store(r->c, IA_DS, LINEAR, 4, 0x1234 + again) : ia_load(r->c, IA_DS, LINEAR, 4, &v);
        assert_int_equal(ok, error < 0);
        if (!ok) {
            assert_int_equal(r->c->trap.cause, IA_PF);
            assert_int_equal(r->c->trap.error, error);
            assert_int_equal(r->c->trap.tval, LINEAR);
            assert_int_equal(r->c->trap.reason, REASON_RESOURCE);
        } else {
            assert_int_equal(write ? rig_get(r, at, 4) : v, write ? 0x1234 + again : 0x600df00d);
        }
    }
    const unsigned marks = A | (write ? D : 0);
    assert_int_equal(rig_get(r, DIRECTORY + 4 * (LINEAR >> 22), 4), directory | (error >= 0 ? 0 : large ? marks : A));
    assert_int_equal(rig_get(r, TABLE + 4 * (LINEAR >> 12 & 0x3ff), 4), table | (error >= 0 || large ? 0 : marks));
}

static unsigned spread(unsigned n) { return (n & 7) | (n & 0x18) << 2 | (n & 0x20) << 2; } /* P W U, A D, PS */

static void the_matrix(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned n = 0; n < 1 << 15; n++) {
        const unsigned cpl = n & 1 ? 3 : n >> 1 & 1; /* 0, 1, 3 */
        one(&r, spread(n >> 9 & 63), spread(n >> 4 & 31), cpl, n & 4, n & 8, n >> 1 & 1);
    }
    rig_close(&r);
}

static void large_pages_reserve_bits(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned bit = 12; bit < 22; bit++) {
        uint64_t v;
        paging(&r, 3, 0, CR4_PSE);
        entries(&r, UINT32_C(1) << bit | PS | P | U, 0);
        assert_int_equal(ia_load(r.c, IA_DS, LINEAR, 4, &v), bit == 12);
        if (bit > 12)
            assert_int_equal(r.c->trap.error, 8 + 4 + 1);
    }
    rig_close(&r);
}

/* Implicit accesses are a supervisor's, whatever the CPL. */
static void tables_are_a_supervisors(void **state)
{
    struct rig r;
    uint64_t v;
    (void)state;
    rig_open(&r);
    paging(&r, 3, CR0_WP, 0);
    entries(&r, TABLE | P | W | U, PAGE | P | W);
    assert_false(ia_load(r.c, IA_DS, LINEAR, 4, &v));
    assert_int_equal(r.c->trap.error, 5);
    assert_true(ia_load_linear(r.c, LINEAR, 4, true, &v));
    assert_true(ia_store_linear(r.c, LINEAR, 4, true, 5));
    assert_false(ia_load(r.c, IA_DS, LINEAR, 4, &v)); /* what it left in the TLB is not the program's */
    entries(&r, TABLE | P | W | U, PAGE | P | U);
    paging(&r, 3, CR0_WP, 0);
    assert_false(ia_store_linear(r.c, LINEAR, 4, true, 5));
    assert_int_equal(r.c->trap.error, 3);
    rig_close(&r);
}

/* ARPL is a read-modify-write: on a page that is absent the error code says so, whether or not a selector will be raised. Of the 386 it is a
 * read where the segment may not be written. */
static void arpl_means_to_write(void **state)
{
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned n = 0; n < 4; n++) {
        const bool writable = n & 1, i386 = n & 2;
        ia_insn i = rig_insn(IA_EBX, 0);
        i.rm_is_memory = true;
        i.opsize = 2;
        i.disp = LINEAR;
        r.c->config.model = i386 ? IA_MODEL_386 : IA_MODEL_686;
        r.c->r[IA_EBX] = 0; /* no selector has a lower RPL */
        r.c->seg[IA_DS].rights = writable ? 0xc0f3 : 0xc0f1;
        paging(&r, 3, 0, 0);
        entries(&r, TABLE | P | W | U, 0);
        const struct rig_outcome o = rig_do(&r, ia_body_arpl, &i);
        assert_int_equal(o.vector, writable || i386 ? IA_PF : IA_GP);
        assert_int_equal(o.error, writable ? 6 : i386 ? 4 : 0);
    }
    rig_close(&r);
}

/* Two pages, at every offset: all or nothing, and the first byte that faults is named. */
static void across_pages(void **state)
{
    enum { EDGE = 0x00c06000 };
    struct rig r;
    (void)state;
    rig_open(&r);
    paging(&r, 3, 0, 0);
    for (unsigned present = 0; present < 4; present++)
        for (unsigned size = 2; size <= 8; size *= 2)
            for (unsigned before = 1; before < size; before++) {
                const uint32_t at = EDGE - before;
                uint64_t v = 0;
                rig_put(&r, DIRECTORY + 4 * (EDGE >> 22), 4, TABLE | P | W | U);
                rig_put(&r, TABLE + 4 * 5, 4, 0x30000 | W | U | (present & 1 ? P : 0)); /* not next to each other in memory */
                rig_put(&r, TABLE + 4 * 6, 4, 0x25000 | W | U | (present & 2 ? P : 0));
                tlb_flush_all(&r.c->tlb);
                for (unsigned n = 0; n < 16; n++) {
                    rig_put(&r, 0x30ff0 + n, 1, 0x10 + n);
                    rig_put(&r, 0x25000 + n, 1, 0x20 + n);
                }
                assert_int_equal(ia_load(r.c, IA_DS, at, size, &v), present == 3);
                assert_int_equal(ia_store(r.c, IA_DS, at, size, UINT64_MAX), present == 3);
                for (unsigned n = 0; n < size && present == 3; n++)
                    assert_int_equal(v >> 8 * n & 0xff, n < before ? 0x20 - before + n : 0x20 + n - before);
                if (present != 3) {
                    assert_int_equal(r.c->trap.tval, present & 1 ? EDGE : at);
                    assert_int_equal(r.c->trap.error, 4 + 2);
                }
                for (unsigned n = 0; n < 16; n++) {
                    const bool hit_low = present == 3 && n >= 16 - before, hit_high = present == 3 && n < size - before;
                    assert_int_equal(rig_get(&r, 0x30ff0 + n, 1), hit_low ? 0xff : 0x10 + n);
                    assert_int_equal(rig_get(&r, 0x25000 + n, 1), hit_high ? 0xff : 0x20 + n);
                }
            }
    rig_close(&r);
}

static struct rig_outcome write_cr(struct rig *r, unsigned n, uint32_t v)
{
    const ia_insn i = rig_insn(n, IA_EAX);
    r->c->r[IA_EAX] = v;
    return rig_do(r, ia_body_mov_to_cr, &i);
}

static void what_the_tlb_forgets(void **state)
{
    struct rig r;
    uint64_t v;
    (void)state;
    rig_open(&r);
    paging(&r, 0, 0, 0);
    for (unsigned way = 0; way < 4; way++) {
        ia_insn i = rig_insn(7, 0);
        i.rm_is_memory = true;
        i.disp = (int32_t)LINEAR;
        entries(&r, TABLE | P | W, PAGE | P | W);
        assert_true(ia_load(r.c, IA_DS, LINEAR, 4, &v));
        assert_true(ia_store(r.c, IA_DS, LINEAR, 4, v));
        entries(&r, TABLE | P | W, 0);
        if (way == 0)
            assert_int_equal(write_cr(&r, 3, DIRECTORY).vector, RIG_FINE);
        if (way == 1)
            assert_int_equal(rig_do(&r, ia_body_invlpg, &i).vector, RIG_FINE);
        if (way == 2)
            assert_int_equal(write_cr(&r, 0, CR0_PE | CR0_PG | CR0_WP).vector, RIG_FINE);
        if (way == 3)
            assert_int_equal(write_cr(&r, 4, CR4_PSE).vector, RIG_FINE);
        assert_false(ia_load(r.c, IA_DS, LINEAR, 4, &v));
        assert_false(ia_store(r.c, IA_DS, LINEAR, 4, 0));
    }
    rig_close(&r);
}

static void control_registers(void **state)
{
    static const struct {
        uint32_t cr0;
        unsigned vector;
    } cases[] = {{CR0_PE, RIG_FINE},          {CR0_PE | CR0_PG, RIG_FINE},          {CR0_PG, 13}, {CR0_NW | CR0_PE, 13},
                 {CR0_CD | CR0_PE, RIG_FINE}, {CR0_CD | CR0_NW | CR0_PE, RIG_FINE}, {0, RIG_FINE}};
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned n = 0; n < sizeof cases / sizeof *cases; n++) {
        rig_ring(&r, 0);
        assert_int_equal(write_cr(&r, 0, cases[n].cr0).vector, cases[n].vector);
        if (cases[n].vector == RIG_FINE)
            assert_int_equal(r.c->cr0, cases[n].cr0 | CR0_ET);
    }
    write_cr(&r, 0, CR0_PE);
    rig_ring(&r, 0);
    assert_int_equal(write_cr(&r, 1, 0).vector, IA_UD);
    assert_int_equal(write_cr(&r, 5, 0).vector, IA_UD);
    assert_int_equal(write_cr(&r, 4, 0x20).vector, 13); /* PAE: there is none */
    r.c->config.model = IA_MODEL_386;
    assert_int_equal(write_cr(&r, 4, 0).vector, IA_UD);
    r.c->config.model = IA_MODEL_686;
    for (unsigned cpl = 1; cpl < 4; cpl++) {
        rig_ring(&r, cpl);
        const struct rig_outcome o = write_cr(&r, 0, CR0_PE);
        assert_int_equal(o.vector, 13);
        assert_int_equal(o.reason, REASON_PRIVILEGE);
    }
    rig_close(&r);
}

/* Memory that is not there reads as ones: so does a directory there, and what it maps is where no memory is either. */
static void nobody_answers(void **state)
{
    struct rig r;
    uint64_t v;
    (void)state;
    rig_open(&r);
    assert_true(ia_load(r.c, IA_DS, RIG_RAM - 2, 4, &v));
    assert_int_equal(v >> 16, 0xffff); /* half of it is there */
    assert_true(ia_store(r.c, IA_DS, RIG_RAM - 2, 4, 0x12345678));
    assert_int_equal(rig_get(&r, RIG_RAM - 2, 2), 0x5678);
    assert_true(ia_load(r.c, IA_DS, 0x80000000, 8, &v));
    assert_true(v == UINT64_MAX);
    paging(&r, 3, 0, 0);
    r.c->cr3 = 0x80000000;
    ia_context_changed(r.c);
    assert_true(ia_load(r.c, IA_DS, 0x1000, 4, &v));
    assert_int_equal(v, UINT32_MAX);
    rig_close(&r);
}

static void the_a20_gate(void **state)
{
    struct rig r;
    uint64_t v;
    (void)state;
    rig_open(&r);
    rig_put(&r, 0x500, 4, 0xcafe);
    assert_true(ia_load(r.c, IA_DS, 0x100500, 4, &v));
    assert_int_equal(v, UINT32_MAX);
    r.c->a20_mask = ~(UINT32_C(1) << 20);
    assert_true(ia_load(r.c, IA_DS, 0x100500, 4, &v));
    assert_int_equal(v, 0xcafe);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_matrix),
        cmocka_unit_test(large_pages_reserve_bits),
        cmocka_unit_test(tables_are_a_supervisors),
        cmocka_unit_test(arpl_means_to_write),
        cmocka_unit_test(across_pages),
        cmocka_unit_test(what_the_tlb_forgets),
        cmocka_unit_test(control_registers),
        cmocka_unit_test(nobody_answers),
        cmocka_unit_test(the_a20_gate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
