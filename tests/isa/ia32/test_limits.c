/* test_limits.c - segments' limits and types against a byte-by-byte oracle; #SS for SS; alignment checks; and permission for ports. */
#include "isa/ia32/access.h"
#include "isa/ia32/port.h"
#include "tests/isa/ia32/rig.h"

/* Which offsets a data segment has [SDM 3A 5.3], one at a time. */
static bool has_byte(const struct ia_segment *s, uint64_t offset)
{
    const bool down = (s->rights & 0xc) == 4;
    if (offset > UINT32_MAX)
        return false;
    return down ? offset > s->limit && offset <= (s->rights & IA_RIGHTS_DB ? UINT32_MAX : 0xffff) : offset <= s->limit;
}

static bool oracle(const struct ia_segment *s, uint32_t offset, unsigned size, bool write)
{
    const unsigned type = s->rights & 15;
    if (s->rights & IA_RIGHTS_NULL)
        return false;
    if (write ? type >= 8 || !(type & 2) : type >= 8 && !(type & 2))
        return false;
    for (unsigned n = 0; n < size; n++)
        if (!has_byte(s, (uint64_t)offset + n))
            return false;
    return true;
}

static void limits(void **state)
{
    static const uint32_t edges[] = {0, 1, 2, 7, 8, 0xfff, 0x1000, 0xfffe, 0xffff, 0x10000, 0x7ffffffe, 0xfffffffe, UINT32_MAX};
    enum { EDGES = sizeof edges / sizeof *edges };
    static const unsigned segs[] = {IA_DS, IA_SS};
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned type = 0; type < 16; type++)
        for (unsigned big = 0; big < 2; big++)
            for (unsigned l = 0; l < EDGES; l++)
                for (unsigned o = 0; o < EDGES; o++)
                    for (unsigned n = 0; n < 24; n++) {
                        const unsigned size = 1u << (n & 3), seg = segs[n >> 2 & 1];
                        const uint32_t offset = edges[o] - (n >> 3); /* and a little before the edge */
                        struct ia_segment *s = &r.c->seg[seg];
                        uint64_t v;
                        *s = (struct ia_segment){
                            .selector = 8, .base = 0x3000, .limit = edges[l], .rights = 0x90 | type | (big ? 0x4000u : 0)};
                        for (unsigned write = 0; write < 2; write++) {
                            const bool ok = write ? ia_store(r.c, seg, offset, size, 0) : ia_load(r.c, seg, offset, size, &v);
                            assert_int_equal(ok, oracle(s, offset, size, write));
                            assert_int_equal(ia_probe(r.c, seg, offset, size, write), ok);
                            if (!ok) {
                                assert_int_equal(r.c->trap.cause, seg == IA_SS ? IA_SS_FAULT : IA_GP);
                                assert_int_equal(r.c->trap.error, 0);
                            }
                        }
                    }
    rig_close(&r);
}

/* Real mode looks at limits alone; a null segment has nothing in any mode. */
static void types_in_real_mode(void **state)
{
    struct rig r;
    uint64_t v;
    (void)state;
    rig_open(&r);
    r.c->cr0 &= ~CR0_PE;
    r.c->seg[IA_DS] = (struct ia_segment){.base = 0, .limit = 0xffff, .rights = 0x9b};
    assert_true(ia_store(r.c, IA_DS, 0xfffc, 4, 0));
    assert_false(ia_store(r.c, IA_DS, 0xfffd, 4, 0));
    r.c->seg[IA_DS].limit = UINT32_MAX; /* big real mode */
    assert_true(ia_load_segment(r.c, IA_DS, 0x4000));
    assert_true(ia_store(r.c, IA_DS, 0x20000, 4, 0x99));
    assert_int_equal(rig_get(&r, 0x60000, 4), 0x99);
    r.c->seg[IA_DS] = ia_segment_null(0);
    assert_false(ia_load(r.c, IA_DS, 0, 1, &v));
    rig_close(&r);
}

static void alignment(void **state)
{
    struct rig r;
    uint64_t v;
    (void)state;
    rig_open(&r);
    for (unsigned n = 0; n < 256; n++) {
        const unsigned size = 1u << (n & 3), offset = n >> 2 & 7;
        const bool am = n & 32, ac = n & 64, ring3 = n & 128;
        rig_ring(&r, ring3 ? 3 : 0);
        r.c->cr0 = CR0_PE | (am ? CR0_AM : 0);
        ia_flags_set(r.c, ac ? EFLAGS_AC : 0, EFLAGS_AC);
        const bool ok = !(am && ac && ring3 && offset % size);
        assert_int_equal(ia_load(r.c, IA_DS, 0x6000 + offset, size, &v), ok);
        assert_int_equal(ia_store(r.c, IA_DS, 0x6000 + offset, size, 0), ok);
        if (!ok)
            assert_int_equal(r.c->trap.cause, IA_AC);
        assert_true(ia_load_linear(r.c, 0x6000 + offset, size, true, &v)); /* the processor's own are not asked */
    }
    rig_close(&r);
}

/* --- Ports */

static bool oracle_port(const uint8_t *map, unsigned map_bytes, unsigned port, unsigned size)
{
    if (port / 8 + 1 >= map_bytes) /* two bytes are read */
        return false;
    for (unsigned n = port; n < port + size; n++)
        if (map[n / 8] >> n % 8 & 1)
            return false;
    return true;
}

static void the_map_of_ports(void **state)
{
    enum { BASE = 0x70, BYTES = 20 };
    uint8_t map[BYTES + 8];
    struct rig r;
    uint32_t seed = 1;
    (void)state;
    rig_open(&r);
    rig_put(&r, RIG_TSS + 0x66, 2, BASE);
    r.c->tr.limit = BASE + BYTES - 1;
    for (unsigned round = 0; round < 64; round++) {
        for (unsigned n = 0; n < sizeof map; n++) {
            seed = seed * 1664525 + 1013904223;
            map[n] = round < 2 ? (round ? 0xff : 0) : (uint8_t)(seed >> 24 & seed >> 16 & seed >> 8);
            rig_put(&r, RIG_TSS + BASE + n, 1, map[n]);
        }
        for (unsigned port = 0; port < 8 * (BYTES + 2); port++)
            for (unsigned mode = 0; mode < 4; mode++) {
                const unsigned size = 1u << round % 3, iopl = mode & 1 ? 3 : 0;
                const bool v86 = mode & 2, by_map = v86 || iopl < 3;
                rig_ring(&r, 3);
                ia_flags_set(r.c, iopl << 12 | (v86 ? EFLAGS_VM : 0), EFLAGS_IOPL | EFLAGS_VM);
                const bool ok = ia_port_allowed(r.c, (uint16_t)port, size);
                assert_int_equal(ok, !by_map || oracle_port(map, BYTES, port, size));
                if (!ok) {
                    assert_int_equal(r.c->trap.cause, IA_GP);
                    assert_int_equal(r.c->trap.reason, REASON_PRIVILEGE);
                }
            }
    }
    rig_ring(&r, 3);
    r.c->tr.rights = 0x83; /* a task state of 16 bits has no map */
    assert_false(ia_port_allowed(r.c, 0, 1));
    rig_ring(&r, 0);
    assert_true(ia_port_allowed(r.c, 0, 1));
    rig_close(&r);
}

/* --- The bus of ports: a device of bytes, one of doublewords, and nothing. */

struct device {
    uint8_t byte[4];
    unsigned accesses;
};
static bool byte_read(void *opaque, uint64_t offset, unsigned size, uint64_t *v)
{
    struct device *d = opaque;
    return size == 1 && (d->accesses++, *v = d->byte[offset], true);
}
static bool byte_write(void *opaque, uint64_t offset, unsigned size, uint64_t v)
{
    struct device *d = opaque;
    return size == 1 && (d->accesses++, d->byte[offset] = (uint8_t)v, true);
}
static const struct phys_io byte_io = {byte_read, byte_write};

static void strings_and_ports(void **state)
{
    struct rig r;
    struct device d = {{1, 2, 3, 4}, 0};
    uint32_t v;
    (void)state;
    rig_open(&r);
    assert_int_equal(phys_create(&r.c->machine.ports), 0);
    assert_int_equal(phys_add_io(r.c->machine.ports, "bytes", 0x1f0, 4, &byte_io, &d), 0);
    assert_true(ia_port_read(r.c, 0x1f0, 4, &v));
    assert_int_equal(v, 0x04030201);
    assert_int_equal(d.accesses, 4);
    assert_true(r.c->attention & IA_ATTEND_YIELD);
    assert_true(ia_port_read(r.c, 0x1f2, 4, &v));
    assert_int_equal(v, 0xffff0403);
    assert_true(ia_port_write(r.c, 0x1f1, 2, 0x8877));
    assert_int_equal(d.byte[1], 0x77);
    assert_int_equal(d.byte[2], 0x88);
    assert_true(ia_port_read(r.c, 0xffff, 4, &v));
    assert_int_equal(v, UINT32_MAX);

    /* REP INSB, downward, an iteration a call; and one whose memory is not writable leaves the port alone. */
    ia_insn i = rig_insn(0, 0);
    i.opsize = 1;
    i.rep = IA_REP;
    r.c->r[IA_EDX] = 0xabcd01f0;
    r.c->r[IA_ECX] = 3;
    r.c->r[IA_EDI] = 0x6002;
    ia_flags_set(r.c, EFLAGS_DF, EFLAGS_DF);
    for (unsigned n = 0; n < 3; n++) {
        r.c->next = r.c->eip + 2;
        assert_int_equal(rig_do(&r, ia_body_ins, &i).vector, RIG_FINE);
        assert_int_equal(r.c->r[IA_ECX], 2 - n);
        assert_int_equal(r.c->next - r.c->eip, n < 2 ? 0 : 2);
        assert_int_equal(rig_get(&r, 0x6002 - n, 1), 1);
    }
    assert_int_equal(r.c->r[IA_EDI], 0x5fff);
    const unsigned accesses = d.accesses;
    assert_int_equal(rig_do(&r, ia_body_ins, &i).vector, RIG_FINE); /* none left */
    r.c->r[IA_ECX] = 1;
    r.c->seg[IA_ES].limit = 0x10;
    assert_int_equal(rig_do(&r, ia_body_ins, &i).vector, IA_GP);
    assert_int_equal(d.accesses, accesses);
    assert_int_equal(r.c->r[IA_ECX], 1);
    phys_destroy(r.c->machine.ports);
    rig_close(&r);
}

/* ARPL writes only a selector that it raises: on the 386 the others are no fault in a segment that is not writable [386 17.2, ARPL], and
 * ROMs that test it ask for that. The Pentium looks before it reads. */
static void arpl_where_nothing_may_be_written(void **state)
{
    static const struct {
        uint16_t there, reg;
        bool writable, i386, i686, zf;
        uint16_t then;
    } cases[] = {
        {0xfff0, 2, true, true, true, true, 0xfff2},     {0xfff2, 2, true, true, true, false, 0xfff2},
        {0xfff3, 2, false, true, false, false, 0xfff3},  {0xfff2, 2, false, true, false, false, 0xfff2},
        {0xfff0, 2, false, false, false, false, 0xfff0},
    };
    enum { AT = 0x6000, CASES = sizeof cases / sizeof *cases };
    struct rig r;
    (void)state;
    rig_open(&r);
    for (unsigned n = 0; n < 2 * CASES; n++) {
        const unsigned k = n % CASES;
        const bool i386 = n >= CASES, ok = i386 ? cases[k].i386 : cases[k].i686;
        ia_insn i = rig_insn(IA_EBX, 0);
        i.rm_is_memory = true;
        i.opsize = 2;
        i.disp = AT;
        r.c->config.model = i386 ? IA_MODEL_386 : IA_MODEL_686;
        rig_put(&r, AT, 2, cases[k].there);
        r.c->r[IA_EBX] = cases[k].reg;
        r.c->seg[IA_DS].rights = cases[k].writable ? 0x4093 : 0x4091;
        ia_context_changed(r.c);
        ia_flags_status_change(&r.c->flags, 0, EFLAGS_ZF);
        assert_int_equal(rig_do(&r, ia_body_arpl, &i).vector, ok ? RIG_FINE : IA_GP);
        assert_int_equal(rig_get(&r, AT, 2), cases[k].then);
        assert_int_equal((ia_flags_status(&r.c->flags) & EFLAGS_ZF) != 0, cases[k].zf);
    }
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits),           cmocka_unit_test(types_in_real_mode),
        cmocka_unit_test(alignment),        cmocka_unit_test(arpl_where_nothing_may_be_written),
        cmocka_unit_test(the_map_of_ports), cmocka_unit_test(strings_and_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
