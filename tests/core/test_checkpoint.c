/* test_checkpoint.c - the course of a system is the same each time: from any checkpoint, on any kind of machine, in the middle of
 * whatever devices do, through a file, with the input on record, and where a program leaves it to the caches what it will see.
 */
#include "devices/drive.h"
#include "tests/core/course.h"

#include <errno.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guest_takes_the_same_course), cmocka_unit_test(two_courses_in_one_store),
        cmocka_unit_test(devices_take_the_same_course),    cmocka_unit_test(a_file_is_not_taken_back),
        cmocka_unit_test(caches_take_the_same_course),
    };
    make_file(disk_path, sizeof disk_path, DISK_SIZE);
    int failed = run_by_both_engines(tests);
    unlink(disk_path);
    return failed;
}
