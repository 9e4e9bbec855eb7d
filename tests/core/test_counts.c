/* test_counts.c - what is counted is of the course up to now, whichever way one came there (core/time/checkpoint_counts.c). */
#include "tests/core/course.h"

#include "core/inspect.h"

enum { EVERY = 40000, PLACES = 6, TEXT = 1 << 16 };

/* A watcher that counts the traps that the driver delivers. */
struct looker {
    uint64_t seen;
};

static void looker_state(void *opaque, struct state *s) { state_u64(s, &((struct looker *)opaque)->seen); }

static bool looker_trap(void *opaque, const struct trap *t, va_t pc)
{
    (void)t, (void)pc;
    ((struct looker *)opaque)->seen++;
    return false;
}

static size_t put(char *text, size_t at, const char *name, uint64_t value)
{
    assert_true(at < TEXT - 200);
    return at + (size_t)snprintf(text + at, TEXT - at, "%s %llu\n", name, (unsigned long long)value);
}

static size_t put_shadow(char *text, size_t at, const struct machine *m)
{
    struct vm_shadow s;
    struct vm_root root;
    assert_true(vm_shadow_look(m, &s));
    const uint64_t values[] = {s.has_current, s.has_current ? s.present : 0,
                               s.used,        s.fenced,
                               s.fills,       s.flushes,
                               s.exhausted,   s.evicted,
                               s.recycled,    s.traced,
                               s.writes,      s.released};
    for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++)
        at = put(text, at, "shadow", values[i]);
    for (unsigned r = 0; r < s.roots; r++)
        if (vm_root_look(m, r, &root)) {
            at = put(text, at, root.situation, root.space);
            at = put(text, at, "leaves", (uint64_t)root.leaves << 32 | root.tables);
        }
    return at;
}

/* All that is counted, at every level. */
static void describe(const struct course *c, const struct looker *l, char *text)
{
    size_t at = put(text, 0, "delivered", l->seen);
    for (unsigned level = 1; level <= c->depth; level++) {
        struct vm_stats s;
        vm_stats(c->machine[level], &s);
        const uint64_t values[] = {s.direct, s.emulated, s.interpreted, s.traps, s.reflected, s.device_accesses, s.allocator_runs};
        for (unsigned i = 0; i < sizeof values / sizeof values[0]; i++)
            at = put(text, at, "count", values[i]);
        for (unsigned i = 0; i < 5; i++)
            at = put(text, at, "reason", s.by_reason[i]);
        for (unsigned i = 0; i < 16; i++)
            at = put(text, at, "cause", s.by_cause[i]);
        for (unsigned i = 0; i < s.row_count; i++)
            if (s.v_i[i])
                at = put(text, at, c->machine[level]->isa->rows[i].name, s.v_i[i]);
        at = put_shadow(text, at, c->machine[level]);
    }
}

static void open_counted(struct course *c, struct looker *l, struct checkpoints **s, const struct kind *k, enum vmm_monitor monitor)
{
    *l = (struct looker){0};
    course_machine_of(c, NULL, k->depth, k->policy, monitor);
    course_switch_on(c);
    course_boot(c);
    c->system->watch = (struct system_watch){.trap = looker_trap, .opaque = l};
    *s = store_of(c, 0, EVERY);
    assert_int_equal(checkpoints_watch(*s, &(struct checkpoints_watcher){looker_state, l}), 0);
}

static void close_counted(struct course *c, struct checkpoints *s)
{
    checkpoints_destroy(s);
    course_close(c);
}

/* The first line that differs. */
static void same(const char *name, uint64_t place, unsigned after, const char *now, const char *straight)
{
    unsigned line = 0;
    for (const char *a = now, *b = straight; *a || *b; line++) {
        size_t n = strcspn(a, "\n"), m = strcspn(b, "\n");
        if (n != m || memcmp(a, b, n) != 0)
            fail_msg("%s: at %llu, line %u after %u goings: '%.*s', but straight '%.*s'", name, (unsigned long long)place, line, after,
                     (int)n, a, (int)m, b);
        a += n + (a[n] != '\0');
        b += m + (b[m] != '\0');
    }
}

static const uint64_t places[PLACES] = {1, 39999, 40000, 142600, 200001, 399999};

/* Straight to each place on machines of their own; then to and fro on one. */
static void the_same_whichever_way(const struct kind *k, enum vmm_monitor monitor)
{
    static char straight[PLACES][TEXT], now[TEXT];
    struct course c;
    struct looker l;
    struct checkpoints *s;
    for (unsigned n = 0; n < PLACES; n++) {
        open_counted(&c, &l, &s, k, monitor);
        seek(s, places[n]);
        describe(&c, &l, straight[n]);
        close_counted(&c, s);
    }
    assert_string_not_equal(straight[3], straight[4]);
    open_counted(&c, &l, &s, k, monitor);
    static const unsigned order[] = {5, 3, 0, 4, 2, 3, 1, 5, 0};
    for (unsigned i = 0; i < sizeof order / sizeof order[0]; i++) {
        seek(s, places[order[i]]);
        describe(&c, &l, now);
        same(k->name, places[order[i]], i, now, straight[order[i]]);
    }
    close_counted(&c, s);
}

static const struct kind counted[] = {
    {"bare", 0, SHADOW_FLUSH},
    {"vm, flush", 1, SHADOW_FLUSH},
    {"vm, trace", 1, SHADOW_TRACE},
    {"vm in vm", 2, SHADOW_FLUSH},
    {"vm in vm, trace", 2, SHADOW_TRACE},
    {"vm, adapt", 1, SHADOW_ADAPT},
    {"vm in vm, adapt", 2, SHADOW_ADAPT},
};

static void counts_are_of_the_course(void **state)
{
    (void)state;
    for (unsigned n = 0; n < sizeof counted / sizeof counted[0]; n++)
        the_same_whichever_way(&counted[n], VMM_TRAP);
}

static void counts_are_of_the_course_of_a_hybrid(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 3; n++)
        the_same_whichever_way(&counted[n], VMM_HYBRID);
}

/* A store that takes none but the first differs from no store at all in nothing that is counted. */
static void a_store_counts_nothing(void **state)
{
    (void)state;
    static char with[TEXT], without[TEXT];
    for (unsigned n = 0; n < sizeof counted / sizeof counted[0]; n++) {
        struct course c;
        struct looker l = {0};
        struct checkpoints *s;
        open_counted(&c, &l, &s, &counted[n], VMM_TRAP);
        struct system_result r = checkpoints_run(s, EVERY - 1);
        assert_int_equal(r.end, END_RUNNING);
        describe(&c, &l, with);
        /* Between two instructions that it does not divide, a fence is no event of the guest's. */
        struct checkpoint *here = take(s);
        for (unsigned level = 1; level <= c.depth; level++) {
            struct vm_shadow shadow;
            vm_shadow_look(c.machine[level], &shadow);
            assert_int_equal(shadow.used, 0);
            struct vm_root root;
            for (unsigned root_number = 0; root_number < shadow.roots; root_number++)
                assert_false(vm_root_look(c.machine[level], root_number, &root));
        }
        checkpoint_drop(s, here);
        close_counted(&c, s);
        open_counted(&c, &l, &s, &counted[n], VMM_TRAP);
        r = system_run(c.system, EVERY - 1);
        assert_int_equal(r.end, END_RUNNING);
        describe(&c, &l, without);
        assert_string_equal(with, without);
        close_counted(&c, s);
    }
}

/* A trap that the debugger's trigger puts off comes again, and counts once: of accesses that the VMM does itself. */
static void triggers_count_nothing(void **state)
{
    (void)state;
    static char with[TEXT], without[TEXT];
    for (unsigned n = 0; n < sizeof counted / sizeof counted[0]; n++) {
        const struct trigger uart = {.kinds = TRIGGER_LOAD | TRIGGER_STORE, .physical = true, .at = 0x10000000, .length = 0x100};
        struct course c;
        struct looker l = {0};
        struct checkpoints *s;
        unsigned met = 0;
        open_counted(&c, &l, &s, &counted[n], VMM_TRAP);
        assert_int_equal(machine_trigger(course_top(&c), 0, &uart), 0);
        while (c.system->retired < 300000)
            met += system_run(c.system, 300000 - c.system->retired).end == END_TRIGGER;
        assert_true(met > 20);
        describe(&c, &l, with);
        close_counted(&c, s);
        open_counted(&c, &l, &s, &counted[n], VMM_TRAP);
        assert_int_equal(system_run(c.system, 300000).end, END_RUNNING);
        describe(&c, &l, without);
        same(counted[n].name, 300000, met, with, without);
        close_counted(&c, s);
    }
}

/* --- as a file */

static void to_file(struct checkpoints *s, const struct checkpoint *c, const char *path)
{
    struct error e;
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    if (checkpoint_write(s, c, f, path, "test", &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(fclose(f), 0);
}

static void from_file(struct checkpoints *s, const char *path)
{
    struct error e;
    if (checkpoint_read(s, path, "test", NULL, &e) != 0)
        fail_msg("%s", e.text);
}

/* Written at depth 1, read there on another machine, and at depth 2. */
static void files_have_counts(void **state)
{
    (void)state;
    static char written[TEXT], read[TEXT];
    struct course c;
    struct looker l;
    struct checkpoints *s;
    char path[64];
    make_file(path, sizeof path, 0);
    open_counted(&c, &l, &s, &counted[1], VMM_TRAP);
    seek(s, 142600);
    to_file(s, take(s), path);
    seek(s, 200001);
    describe(&c, &l, written);
    close_counted(&c, s);

    open_counted(&c, &l, &s, &counted[1], VMM_TRAP);
    seek(s, 399999);
    from_file(s, path);
    assert_int_equal(checkpoints_counted_from(s), 0);
    seek(s, 200001);
    describe(&c, &l, read);
    assert_string_equal(read, written);
    close_counted(&c, s);

    for (unsigned n = 2; n <= 3; n++) { /* another policy, another depth */
        struct vm_stats stats;
        open_counted(&c, &l, &s, &counted[n], VMM_TRAP);
        seek(s, 100000);
        from_file(s, path);
        assert_int_equal(checkpoints_counted_from(s), 142600);
        vm_stats(course_top(&c), &stats);
        assert_int_equal(stats.direct + stats.emulated + stats.interpreted + stats.traps, 0);
        assert_int_equal(l.seen, 0);
        seek(s, 142700);
        vm_stats(course_top(&c), &stats);
        assert_int_equal(stats.direct + stats.emulated + stats.interpreted, 100);
        close_counted(&c, s);
    }
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_of_the_course), cmocka_unit_test(counts_are_of_the_course_of_a_hybrid),
        cmocka_unit_test(a_store_counts_nothing),   cmocka_unit_test(triggers_count_nothing),
        cmocka_unit_test(files_have_counts),
    };
    return run_by_both_engines(tests);
}
