/* test_checkpoint_file.c - the state of a system as bytes, and a checkpoint as a file: what goes in comes out, on any kind of
 * machine, and what is not such a file, or of another machine, is refused and changes nothing.
 */
#include "core/sbi.h"
#include "tests/core/course.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- as a file */

static char disk_path[64], file_path[64];
#define PROGRAM "trapeze 1.2.3"

static void write_checkpoint(struct checkpoints *s, const struct checkpoint *c)
{
    struct error e;
    FILE *f = fopen(file_path, "w");
    assert_non_null(f);
    if (checkpoint_write(s, c, f, file_path, PROGRAM, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(fclose(f), 0);
}

/* Where one machine left off another goes on, of whatever kind, to the same end. */
static void another_machine_goes_on(void **state)
{
    (void)state;
    for (unsigned from = 0; from < KINDS; from++) {
        static struct course a, b;
        struct checkpoint *there;
        struct error e;
        const struct kind *to = &kinds[(from + 1) % KINDS];
        course_open(&a, kinds[from].depth, kinds[from].policy);
        system_run(a.system, 400000 + from * 10007);
        struct checkpoints *s = store_of(&a, 0, 0);
        write_checkpoint(s, take(s));
        const size_t printed = a.output_count;
        uint64_t digest = course_digest(&a);
        struct system_result end = system_run(a.system, UINT64_MAX);
        course_open(&b, to->depth, to->policy);
        system_run(b.system, 50000 * from); /* it has a past of its own */
        b.output_count = 0;
        struct checkpoints *t = store_of(&b, 0, 0);
        take(t);
        if (checkpoint_read(t, file_path, PROGRAM, &there, &e) != 0)
            fail_msg("%s", e.text);
        assert_int_equal(checkpoints_count(t), 1);
        assert_int_equal(course_digest(&b), digest);
        assert_int_equal(system_run(b.system, UINT64_MAX).end, end.end);
        assert_int_equal(course_digest(&b), course_digest(&a));
        assert_int_equal(b.output_count, a.output_count - printed);
        assert_memory_equal(b.output, a.output + printed, b.output_count);
        restore(t, there);
        assert_int_equal(course_digest(&b), digest);
        checkpoints_destroy(s);
        checkpoints_destroy(t);
        course_close(&a);
        course_close(&b);
    }
}

/* Without stimecmp the firmware keeps the guest's timer; the machine that goes on is new, and so is its firmware. */
static void the_firmware_goes_on(void **state)
{
    struct riscv_config cpu = riscv_config_default;
    (void)state;
    cpu.sstc = false;
    for (unsigned part = 1; part < 12; part++) {
        static struct course a, b;
        struct error e;
        course_machine(&a, &cpu, part % 2, SHADOW_FLUSH);
        course_switch_on(&a);
        course_boot(&a);
        system_run(a.system, part * 110000);
        struct checkpoints *s = store_of(&a, 0, 0);
        write_checkpoint(s, take(s));
        system_run(a.system, UINT64_MAX);
        course_machine(&b, &cpu, !(part % 2), SHADOW_FLUSH);
        course_switch_on(&b);
        struct checkpoints *t = store_of(&b, 0, 0);
        if (checkpoint_read(t, file_path, PROGRAM, NULL, &e) != 0)
            fail_msg("%s", e.text);
        system_run(b.system, UINT64_MAX);
        assert_int_equal(course_digest(&b), course_digest(&a));
        assert_true(a.system->ended);
        checkpoints_destroy(s);
        checkpoints_destroy(t);
        course_close(&a);
        course_close(&b);
    }
}

/* A program waits for a character by HTIF, or for room to be answered in, while its state is carried over. */
static void htif_goes_on(void **state)
{
    const pa_t tohost = COURSE_RAM + 0x1000, fromhost = COURSE_RAM + 0x1040;
    const uint64_t get_character = UINT64_C(1) << 56, busy = 7;
    (void)state;
    for (unsigned answered = 0; answered < 2; answered++) {
        static struct course a, b;
        struct state saved;
        struct error e;
        uint64_t answer;
        course_machine(&a, NULL, 0, SHADOW_FLUSH);
        course_switch_on(&a);
        assert_int_equal(system_use_htif(a.system, tohost, fromhost), 0);
        const uint32_t loop = jump(0);
        load_program(&a, COURSE_RAM, &loop, sizeof loop);
        machine_set(course_top(&a), MACHINE_PC, COURSE_RAM);
        put64(&a, tohost, get_character);
        put64(&a, fromhost, busy);
        a.input = answered ? "q" : NULL;
        system_run(a.system, 5000);
        assert_int_equal(system_save(a.system, &saved), 0);
        course_machine(&b, NULL, 1, SHADOW_FLUSH);
        course_switch_on(&b);
        load_program(&b, COURSE_RAM, &loop, sizeof loop);
        put64(&b, fromhost, busy);
        assert_int_equal(system_restore(b.system, saved.bytes, saved.size, &e), 0);
        system_run(b.system, 5000);
        assert_int_equal(machine_load(course_top(&b), fromhost, &answer, sizeof answer), 0);
        assert_int_equal(answer, busy);
        put64(&b, fromhost, 0);
        b.input = answered ? NULL : "q";
        system_run(b.system, 1000);
        assert_int_equal(machine_load(course_top(&b), fromhost, &answer, sizeof answer), 0);
        assert_int_equal(answer, get_character | 0x100 | 'q');
        put64(&b, tohost, 1); /* it ends */
        assert_int_equal(system_run(b.system, 5000).end, END_POWEROFF);
        state_free(&saved);
        course_close(&a);
        course_close(&b);
    }
}

/* Reading fails with a sentence that has the file's name and these words, and nothing has changed. */
static void refused(struct course *c, struct checkpoints *s, const char *program, const char *words)
{
    struct error e = {""};
    struct checkpoint *out = NULL;
    uint64_t digest = course_digest(c);
    unsigned count = checkpoints_count(s);
    assert_true(checkpoint_read(s, file_path, program, &out, &e) < 0);
    assert_null(out);
    if (!strstr(e.text, words) || !strstr(e.text, file_path))
        fail_msg("'%s' does not say '%s'", e.text, words);
    assert_int_equal(course_digest(c), digest);
    assert_int_equal(checkpoints_count(s), count);
    assert_null(strchr(e.text, '\n'));
}

static size_t file_get(uint8_t **bytes)
{
    struct stat st;
    FILE *f = fopen(file_path, "r");
    assert_true(f && fstat(fileno(f), &st) == 0);
    *bytes = malloc((size_t)st.st_size);
    assert_int_equal(fread(*bytes, 1, (size_t)st.st_size, f), st.st_size);
    fclose(f);
    return (size_t)st.st_size;
}

static void file_put(const uint8_t *bytes, size_t size)
{
    FILE *f = fopen(file_path, "w");
    assert_true(f && fwrite(bytes, 1, size, f) == size);
    fclose(f);
}

static void a_bad_file_is_refused(void **state)
{
    static struct course c;
    uint8_t *bytes;
    uint64_t random = 8;
    (void)state;
    course_open(&c, 1, SHADOW_FLUSH);
    struct checkpoints *s = store_of(&c, 0, 0);
    system_run(c.system, 30000);
    write_checkpoint(s, take(s));
    system_run(c.system, 30000);
    size_t size = file_get(&bytes);
    refused(&c, s, "trapeze 1.2.4", "was written by trapeze 1.2.3, and this is trapeze 1.2.4");
    for (size_t cut = 0; cut < size; cut = cut < 64 ? cut + 7 : cut + size / 23) {
        file_put(bytes, cut);
        refused(&c, s, PROGRAM, cut < 16 ? "not a checkpoint" : "cut short");
    }
    for (unsigned n = 0; n < 60; n++) {
        size_t at = n < 40 ? 24 + n * 3 : roll(&random) % size;
        bytes[at] ^= 0x10;
        file_put(bytes, size);
        refused(&c, s, PROGRAM, at < 40 ? " is " : "is damaged");
        bytes[at] ^= 0x10;
    }
    bytes[16] = 5;
    file_put(bytes, size);
    refused(&c, s, PROGRAM, "in format 5, and this program reads format 6");
    bytes[16] = 6;
    bytes[3] = 'x';
    file_put(bytes, size);
    refused(&c, s, PROGRAM, "not a checkpoint");
    unlink(file_path);
    refused(&c, s, PROGRAM, "No such file");
    free(bytes);
    checkpoints_destroy(s);
    course_close(&c);
}

static void another_machine_is_refused(void **state)
{
    static struct course a, b;
    struct riscv_config cpu = riscv_config_default;
    struct timespec times[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    (void)state;
    assert_int_equal(utimensat(AT_FDCWD, disk_path, NULL, 0), 0);
    course_machine(&a, NULL, 0, SHADOW_FLUSH);
    a.board.drive[0] = (struct virt_drive){.path = disk_path, .snapshot = true};
    course_switch_on(&a);
    struct checkpoints *s = store_of(&a, 0, 0);
    write_checkpoint(s, take(s));
    for (unsigned n = 0; n < 8; n++) {
        struct board_ops other;
        cpu = riscv_config_default;
        cpu.sstc = n != 0;
        cpu.asid_bits = n == 1 ? 8 : 16;
        cpu.units_per_tick = n == 2 ? 10 : 100;
        course_machine(&b, &cpu, 1, SHADOW_FLUSH);
        b.board.drive[0] = (struct virt_drive){.path = n == 3 ? NULL : disk_path, .snapshot = true};
        b.board.ram_size = n == 4 ? COURSE_RAM_SIZE / 2 : COURSE_RAM_SIZE;
        b.board.gateway = n == 5 ? PLIC_STRICT : PLIC_ASSERTED;
        course_switch_on(&b);
        if (n == 6)
            assert_int_equal(utimensat(AT_FDCWD, disk_path, times, 0), 0);
        other = *b.system->board->ops;
        other.name = n == 7 ? "another" : other.name;
        b.system->board->ops = &other;
        struct checkpoints *t = store_of(&b, 0, 0);
        static const char *const words[] = {"supervisor timer is Sstc, here none",
                                            "width of ASIDs is 16 bits, here 8",
                                            "tick is 100, here 10",
                                            "here not there",
                                            "memory is 16777216 bytes, here 8388608",
                                            "kind of interrupt gateway is QEMU's, here strict",
                                            "here 1048576 bytes, with snapshot, last changed at 1000.",
                                            "its board is virt, here another"};
        refused(&b, t, PROGRAM, words[n]);
        checkpoints_destroy(t);
        course_close(&b);
    }
    checkpoints_destroy(s);
    course_close(&a);
}

/* A disk that is full says so. */
static void a_full_disk_is_told(void **state)
{
    static struct course c;
    struct error e;
    FILE *full = fopen("/dev/full", "w");
    (void)state;
    assert_non_null(full);
    course_open(&c, 0, SHADOW_FLUSH);
    struct checkpoints *s = store_of(&c, 0, 0);
    assert_int_equal(checkpoint_write(s, take(s), full, "/dev/full", PROGRAM, &e), -ENOSPC);
    assert_non_null(strstr(e.text, "/dev/full: cannot be written"));
    fclose(full);
    checkpoints_destroy(s);
    course_close(&c);
}

/* --- the state of a system by itself */

static void fire(void *opaque) { *(unsigned *)opaque = *(unsigned *)opaque * 10 + 1; }
static void fire_too(void *opaque) { *(unsigned *)opaque = *(unsigned *)opaque * 10 + 2; }

/* An event of before and one scheduled after, for the same time: in that order, in a system that is new as well. */
static void events_of_before_come_first(void **state)
{
    static struct course a, b;
    struct state saved;
    struct error e;
    struct event after;
    unsigned order = 0;
    (void)state;
    course_open(&a, 0, SHADOW_FLUSH);
    for (unsigned n = 0; n < 20; n++)
        poke(&a, VIRT_CLINT + 0x4000, 8, 5000);
    assert_int_equal(system_save(a.system, &saved), 0);
    course_open(&b, 0, SHADOW_FLUSH);
    assert_int_equal(system_restore(b.system, saved.bytes, saved.size, &e), 0);
    struct event *before = b.system->clock.first;
    assert_int_equal(before->when, 500000);
    before->fire = fire;
    before->opaque = &order;
    event_init(&after, fire_too, &order);
    clock_schedule(&b.system->clock, &after, 500000);
    machine_set(course_top(&b), MACHINE_CLOCK, 500000);
    clock_fire(&b.system->clock);
    assert_int_equal(order, 12);
    state_free(&saved);
    course_close(&a);
    course_close(&b);
}

/* Bytes that are not of such a system: refused, and everything is as it was. */
static void a_bad_state_changes_nothing(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        static struct course c;
        struct state saved;
        struct error e;
        course_open(&c, kinds[k].depth, kinds[k].policy);
        system_run(c.system, 300000);
        assert_int_equal(system_save(c.system, &saved), 0);
        system_run(c.system, 30000);
        uint64_t digest = course_digest(&c);
        for (size_t size = 0; size < saved.size; size += size < 200 ? 13 : 211) {
            assert_int_equal(system_restore(c.system, saved.bytes, size, &e), -EINVAL);
            assert_int_equal(course_digest(&c), digest);
        }
        saved.bytes[4 + 12 * 40 + 4] ^= 0x40; /* somewhere in the registers: it may be taken or not */
        if (system_restore(c.system, saved.bytes, saved.size, &e) != 0)
            assert_int_equal(course_digest(&c), digest);
        state_free(&saved);
        course_close(&c);
    }
}

/* Whatever registers hold, and whatever they hold when they are restored: locks too. */
static void any_registers_are_restored(void **state)
{
    uint64_t random = 2024;
    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        static struct course c;
        course_open(&c, kinds[k].depth, kinds[k].policy);
        struct machine *m = course_top(&c);
        for (unsigned n = 0; n < 200; n++) {
            struct state saved, again;
            struct error e;
            for (unsigned half = 0; half < 2; half++) {
                if (n % 3 == 0)
                    machine_reset(m);
                for (unsigned r = 0; r < m->isa->reg_count; r++)
                    if (roll(&random) % 2)
                        machine_set(m, m->isa->regs[r].reg, roll(&random) % 4 ? roll(&random) : UINT64_MAX);
                machine_set(m, MACHINE_CLOCK, roll(&random) % 100000000);
                machine_set(m, MACHINE_RETIRED, roll(&random) % 100000000);
                if (half == 0)
                    assert_int_equal(system_save(c.system, &saved), 0);
            }
            if (system_restore(c.system, saved.bytes, saved.size, &e) != 0)
                fail_msg("%s", e.text);
            assert_int_equal(system_save(c.system, &again), 0);
            assert_int_equal(again.size, saved.size);
            assert_memory_equal(again.bytes, saved.bytes, saved.size);
            state_free(&saved);
            state_free(&again);
        }
        course_close(&c);
    }
}

/* STIP as software wrote it is not to be seen while stimecmp drives it; when that ends, it is there again. */
static void what_stimecmp_hides_is_restored(void **state)
{
    const reg_t mip = RV_CSR + CSR_mip, menvcfg = RV_CSR + CSR_menvcfg, stimecmp = RV_CSR + CSR_stimecmp;
    const uint64_t stip = 1 << RV_IRQ_STI;
    (void)state;
    for (unsigned n = 0; n < 4; n++) {
        static struct course a, b;
        struct state saved;
        struct error e;
        const uint64_t written = n & 1 ? stip : 0;
        course_open(&a, n / 2, SHADOW_FLUSH);
        course_open(&b, 1 - n / 2, SHADOW_FLUSH);
        struct machine *from = course_top(&a), *to = course_top(&b);
        machine_set(from, menvcfg, 0);
        machine_set(from, mip, written);
        machine_set(from, menvcfg, UINT64_MAX);
        machine_set(from, stimecmp, written ? UINT64_MAX : 0);
        assert_int_equal(machine_get(from, mip) & stip, written ^ stip);
        assert_int_equal(system_save(a.system, &saved), 0);
        assert_int_equal(machine_get(from, mip) & stip, written ^ stip);
        assert_int_equal(system_restore(b.system, saved.bytes, saved.size, &e), 0);
        assert_int_equal(machine_get(to, mip) & stip, written ^ stip);
        machine_set(to, menvcfg, 0);
        assert_int_equal(machine_get(to, mip) & stip, written);
        state_free(&saved);
        course_close(&a);
        course_close(&b);
    }
}

/* What the driver of a system counts and remembers, in a system that is new. */
static void the_driver_is_restored(void **state)
{
    static struct course a, b;
    struct state saved;
    struct error e;
    (void)state;
    course_open(&a, 1, SHADOW_FLUSH);
    system_run(a.system, 1200000);
    struct system *s = a.system;
    s->waiting = true;
    s->resets = 10;
    s->traps_delivered = 11;
    s->next_poll = 12;
    s->htif_retired = 13;
    s->loop_retired = 14;
    s->loop_count = 15;
    s->result = (struct system_result){.end = END_STUCK, .status = 16, .why = "because"};
    assert_int_equal(system_save(s, &saved), 0);
    course_open(&b, 0, SHADOW_FLUSH);
    assert_int_equal(system_restore(b.system, saved.bytes, saved.size, &e), 0);
    const struct system *r = b.system;
    assert_true(r->waiting && !r->ended);
    assert_int_equal(r->retired, s->retired);
    assert_int_equal(r->resets, 10);
    assert_int_equal(r->traps_delivered, 11);
    assert_int_equal(r->next_poll, 12);
    assert_int_equal(r->htif_retired, 13);
    assert_int_equal(r->loop_retired, 14);
    assert_int_equal(r->loop_count, 15);
    assert_int_equal(r->result.end, END_STUCK);
    assert_int_equal(r->result.status, 16);
    assert_string_equal(r->result.why, "because");
    assert_true(firmware_calls(s->firmware) > 0);
    assert_int_equal(firmware_calls(r->firmware), firmware_calls(s->firmware));
    assert_int_equal(machine_get(r->machine, MACHINE_CLOCK), machine_get(s->machine, MACHINE_CLOCK));
    assert_int_equal(machine_get(r->machine, MACHINE_RETIRED), machine_get(s->machine, MACHINE_RETIRED));
    state_free(&saved);
    memset(s->result.why, 'x', sizeof s->result.why); /* a text without an end */
    assert_int_equal(system_save(s, &saved), 0);
    assert_int_equal(system_restore(b.system, saved.bytes, saved.size, &e), -EINVAL);
    assert_string_equal(r->result.why, "because");
    state_free(&saved);
    course_close(&a);
    course_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_machine_goes_on),
        cmocka_unit_test(the_firmware_goes_on),
        cmocka_unit_test(htif_goes_on),
        cmocka_unit_test(a_bad_file_is_refused),
        cmocka_unit_test(another_machine_is_refused),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(events_of_before_come_first),
        cmocka_unit_test(a_bad_state_changes_nothing),
        cmocka_unit_test(any_registers_are_restored),
        cmocka_unit_test(what_stimecmp_hides_is_restored),
        cmocka_unit_test(the_driver_is_restored),
    };
    make_file(disk_path, sizeof disk_path, DISK_SIZE);
    make_file(file_path, sizeof file_path, 0);
    int failed = run_by_both_engines(tests);
    unlink(disk_path);
    unlink(file_path);
    return failed;
}
