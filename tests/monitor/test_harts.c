/* test_harts.c - a debugger, and GDB, before a guest of two harts: each is looked at and selected by number, the one that stops is selected,
 * threads are harts. Bare, on one host hart, and on two.
 */
#include "devices/virt.h"
#include "monitor/debug/open.h"
#include "monitor/debug/traplog.h"
#include "monitor/gdb/stub.h"
#include "monitor/kind.h"
#include "monitor/repl/repl.h"
#include "monitor/session.h"
#include "tests/core/harts.h"

enum { SAID = 16384, SLICE = 50, MARK0 = 1000, MARK1 = 1001 };

/* The guest, the debugger and GDB at one table. */
struct table {
    struct harts h;
    struct session session;
    struct run_options options;
    struct debugger d;
    struct gdb_stub stub;
    char said[4096];
};

/* Both harts count A0 up, from different numbers on. */
static void counts(struct table *t)
{
    for (unsigned n = 0; n < HARTS; n++) {
        struct program p = {0};
        const unsigned loop = here(&p);
        addi(&p, A0, A0, 1);
        beq(&p, ZERO, ZERO, loop);
        assert_int_equal(machine_store(t->h.cpu[n], PROGRAM_PAGE(n), p.word, p.count * 4), 0);
        machine_set(t->h.cpu[n], RV_X + A0, n ? MARK1 : MARK0);
    }
}

static void hear(void *opaque, const char *body, size_t length)
{
    struct table *t = opaque;
    assert_true(length < sizeof t->said);
    memcpy(t->said, body, length);
    t->said[length] = '\0';
}

/* program: NULL, or what it puts in the place of locks, interrupts and page tables (harts.h). */
static void table_open_with(struct table *t, const struct harts_kind *kind, void (*program)(struct table *))
{
    const struct virt_config board = {.ram_size = RIG_RAM, .harts = HARTS, .isa = "rv64imafdc"};
    static const struct kind plain = {.machine = "virt", .isa = &isa_riscv};
    struct error e;

    memset(t, 0, sizeof *t);
    harts_create(&t->h, kind);
    t->options = (struct run_options){.kind = &plain, .max_insns = 100000};
    t->session.options = &t->options;
    t->session.stack = (struct stack){.ram = t->h.ram, .phys = t->h.phys, .depth = kind->depth};
    for (unsigned level = 0; level <= kind->depth; level++) {
        t->session.stack.level[level] = t->h.machine[level][0];
        snprintf(t->session.stack.name[level], sizeof t->session.stack.name[level], "level%u", level);
    }
    if (system_create(&t->session.system, t->h.cpu[0], virt_create, &board, rig_config.units_per_tick, &e) ||
        system_add_hart(t->session.system, t->h.cpu[1], &e))
        fail_msg("%s", e.text);
    t->session.system->slice = SLICE;
    harts_load(&t->h);
    if (program)
        program(t);
    if (debugger_open(&t->d, &t->options, &t->session, NULL, &e))
        fail_msg("%s", e.text);
    gdb_stub_begin(&t->stub, &t->d, hear, t);
}

static void table_open(struct table *t, const struct harts_kind *kind) { table_open_with(t, kind, counts); }

static void table_close(struct table *t)
{
    gdb_stub_end(&t->stub);
    debugger_close(&t->d);
    system_destroy(t->session.system);
    harts_destroy(&t->h);
}

static const char *ask(struct table *t, const char *packet)
{
    gdb_stub_packet(&t->stub, packet, strlen(packet));
    return t->said;
}

static uint64_t value(struct table *t, const char *text)
{
    struct value v;
    struct error e;
    if (debugger_value(&t->d, text, &v, &e))
        fail_msg("%s", e.text);
    return v.bits;
}

/* Bare, one host hart, two, depth 2 one by two. */
static const struct harts_kind *some(unsigned n) { return n == 0 ? &bare : &kinds[(const unsigned[]){0, 3, 7}[n - 1]]; }
enum { SOME = 4 };

static void each_is_looked_at(void **state)
{
    (void)state;
    for (unsigned k = 0; k < SOME; k++) {
        static struct table t;
        struct error e;
        table_open(&t, some(k));
        assert_int_equal(t.d.hart, 0);
        assert_int_equal(value(&t, "$a0"), MARK0);
        assert_int_equal(debugger_set_hart(&t.d, 1, &e), 0);
        assert_int_equal(value(&t, "$a0"), MARK1);
        assert_int_equal(value(&t, "$pc"), PROGRAM_PAGE(1));
        (void)value(&t, "$a0 = 5"); /* it is that one's to set */
        assert_int_equal(machine_get(t.h.cpu[1], RV_X + A0), 5);
        assert_int_equal(machine_get(t.h.cpu[0], RV_X + A0), MARK0);
        assert_true(debugger_set_hart(&t.d, 2, &e) != 0);
        assert_non_null(strstr(e.text, "there is no hart 2"));
        assert_int_equal(t.d.hart, 1);
        table_close(&t);
    }
}

/* A stop is at a moment of the board and of a hart, which is looked at then. */
static void who_stops_is_selected(void **state)
{
    const struct breakpoint second = {.kind = BREAK_EXECUTE, .address = PROGRAM_PAGE(1) + 4, .text = "there"};

    (void)state;
    for (unsigned k = 0; k < SOME; k++) {
        static struct table t;
        struct error e;
        unsigned number;
        table_open(&t, some(k));
        debugger_step(&t.d, SLICE);
        assert_int_equal(t.d.hart, 0);
        debugger_step(&t.d, 1);
        assert_int_equal(t.d.hart, 1); /* its first */
        assert_false(t.d.has_before);  /* what is known is hart 0's */
        assert_int_equal(value(&t, "$a0"), MARK1 + 1);
        assert_int_equal(debugger_moment(&t.d).hart, 1);
        debugger_step(&t.d, 1);
        assert_true(t.d.has_before);
        debugger_step(&t.d, SLICE);
        assert_int_equal(t.d.hart, 0);
        if (debugger_break_add(&t.d, &second, NULL, NULL, &number, &e))
            fail_msg("%s", e.text);
        for (unsigned n = 0; n < 3; n++) { /* in the midst of others' turns it is met */
            debugger_continue(&t.d);
            assert_int_equal(t.d.stop.reason, STOP_BREAKPOINT);
            assert_int_equal(t.d.hart, 1);
            assert_int_equal(value(&t, "$pc"), PROGRAM_PAGE(1) + 4);
            assert_int_equal(debugger_set_hart(&t.d, 0, &e), 0); /* whoever is looked at */
        }
        const uint64_t here = debugger_retired(&t.d);
        if (debugger_back_continue(&t.d, false, &e))
            fail_msg("%s", e.text);
        assert_true(debugger_retired(&t.d) < here);
        assert_int_equal(t.d.stop.reason, STOP_BREAKPOINT);
        assert_int_equal(t.d.hart, 1);
        table_close(&t);
    }
}

static void shown(struct table *t, const char *command, char out[SAID])
{
    FILE *f = fmemopen(out, SAID, "w");
    assert_non_null(f);
    const int r = repl_execute(&t->d, command, f);
    assert_int_equal(fclose(f), 0);
    if (r)
        fail_msg("%s: %s", command, out);
}

/* Views are of the selected hart at every level. */
static void views_are_of_the_hart(void **state)
{
    (void)state;
    for (unsigned k = 0; k < SOME; k++) {
        static struct table t;
        char first[SAID], second[SAID];
        struct error e;
        table_open(&t, some(k));
        machine_set(t.h.cpu[1], MACHINE_MODE, RV_M);
        shown(&t, "info vm", first);
        assert_int_equal(debugger_set_hart(&t.d, 1, &e), 0);
        shown(&t, "info vm", second);
        static const char *const guest_in_m[] = {"bare   M-mode", "level1 virtual M", "level2 virtual M"};
        const char *in_m = guest_in_m[t.h.depth];
        if (strstr(first, in_m) || !strstr(second, in_m))
            fail_msg("%s%s", first, second);
        table_close(&t);
    }
}

/* Each hart in S reads a register that is the VMM's: what D took is told by hart, and the latest of the one looked at is its own. */
static void exits_are_of_harts(void **state)
{
    (void)state;
    for (unsigned k = 0; k < SOME; k++) {
        static struct table t;
        char list[SAID];
        struct error e;
        table_open(&t, some(k));
        for (unsigned n = 0; n < HARTS; n++) {
            struct program p = {0};
            csrrs(&p, A0, n ? CSR_stval : CSR_sscratch, ZERO);
            beq(&p, ZERO, ZERO, 0);
            assert_int_equal(machine_store(t.h.cpu[n], PROGRAM_PAGE(n), p.word, p.count * 4), 0);
            machine_set(t.h.cpu[n], MACHINE_MODE, RV_S);
        }
        shown(&t, "hart 1", list);
        assert_int_equal(t.d.hart, 1);
        assert_non_null(strstr(list, "*  1  mode S"));
        assert_non_null(strstr(list, "   0  mode S"));
        debugger_step(&t.d, SLICE + 2);
        assert_int_equal(t.d.hart, 1);
        if (t.h.depth) {
            const struct traplog_entry *mine = traplog_last(t.d.traplog, t.h.depth);
            assert_ptr_equal(mine->event.vm, t.h.cpu[1]);
            assert_int_equal(mine->event.trap.bits >> 20, CSR_stval);
            assert_int_equal(debugger_set_hart(&t.d, 0, &e), 0);
            const struct traplog_entry *other = traplog_last(t.d.traplog, t.h.depth);
            assert_ptr_equal(other->event.vm, t.h.cpu[0]);
            assert_int_equal(other->event.trap.bits >> 20, CSR_sscratch);
            char level[24];
            snprintf(level, sizeof level, "level%u 0 S", t.h.depth);
            shown(&t, "info exits -20", list);
            assert_non_null(strstr(list, level));
            level[7] = '1';
            assert_non_null(strstr(list, level));
        }
        table_close(&t);
    }
}

/* A line of the trace says whose it is, and what that one wrote, also where a turn ends between two. */
static void the_trace_tells_harts(void **state)
{
    (void)state;
    for (unsigned k = 0; k < SOME; k++) {
        static struct table t;
        char lines[SAID];
        table_open(&t, some(k));
        debugger_step(&t.d, SLICE - 2);
        shown(&t, "trace 4", lines);
        assert_non_null(strstr(lines, "# insn-cnt h m pc"));
        for (unsigned n = 0; n < 4; n++) {
            const unsigned hart = n / 2;
            char head[64], wrote[32];
            snprintf(head, sizeof head, "%10u %u S 0x%016llx ", SLICE - 2 + n, hart,
                     (unsigned long long)PROGRAM_PAGE(hart) + n % 2 * 4);
            snprintf(wrote, sizeof wrote, "a0=0x%x\n", hart ? MARK1 + 1 : MARK0 + SLICE / 2);
            const char *line = strstr(lines, head);
            if (!line || (n % 2 == 0 && strstr(line, "a0=") != strstr(line, wrote)))
                fail_msg("no '%s', or not '%s' in %s", head, wrote, lines);
        }
        table_close(&t);
    }
}

/* Both read a register that is the VMM's, hart 0 again and again, hart 1 once. */
static void reads(struct table *t)
{
    for (unsigned n = 0; n < HARTS; n++) {
        struct program p = {0};
        csrrs(&p, A0, CSR_sscratch, ZERO);
        beq(&p, ZERO, ZERO, n ? 4 : 0);
        assert_int_equal(machine_store(t->h.cpu[n], PROGRAM_PAGE(n), p.word, p.count * 4), 0);
        machine_set(t->h.cpu[n], MACHINE_MODE, RV_S);
    }
}

/* The account has a part for each hart of each level, and what a level did is what all of it did. */
static void the_account_tells_harts(void **state)
{
    (void)state;
    for (unsigned k = 1; k < SOME; k++) {
        static struct table t;
        char said[SAID], line[96];
        struct vm_stats one;
        uint64_t traps = 0;
        table_open(&t, some(k));
        reads(&t);
        debugger_step(&t.d, (uint64_t)HARTS * SLICE);
        shown(&t, "info stats", said);
        for (unsigned n = 0; n < HARTS; n++) {
            snprintf(line, sizeof line, "%s, a virtual machine on %s: hart %u\n", t.session.stack.name[t.h.depth],
                     t.h.depth == 1 ? "the bare machine" : t.session.stack.name[t.h.depth - 1], n);
            const char *part = strstr(said, line), *csrrs_of = part ? strstr(part, "      csrrs ") : NULL;
            if (!csrrs_of || strtoul(csrrs_of + 12, NULL, 10) != (n ? 1 : SLICE / 2))
                fail_msg("not '%s', or not its csrrs, in %s", line, said);
            vm_stats(t.h.cpu[n], &one);
            traps += one.traps;
        }
        snprintf(line, sizeof line, "\n  %-26s%15u\n", t.session.stack.name[t.h.depth], (unsigned)traps);
        if (!strstr(said, line))
            fail_msg("no '%s' in %s", line, said);
        table_close(&t);
    }
}

/* --- back in time */

enum { MOMENTS = 160, STRIDE = 13 };

/* Registers of both, whose turn it is and when, and the memory that they share. */
static uint64_t whole_state(const struct table *t)
{
    static uint64_t page[PAGE_SIZE / 8];
    const struct system_moment now = debugger_moment(&t->d);
    uint64_t h = mix(mix(now.round, now.hart), now.clock);
    for (unsigned n = 0; n < HARTS; n++)
        for (unsigned i = 0; i < isa_riscv.reg_count; i++)
            h = mix(h, machine_get(t->h.cpu[n], isa_riscv.regs[i].reg));
    for (unsigned n = 0; n < 16; n++) {
        assert_int_equal(machine_load(t->h.cpu[0], PROGRAM_PAGE(n), page, sizeof page), 0);
        for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
            h = mix(h, page[i]);
    }
    return h;
}

/* Moments are counted in what all harts have retired: turns being what they are, that is an order. Each is come back to as it was, from
 * before and from behind. */
static void going_back_is_exact(void **state)
{
    (void)state;
    for (unsigned k = 0; k < SOME; k++) {
        static struct table t;
        static uint64_t seen[MOMENTS];
        struct error e;
        bool both[HARTS] = {false};
        table_open_with(&t, some(k), NULL);
        for (unsigned n = 0; n < MOMENTS; n++) {
            seen[n] = whole_state(&t);
            both[debugger_moment(&t.d).hart] = true;
            assert_int_equal(debugger_retired(&t.d), n * STRIDE);
            debugger_step(&t.d, STRIDE);
        }
        assert_true(both[0] && both[1]);
        for (unsigned n = 0; n < MOMENTS; n++) {
            const unsigned to = n * 67 % MOMENTS;
            if (debugger_goto(&t.d, to * STRIDE, &e))
                fail_msg("%s", e.text);
            if (whole_state(&t) != seen[to])
                fail_msg("%s: after %u instructions it is not as it was", some(k)->name, to * STRIDE);
            if (to && debugger_back_step(&t.d, STRIDE, &e))
                fail_msg("%s", e.text);
            if (to && whole_state(&t) != seen[to - 1])
                fail_msg("%s: %d before %u instructions it is not as it was", some(k)->name, STRIDE, to * STRIDE);
        }
        table_close(&t);
    }
}

static void is_a0(struct table *t, const char *thread, unsigned long long want)
{
    char packet[64], hex[17];
    snprintf(packet, sizeof packet, "Hg%s", thread);
    assert_string_equal(ask(t, packet), "OK");
    gdb_hex((const uint8_t *)&(uint64_t){want}, 8, hex);
    assert_string_equal(ask(t, "pa"), hex);
}

static void threads_are_harts(void **state)
{
    static const char *const below[SOME] = {"mp1.1,p1.2", "mp1.1,p1.2,p2.1", "mp1.1,p1.2,p2.1,p2.2", "mp1.1,p1.2,p2.1,p2.2,p3.1"};

    (void)state;
    for (unsigned k = 0; k < SOME; k++) {
        static struct table t;
        table_open(&t, some(k));
        assert_string_equal(ask(&t, "qfThreadInfo"), k == 0 ? "m1,2" : k < 3 ? "m1,3" : "m1,4");
        is_a0(&t, k == 0 ? "2" : k < 3 ? "3" : "4", MARK1);
        is_a0(&t, "1", MARK0);
        (void)ask(&t, "qSupported:multiprocess+");
        for (unsigned level = 0; level < t.h.depth; level++)
            t.stub.attached[level] = true;
        assert_string_equal(ask(&t, "qfThreadInfo"), below[k]);
        is_a0(&t, "p1.2", MARK1);
        assert_string_equal(ask(&t, "qC"), "QCp1.2");
        assert_string_equal(ask(&t, "Hgp1.3"), "E01");
        assert_string_equal(ask(&t, "Tp1.2"), "OK");
        const struct machine *carrier = t.h.machine[0][t.h.machine[0][1] ? 1 : 0];
        assert_ptr_equal(debugger_machine_of(&t.d, 0, 1), carrier);
        (void)ask(&t, "vCont;c:p1.-1");
        t.stub.runs = true;
        debugger_step(&t.d, SLICE + 1);
        gdb_stub_stopped(&t.stub);
        assert_non_null(strstr(t.said, "thread:p1.2;"));
        table_close(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_looked_at),       cmocka_unit_test(who_stops_is_selected), cmocka_unit_test(views_are_of_the_hart),
        cmocka_unit_test(exits_are_of_harts),      cmocka_unit_test(threads_are_harts),     cmocka_unit_test(the_trace_tells_harts),
        cmocka_unit_test(the_account_tells_harts), cmocka_unit_test(going_back_is_exact),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
