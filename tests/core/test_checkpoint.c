/* test_checkpoint.c - the course of a system is the same each time: from any checkpoint, on any kind of machine, in the middle of
 * whatever devices do, through a file, with the input on record, and where a program leaves it to the caches what it will see.
 */
#include "tests/core/course.h"

#include "devices/drive.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MARKS = 80, STEP = 20011 };

/* --- a course with marks on it */

struct marks {
    struct course course;
    struct checkpoints *store;
    struct checkpoint *at[MARKS]; /* NULL: dropped */
    uint64_t digest[MARKS + 1];   /* the last one: where the course ends */
    unsigned count;
    void (*before)(struct course *, unsigned n); /* happens at mark n, after the checkpoint; NULL: nothing */
    uint64_t step;
};

static void on(struct marks *m, unsigned n)
{
    if (m->before)
        m->before(&m->course, n);
    system_run(m->course.system, m->step);
}

static void marks_set(struct marks *m, unsigned limit)
{
    for (m->count = 0; m->count < limit && !m->course.system->ended; m->count++) {
        m->at[m->count] = take(m->store);
        m->digest[m->count] = course_digest(&m->course);
        on(m, m->count);
    }
    m->digest[m->count] = course_digest(&m->course);
}

/* From mark n to the one after it. */
static void marks_check(struct marks *m, unsigned n)
{
    restore(m->store, m->at[n]);
    assert_int_equal(course_digest(&m->course), m->digest[n]);
    on(m, n);
    assert_int_equal(course_digest(&m->course), m->digest[n + 1]);
}

static unsigned some_mark(const struct marks *m, uint64_t *random)
{
    unsigned n = (unsigned)(roll(random) % m->count);
    while (!m->at[n])
        n = (n + 1) % m->count;
    return n;
}

static void marks_check_some(struct marks *m, unsigned times, uint64_t *random)
{
    for (unsigned k = 0; k < times; k++)
        marks_check(m, some_mark(m, random));
}

static void marks_close(struct marks *m)
{
    checkpoints_destroy(m->store);
    course_close(&m->course);
}

/* At many points of the embedded guest, in any order, and when two in three are gone. */
static void the_guest_takes_the_same_course(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        static struct marks m;
        uint64_t random = 11 + k;
        memset(&m, 0, sizeof m);
        m.step = STEP;
        course_open(&m.course, kinds[k].depth, kinds[k].policy);
        m.store = store_of(&m.course, 0, 0);
        marks_set(&m, MARKS);
        assert_true(m.course.system->ended && m.count > 60);
        marks_check_some(&m, 12, &random);
        for (unsigned n = 0; n < m.count; n++)
            if (n % 3 && roll(&random) % 8) {
                checkpoint_drop(m.store, m.at[n]);
                m.at[n] = NULL;
            }
        marks_check_some(&m, 12, &random);
        marks_close(&m);
    }
}

/* A checkpoint made in the past of others stands beside them, also when what happens from there on is another course. */
static void two_courses_in_one_store(void **state)
{
    static struct marks m;
    uint64_t random = 5;
    (void)state;
    memset(&m, 0, sizeof m);
    m.step = STEP;
    course_open(&m.course, 0, SHADOW_FLUSH);
    m.store = store_of(&m.course, 0, 0);
    marks_set(&m, 30);
    restore(m.store, m.at[10]);
    const uint8_t scribble[8192] = {1, 2, 3};
    assert_int_equal(machine_store(course_top(&m.course), COURSE_RAM + COURSE_RAM_SIZE - sizeof scribble, scribble, sizeof scribble),
                     0);
    system_run(m.course.system, 77);
    struct checkpoint *other = take(m.store);
    uint64_t digest = course_digest(&m.course);
    marks_check_some(&m, 10, &random);
    restore(m.store, other);
    assert_int_equal(course_digest(&m.course), digest);
    checkpoint_drop(m.store, other); /* the base itself: memory is nobody's now */
    marks_check_some(&m, 10, &random);
    for (unsigned n = 0; n < 12; n++) {
        checkpoint_drop(m.store, m.at[n]);
        m.at[n] = NULL;
    }
    marks_check_some(&m, 10, &random);
    marks_close(&m);
}

/* --- in the middle of what devices do */

static char disk_path[64];
#define RINGS (COURSE_RAM + (12 << 20))

/* The disk's queue: one request of a sector, always the same descriptors. */
static void disk_start(struct course *c)
{
    static const struct {
        unsigned offset;
        uint64_t value;
    } registers[] = {{0x70, 0}, {0x70, 3},     {0x24, 0}, {0x20, 0x200},          {0x70, 11}, {0x30, 0},
                     {0x38, 8}, {0x80, RINGS}, {0x84, 0}, {0x90, RINGS + 0x1000}, {0x94, 0},  {0xa0, RINGS + 0x2000},
                     {0xa4, 0}, {0x44, 1},     {0x70, 15}};
    for (unsigned n = 0; n < sizeof registers / sizeof registers[0]; n++)
        poke(c, VIRT_VIRTIO + registers[n].offset, 4, registers[n].value & UINT32_MAX);
}

static void disk_write(struct course *c, unsigned sector, uint64_t word)
{
    const struct {
        uint64_t address;
        uint32_t length;
        uint16_t flags, next;
    } d[3] = {{RINGS + 0x3000, 16, 1, 1}, {RINGS + 0x4000, 512, 1, 2}, {RINGS + 0x5000, 1, 2, 0}};
    const uint64_t header[2] = {1, sector};
    uint16_t offered;
    struct machine *m = course_top(c);
    assert_int_equal(machine_store(m, RINGS, d, sizeof d), 0);
    assert_int_equal(machine_store(m, RINGS + 0x3000, header, sizeof header), 0);
    assert_int_equal(machine_store(m, RINGS + 0x4000, &word, sizeof word), 0);
    assert_int_equal(machine_load(m, RINGS + 0x1002, &offered, sizeof offered), 0);
    offered++;
    assert_int_equal(machine_store(m, RINGS + 0x1002, &offered, sizeof offered), 0);
    poke(c, VIRT_VIRTIO + 0x50, 4, 0);
}

/* What drivers would have begun when a checkpoint comes: timers armed, interrupts pending, characters waiting, requests done. */
static void devices_are_busy(struct course *c, unsigned n)
{
    uint64_t now = clock_now(&c->system->clock) / 100;
    c->input = "some characters that nobody reads";
    poke(c, VIRT_UART + 2, 1, n % 3 ? 1 : 0x41);
    poke(c, VIRT_UART + 1, 1, n % 4);
    board_input(c->system->board);
    poke(c, VIRT_CLINT + 0x4000, 8, now + n % 5 * 40);
    poke(c, VIRT_CLINT, 4, n & 1);
    poke(c, VIRT_PLIC + 4 * 10, 4, n % 7);
    poke(c, VIRT_PLIC + 4, 4, n % 3);
    poke(c, VIRT_PLIC + 0x2000, 4, n % 2 ? 0x402 : 0);
    poke(c, VIRT_RTC + 0x10, 4, 1);
    poke(c, VIRT_RTC + 0x0c, 4, UINT64_C(1735689600000000000) >> 32);
    poke(c, VIRT_RTC + 0x08, 4, (UINT64_C(1735689600000000000) + now * 100 + n % 6 * 3000) & UINT32_MAX);
    if (n % 10 == 0)
        disk_start(c);
    disk_write(c, n * 5 % (DISK_SIZE / 512), n);
    if (n % 4 == 0)
        poke(c, VIRT_VIRTIO + 0x64, 4, 1);
}

/* What the disk reads, whichever layer it comes from. */
static uint64_t disk_digest(struct course *c)
{
    uint64_t digest = 0, word[512];
    for (uint64_t at = 0; at < DISK_SIZE; at += sizeof word) {
        assert_int_equal(drive_read(board_drive(c->system->board, 0), at, word, sizeof word), 0);
        for (unsigned n = 0; n < 512; n++)
            digest = course_mix(digest, word[n]);
    }
    return digest;
}

static void devices_take_the_same_course(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        static struct marks m;
        uint64_t random = 23 + k, disk[31];
        memset(&m, 0, sizeof m);
        m.step = 3001;
        m.before = devices_are_busy;
        course_machine(&m.course, NULL, kinds[k].depth, kinds[k].policy);
        m.course.board.drive[0] = (struct virt_drive){.path = disk_path, .snapshot = true};
        course_switch_on(&m.course);
        course_boot(&m.course);
        m.store = store_of(&m.course, 0, 0);
        for (m.count = 0; m.count < 30; m.count++) {
            m.at[m.count] = take(m.store);
            m.digest[m.count] = course_digest(&m.course);
            disk[m.count] = disk_digest(&m.course);
            on(&m, m.count);
        }
        m.digest[30] = course_digest(&m.course);
        disk[30] = disk_digest(&m.course);
        for (unsigned t = 0; t < 25; t++) {
            unsigned n = some_mark(&m, &random);
            restore(m.store, m.at[n]);
            assert_int_equal(disk_digest(&m.course), disk[n]);
            marks_check(&m, n);
            assert_int_equal(disk_digest(&m.course), disk[n + 1]);
        }
        marks_close(&m);
    }
}

/* A drive whose writes are in its file already: going back across one is refused, and changes nothing. */
static void a_file_is_not_taken_back(void **state)
{
    static struct course c;
    struct error e;
    (void)state;
    course_machine(&c, NULL, 1, SHADOW_FLUSH);
    c.board.drive[0] = (struct virt_drive){.path = disk_path};
    course_switch_on(&c);
    course_boot(&c);
    struct checkpoints *s = store_of(&c, 0, 0);
    disk_start(&c);
    struct checkpoint *before = take(s);
    system_run(c.system, 1000);
    restore(s, before); /* nothing was written */
    system_run(c.system, 1000);
    disk_write(&c, 3, 42);
    struct checkpoint *after = take(s);
    system_run(c.system, 1000);
    uint64_t digest = course_digest(&c);
    assert_int_equal(checkpoint_restore(s, before, &e), -EBUSY);
    assert_non_null(strstr(e.text, "drive 0"));
    assert_non_null(strstr(e.text, disk_path));
    assert_int_equal(checkpoint_write(s, before, stdout, "stdout", "test", &e), -EBUSY);
    assert_int_equal(course_digest(&c), digest);
    restore(s, after);
    checkpoints_destroy(s);
    course_close(&c);
}

/* --- what the manual leaves to caches: a program clears A and D in the PTE of a page, makes no fence, and looks what becomes of
 * it */

#define PAGE_X UINT64_C(0x40000000)
#define TABLE2 (COURSE_RAM + 0x100000)
#define TABLE1 (TABLE2 + 0x1000)
#define TABLE0 (TABLE2 + 0x2000)
#define CALLED (COURSE_RAM + 0x200000) /* a function in each page from here on */
enum { PTE_V = 1, PTE_R = 2, PTE_W = 4, PTE_X = 8, PTE_A = 64, PTE_D = 128, PAGES_CALLED = 32 };

static void lax_boot(struct course *c)
{
    struct machine *m = course_top(c);
    const uint32_t function[] = {addi(12, 12, 1), jalr(0, 1)};
    const uint32_t code[] = {
        /* 0 */ store(3, A1, T0), /* X is written: A and D appear, an entry is cached */
        /* 4 */ store(3, S0, T1), /* they are taken away */
        /* 8 */ jalr(1, S1),      /* somewhere else, at times where the hart has never been */
        /* c */ store(3, A1, T0), /* is there still an entry? */
        /* 10 */ ld(13, T0, 0),
        /* 14 */ ld(14, T1, 0), /* what is to be seen of it */
        /* 18 */ slli(15, A0, 1),
        /* 1c */ add(A0, A0, 15),
        /* 20 */ add(A0, A0, 14),
        /* 24 */ addi(A1, A1, 1),
        /* 28 */ andi(15, A1, 7),
        /* 2c */ branch(BNE, 15, 0, -0x2c),
        /* 30 */ add(S1, S1, 16),
        /* 34 */ jump(-0x34),
    };
    load_program(c, COURSE_RAM, code, sizeof code);
    for (unsigned n = 0; n < 400; n++)
        load_program(c, CALLED + n * PAGE_SIZE, function, sizeof function);
    put64(c, TABLE2 + 8 * 2, COURSE_RAM >> 2 | PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D);
    put64(c, TABLE2 + 8 * 1, TABLE1 >> 2 | PTE_V);
    put64(c, TABLE1, TABLE0 >> 2 | PTE_V);
    uint64_t pte = (COURSE_RAM + 0x180000) >> 2 | PTE_V | PTE_R | PTE_W;
    put64(c, TABLE0, pte);
    machine_set(m, RV_X + T0, PAGE_X);
    machine_set(m, RV_X + T1, TABLE0);
    machine_set(m, RV_X + S0, pte);
    machine_set(m, RV_X + S1, CALLED);
    machine_set(m, RV_X + 16, PAGE_SIZE);
    machine_set(m, RV_CSR + CSR_pmpaddr0, UINT64_MAX);
    machine_set(m, RV_CSR + CSR_pmpcfg0, 0x1f);
    machine_set(m, RV_CSR + CSR_satp, UINT64_C(8) << 60 | TABLE2 >> PAGE_SHIFT);
    machine_set(m, MACHINE_MODE, RV_S);
    machine_set(m, MACHINE_PC, COURSE_RAM);
}

static void caches_take_the_same_course(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        static struct marks m;
        uint64_t random = 41 + k;
        memset(&m, 0, sizeof m);
        m.step = 773;
        course_machine(&m.course, NULL, kinds[k].depth, kinds[k].policy);
        course_switch_on(&m.course);
        lax_boot(&m.course);
        m.store = store_of(&m.course, 0, 0);
        marks_set(&m, 40);
        uint64_t end = m.course.system->retired;
        marks_check_some(&m, 40, &random);
        restore(m.store, m.at[0]);
        checkpoints_run(m.store, end); /* over all of them, where they stand */
        assert_int_equal(course_digest(&m.course), m.digest[m.count]);
        for (unsigned n = 1; n < m.count; n++)
            checkpoint_drop(m.store, m.at[n]);
        restore(m.store, m.at[0]);
        seek(m.store, end); /* and where they stood */
        assert_int_equal(course_digest(&m.course), m.digest[m.count]);
        restore(m.store, m.at[0]);
        seek(m.store, 7 * 773);
        assert_int_equal(course_digest(&m.course), m.digest[7]);
        marks_close(&m);
    }
}

/* --- the bound */

static void far_off_they_are_sparse(void **state)
{
    static struct course c;
    (void)state;
    enum { LIMIT = 3 << 20 };
    course_open(&c, 0, SHADOW_FLUSH);
    struct checkpoints *s = store_of(&c, LIMIT, 1000);
    while (checkpoints_run(s, 20000).end == END_RUNNING)
        assert_true(checkpoints_stats(s).bytes <= LIMIT);
    assert_null(checkpoints_trouble(s));
    struct checkpoints_stats stats = checkpoints_stats(s);
    assert_int_equal(stats.taken, 1 + c.system->retired / 1000);
    assert_int_equal(stats.taken, stats.thinned + checkpoints_count(s));
    assert_true(stats.thinned > 100 && checkpoints_count(s) > 20);
    assert_int_equal(checkpoint_retired(checkpoints_at(s, 0)), 0);
    uint64_t end = c.system->retired, digest = course_digest(&c);
    unsigned near = 0, far = 0;
    for (unsigned n = 0; n < checkpoints_count(s); n++) {
        near += checkpoint_retired(checkpoints_at(s, n)) > end - end / 8;
        far += checkpoint_retired(checkpoints_at(s, n)) < end / 8;
    }
    assert_true(near > 2 * far);
    for (uint64_t from = end; from > 20000; from /= 2) /* some are left at every distance */
        assert_true(checkpoint_retired(checkpoints_before(s, end - from / 2)) >= (from == end ? 1 : end - from));
    for (uint64_t to = 0; to <= end; to += end / 3)
        seek(s, to);
    seek(s, 5);
    seek(s, end);
    checkpoints_run(s, UINT64_MAX); /* the end itself retires nothing */
    assert_int_equal(course_digest(&c), digest);
    checkpoints_destroy(s);
    course_close(&c);
}

/* Too small for the guest's memory: a sentence, once, and the guest goes on. */
static void a_bound_too_small(void **state)
{
    static struct course c;
    struct error e;
    (void)state;
    course_open(&c, 0, SHADOW_FLUSH);
    struct checkpoints *s = store_of(&c, 16 << 10, 1000);
    assert_int_equal(checkpoints_run(s, 5000).end, END_RUNNING);
    assert_int_equal(c.system->retired, 5000);
    assert_non_null(strstr(checkpoints_trouble(s), "no more than 16 KiB"));
    assert_int_equal(checkpoint_take(s, true, NULL, &e), -ENOSPC);
    assert_int_equal(checkpoints_count(s), 0);
    assert_int_equal(checkpoints_seek(s, 100, &e), -ENOENT);
    assert_non_null(strstr(e.text, "instruction 100"));
    checkpoints_destroy(s);
    s = store_of(&c, 0, 1000); /* and memory was not disturbed */
    struct checkpoint *here = take(s);
    uint64_t digest = course_digest(&c);
    system_run(c.system, 100000);
    restore(s, here);
    assert_int_equal(course_digest(&c), digest);
    system_run(c.system, UINT64_MAX);
    assert_int_equal(checkpoints_seek(s, UINT64_MAX / 2, &e), -EIO);
    checkpoints_destroy(s);
    course_close(&c);
}

/* The end is part of the state: before it the guest runs, after it it does not. */
static void the_end_is_taken_back(void **state)
{
    static struct course c;
    (void)state;
    course_open(&c, 1, SHADOW_FLUSH);
    struct checkpoints *s = store_of(&c, 0, 0);
    system_run(c.system, 1000000);
    struct checkpoint *before = take(s);
    struct system_result end = system_run(c.system, UINT64_MAX);
    struct checkpoint *after = take(s);
    assert_int_equal(end.end, END_POWEROFF);
    for (int n = 0; n < 3; n++) {
        restore(s, before);
        assert_false(c.system->ended);
        assert_int_equal(system_run(c.system, 10).end, END_RUNNING);
        system_end(c.system, END_STUCK, n + 1, "another end");
        restore(s, after);
        assert_true(c.system->ended);
        assert_int_equal(system_run(c.system, 10).end, END_POWEROFF);
        assert_int_equal(c.system->result.status, end.status);
        assert_string_equal(c.system->result.why, end.why);
    }
    checkpoints_destroy(s);
    course_close(&c);
}

/* The price is what was written since, not what there is. */
static void a_checkpoint_costs_what_was_written(void **state)
{
    static struct course c;
    (void)state;
    course_open(&c, 1, SHADOW_FLUSH);
    struct checkpoints *s = store_of(&c, 0, 0);
    system_run(c.system, 600000);
    take(s);
    uint64_t first = checkpoints_stats(s).pages;
    take(s);
    assert_int_equal(checkpoints_stats(s).pages, first);
    put64(&c, COURSE_RAM + 0x800000, 1);
    take(s);
    assert_int_equal(checkpoints_stats(s).pages, first + 1);
    put64(&c, COURSE_RAM + 0x800000, 0); /* a page of zeros costs nothing */
    take(s);
    assert_int_equal(checkpoints_stats(s).pages, first + 1);
    checkpoints_destroy(s);
    course_close(&c);
}

/* What the caller keeps stays, and so does a change by hand. */
static void what_is_kept_stays(void **state)
{
    static struct course c;
    struct error e;
    (void)state;
    course_open(&c, 0, SHADOW_FLUSH);
    struct checkpoints *s = store_of(&c, 4 << 20, 1000);
    checkpoints_run(s, 100500);
    struct checkpoint *kept = take(s);
    uint64_t digest = course_digest(&c);
    checkpoints_run(s, 100000);
    assert_int_equal(checkpoints_edited(s, &e), 0);
    while (checkpoints_run(s, 100000).end == END_RUNNING)
        ;
    assert_true(checkpoints_stats(s).thinned > 100);
    assert_int_equal(checkpoint_retired(checkpoints_before(s, 100999)), 100500);
    assert_int_equal(checkpoint_retired(checkpoints_before(s, 200999)), 200500);
    restore(s, kept);
    assert_int_equal(course_digest(&c), digest);
    checkpoints_destroy(s);
    course_close(&c);
}

/* Decoded code that slept through a checkpoint is decoded anew where it was written meanwhile. */
static void code_changes_in_its_sleep(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        static struct course c;
        const uint32_t loop[] = {addi(12, 12, 1), jump(-4)}, other[] = {addi(12, 12, 16)};
        course_machine(&c, NULL, kinds[k].depth, kinds[k].policy);
        course_switch_on(&c);
        load_program(&c, COURSE_RAM, loop, sizeof loop);
        machine_set(course_top(&c), MACHINE_PC, COURSE_RAM);
        struct checkpoints *s = store_of(&c, 0, 0);
        system_run(c.system, 1000);
        assert_int_equal(machine_get(course_top(&c), RV_X + 12), 500);
        struct checkpoint *here = take(s);
        load_program(&c, COURSE_RAM, other, sizeof other);
        system_run(c.system, 10);
        assert_int_equal(machine_get(course_top(&c), RV_X + 12), 500 + 5 * 16);
        restore(s, here);
        system_run(c.system, 10);
        assert_int_equal(machine_get(course_top(&c), RV_X + 12), 505);
        checkpoints_destroy(s);
        course_close(&c);
    }
}

/* A cold fence empties a virtual machine's shadow, whatever its policy, and even where no tables of the guest are involved. */
static void a_shadow_goes_cold(void **state)
{
    (void)state;
    for (unsigned k = 1; k < KINDS; k++) {
        static struct course c;
        struct vm_stats before, after;
        const uint32_t loop[] = {ld(12, S0, 0), jump(-4)};
        course_machine(&c, NULL, kinds[k].depth, kinds[k].policy);
        course_switch_on(&c);
        load_program(&c, COURSE_RAM, loop, sizeof loop);
        machine_set(course_top(&c), MACHINE_PC, COURSE_RAM);
        machine_set(course_top(&c), RV_X + S0, COURSE_RAM + 0x10000);
        system_run(c.system, 1000);
        vm_stats(course_top(&c), &before);
        system_run(c.system, 1000);
        vm_stats(course_top(&c), &after);
        assert_int_equal(after.fills, before.fills);
        machine_fence(course_top(&c), &(struct fence){.cold = true});
        system_run(c.system, 1000);
        vm_stats(course_top(&c), &after);
        assert_int_equal(after.fills, before.fills + 2); /* of the code and of the word */
        course_close(&c);
    }
}

/* Every store is seen in the epoch it is made in, also the hundredth to one page through the pointer the CPU keeps. */
static void stores_are_seen_in_their_epoch(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        static struct course c;
        const uint32_t loop[] = {store(3, 12, S0), addi(12, 12, 1), jump(-8)};
        course_machine(&c, NULL, kinds[k].depth, kinds[k].policy);
        course_switch_on(&c);
        load_program(&c, COURSE_RAM, loop, sizeof loop);
        machine_set(course_top(&c), MACHINE_PC, COURSE_RAM);
        machine_set(course_top(&c), RV_X + S0, COURSE_RAM + 0x10ff8);
        const struct phys_range *r = phys_find(course_top(&c)->phys, COURSE_RAM);
        for (unsigned n = 0; n < 20; n++) {
            uint32_t epoch = ram_epoch_begin(r->ram);
            const uint64_t end = r->ram_offset + r->size;
            assert_int_equal(ram_next_written(r->ram, r->ram_offset, end, epoch), end);
            system_run(c.system, 300);
            uint64_t at = ram_next_written(r->ram, r->ram_offset, end, epoch);
            assert_int_equal(at, r->ram_offset + 0x10000);
            assert_int_equal(ram_next_written(r->ram, at + PAGE_SIZE, end, epoch), end);
        }
        course_close(&c);
    }
}

/* The CPU comes to keep a pointer to a page without writing there: the store lies across two pages, and the second refuses. The
 * next store to the first one is seen all the same. */
static void a_store_that_faults_half_way(void **state)
{
    static struct course c;
    const uint32_t code[] = {store(3, 12, S0), store(3, 12, S1), jump(0)};
    uint64_t retired = 0;
    (void)state;
    course_machine(&c, NULL, 0, SHADOW_FLUSH);
    struct machine *m = course_top(&c);
    load_program(&c, COURSE_RAM, code, sizeof code);
    machine_set(m, RV_X + S0, COURSE_RAM + COURSE_RAM_SIZE - 4); /* beyond it there is nothing */
    machine_set(m, RV_X + S1, COURSE_RAM + COURSE_RAM_SIZE - 64);
    machine_set(m, MACHINE_PC, COURSE_RAM);
    uint32_t epoch = ram_epoch_begin(c.ram);
    assert_int_equal(machine_run(m, 1, &retired).kind, TRAP_EXCEPTION);
    machine_set(m, MACHINE_PC, COURSE_RAM + 4);
    assert_int_equal(machine_run(m, 1, &retired).kind, TRAP_BUDGET);
    assert_int_equal(retired, 1);
    assert_int_equal(ram_next_written(c.ram, 0, COURSE_RAM_SIZE, epoch), COURSE_RAM_SIZE - PAGE_SIZE);
    course_close(&c);
}

/* Writes that bring memory back are no part of the course: what was reserved then is so again, whatever became of it. */
static void a_reservation_is_taken_back(void **state)
{
    static struct course c;
    (void)state;
    for (unsigned depth = 0; depth <= 1; depth++) {
        course_open(&c, depth, SHADOW_FLUSH);
        struct checkpoints *s = store_of(&c, 0, 0);
        struct machine *m = course_top(&c);
        const pa_t at = COURSE_RAM + COURSE_RAM_SIZE / 2;
        const uint64_t word = 5;
        machine_set(m, RV_RESERVATION, at);
        struct checkpoint *then = take(s);
        assert_int_equal(machine_store(m, at, &word, sizeof word), 0);
        assert_int_equal(machine_get(m, RV_RESERVATION), UINT64_MAX);
        restore(s, then);
        assert_int_equal(machine_get(m, RV_RESERVATION), at);
        checkpoints_destroy(s);
        course_close(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guest_takes_the_same_course),
        cmocka_unit_test(two_courses_in_one_store),
        cmocka_unit_test(devices_take_the_same_course),
        cmocka_unit_test(a_file_is_not_taken_back),
        cmocka_unit_test(caches_take_the_same_course),
        cmocka_unit_test(far_off_they_are_sparse),
        cmocka_unit_test(a_bound_too_small),
        cmocka_unit_test(the_end_is_taken_back),
        cmocka_unit_test(a_checkpoint_costs_what_was_written),
        cmocka_unit_test(what_is_kept_stays),
        cmocka_unit_test(code_changes_in_its_sleep),
        cmocka_unit_test(a_shadow_goes_cold),
        cmocka_unit_test(stores_are_seen_in_their_epoch),
        cmocka_unit_test(a_reservation_is_taken_back),
        cmocka_unit_test(a_store_that_faults_half_way),
    };
    make_file(disk_path, sizeof disk_path, DISK_SIZE);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(disk_path);
    return failed;
}
