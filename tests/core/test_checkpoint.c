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

struct kind {
    const char *name;
    unsigned depth;
    enum shadow_policy policy;
};
static const struct kind kinds[] = {
    {"bare", 0, SHADOW_FLUSH},
    {"vm, flush", 1, SHADOW_FLUSH},
    {"vm, trace", 1, SHADOW_TRACE},
    {"vm in vm", 2, SHADOW_FLUSH},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static uint64_t roll(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    return *random ^= *random << 17;
}


static struct checkpoints *store_of(struct course *c, uint64_t limit, uint64_t every)
{
    struct checkpoints *s;
    struct error e;
    if (checkpoints_create(&s, c->system, &(struct checkpoints_config){.limit = limit, .every = every}, &e) != 0)
        fail_msg("%s", e.text);
    return s;
}

static struct checkpoint *take(struct checkpoints *s)
{
    struct checkpoint *out;
    struct error e;
    if (checkpoint_take(s, true, &out, &e) != 0)
        fail_msg("%s", e.text);
    return out;
}

static void restore(struct checkpoints *s, const struct checkpoint *c)
{
    struct error e;
    if (checkpoint_restore(s, c, &e) != 0)
        fail_msg("%s", e.text);
}

static void seek(struct checkpoints *s, uint64_t retired)
{
    struct error e;
    if (checkpoints_seek(s, retired, &e) != 0)
        fail_msg("%s", e.text);
}

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
    assert_int_equal(machine_store(course_top(&m.course), COURSE_RAM + COURSE_RAM_SIZE - sizeof scribble, scribble, sizeof scribble), 0);
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
enum { DISK_SIZE = 1 << 20 };
#define RINGS (COURSE_RAM + (12 << 20))

static void poke(struct course *c, pa_t at, unsigned size, uint64_t value)
{
    assert_true(phys_store(course_top(c)->phys, at, size, value));
}

/* The disk's queue: one request of a sector, always the same descriptors. */
static void disk_start(struct course *c)
{
    static const struct {
        unsigned offset;
        uint64_t value;
    } registers[] = {{0x70, 0}, {0x70, 3}, {0x24, 0}, {0x20, 0x200}, {0x70, 11}, {0x30, 0}, {0x38, 8}, {0x80, RINGS}, {0x84, 0},
                     {0x90, RINGS + 0x1000}, {0x94, 0}, {0xa0, RINGS + 0x2000}, {0xa4, 0}, {0x44, 1}, {0x70, 15}};
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
    virt_console_input(c->system->board);
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
        assert_int_equal(drive_read(virt_disk(c->system->board, 0), at, word, sizeof word), 0);
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
    assert_int_equal(checkpoint_write(s, before, "/tmp/trapeze-never", "test", &e), -EBUSY);
    assert_int_equal(access("/tmp/trapeze-never", F_OK), -1);
    assert_int_equal(course_digest(&c), digest);
    restore(s, after);
    checkpoints_destroy(s);
    course_close(&c);
}

/* --- the input on record */

/* Input that comes at times of the host's own: each poll and each wait may bring some, as chance will have it. */
struct typist {
    struct course *course;
    uint64_t random;
    unsigned typed;
    char text[64];
};

static void typist_type(struct typist *t)
{
    if (t->typed == 60 || (t->course->input && *t->course->input) || roll(&t->random) % 3)
        return;
    snprintf(t->text, sizeof t->text, "%u;", t->typed++);
    t->course->input = t->text;
    virt_console_input(t->course->system->board);
}

static void typist_poll(void *opaque) { typist_type(opaque); }

static uint64_t typist_idle(void *opaque, uint64_t now, uint64_t until)
{
    struct typist *t = opaque;
    unsigned typed = t->typed;
    typist_type(t);
    return t->typed != typed ? now + 17 : until;
}

/* A program that echoes what it receives, waiting for interrupts in between and counting timer ticks meanwhile, in M-mode. */
enum { T0 = 5, T1 = 6, T2 = 7, S0 = 8, S1 = 9, A0 = 10, A1 = 11 };
static uint32_t i_type(unsigned op, unsigned f3, unsigned rd, unsigned rs1, int imm)
{
    return (uint32_t)imm << 20 | rs1 << 15 | f3 << 12 | rd << 7 | op;
}
static uint32_t addi(unsigned rd, unsigned rs1, int imm) { return i_type(0x13, 0, rd, rs1, imm); }
static uint32_t andi(unsigned rd, unsigned rs1, int imm) { return i_type(0x13, 7, rd, rs1, imm); }
static uint32_t slli(unsigned rd, unsigned rs1, int by) { return i_type(0x13, 1, rd, rs1, by); }
static uint32_t lbu(unsigned rd, unsigned rs1, int imm) { return i_type(0x03, 4, rd, rs1, imm); }
static uint32_t ld(unsigned rd, unsigned rs1, int imm) { return i_type(0x03, 3, rd, rs1, imm); }
static uint32_t jalr(unsigned rd, unsigned rs1) { return i_type(0x67, 0, rd, rs1, 0); }
static uint32_t store(unsigned width, unsigned rs2, unsigned rs1) { return rs2 << 20 | rs1 << 15 | width << 12 | 0x23; }
static uint32_t add(unsigned rd, unsigned rs1, unsigned rs2) { return rs2 << 20 | rs1 << 15 | rd << 7 | 0x33; }
static uint32_t branch(unsigned f3, unsigned rs1, unsigned rs2, int by)
{
    uint32_t u = (uint32_t)by;
    return (u >> 12 & 1) << 31 | (u >> 5 & 0x3f) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (u >> 1 & 15) << 8 | (u >> 11 & 1) << 7 | 0x63;
}
static uint32_t jump(int by)
{
    uint32_t u = (uint32_t)by;
    return (u >> 20 & 1) << 31 | (u >> 1 & 0x3ff) << 21 | (u >> 11 & 1) << 20 | (u >> 12 & 0xff) << 12 | 0x6f;
}
enum { WFI = 0x10500073, BEQ = 0, BNE = 1 };

static void load_program(struct course *c, pa_t at, const uint32_t *code, size_t size)
{
    assert_int_equal(machine_store(course_top(c), at, code, size), 0);
}

static void echo_boot(struct course *c)
{
    struct machine *m = course_top(c);
    const uint32_t code[] = {
        /* 0 */ lbu(T1, S0, 5),      /* the line's state: */
        /* 4 */ andi(T1, T1, 1),     /* a character? */
        /* 8 */ branch(BEQ, T1, 0, 16),
        /* c */ lbu(T2, S0, 0),
        /* 10 */ store(0, T2, S0),
        /* 14 */ jump(-0x14),
        /* 18 */ ld(T1, S1, 0), /* a timer 1000 ticks on: mtimecmp = time + 1000, from the CLINT */
        /* 1c */ addi(T1, T1, 1000),
        /* 20 */ store(3, T1, A0),
        /* 24 */ addi(A1, A1, 1),
        /* 28 */ WFI,
        /* 2c */ jump(-0x2c),
    };
    load_program(c, COURSE_RAM, code, sizeof code);
    machine_set(m, MACHINE_PC, COURSE_RAM);
    machine_set(m, RV_X + S0, VIRT_UART);
    machine_set(m, RV_X + S1, VIRT_CLINT + 0xbff8);
    machine_set(m, RV_X + A0, VIRT_CLINT + 0x4000);
    machine_set(m, RV_CSR + CSR_mie, 1 << RV_IRQ_MTI | 1 << RV_IRQ_MEI);
    poke(c, VIRT_UART + 2, 1, 1);
    poke(c, VIRT_UART + 1, 1, 1);
    poke(c, VIRT_PLIC + 4 * 10, 4, 1);
    poke(c, VIRT_PLIC + 0x2000, 4, 1 << 10);
}

static void typist_open(struct course *c, struct typist *t, const struct kind *k)
{
    course_machine(c, NULL, k->depth, k->policy);
    assert_int_equal(record_create(&c->record, c->board.console), 0);
    c->board.console = record_chardev(c->record);
    course_switch_on(c);
    echo_boot(c);
    *t = (struct typist){.course = c, .random = 99};
    c->system->host = (struct system_host){.poll = typist_poll, .idle = typist_idle, .opaque = t, .poll_every = 333};
    record_attach(c->record, c->system);
}

enum { TYPED = 24000 };

/* There and back again: same state, nothing printed twice, nothing taken from the typist. */
static void typing_is_repeated(void **state)
{
    (void)state;
    for (unsigned k = 0; k < KINDS; k++) {
        static struct course c;
        struct typist t;
        uint64_t random = 3, digest[20], where[20];
        typist_open(&c, &t, &kinds[k]);
        struct checkpoints *s = store_of(&c, 0, 5000);
        for (unsigned n = 0; n < 20; n++) {
            checkpoints_run(s, TYPED / 20 + n);
            where[n] = c.system->retired;
            digest[n] = course_digest(&c);
        }
        assert_in_range(t.typed, 20, 59);
        const size_t printed = c.output_count;
        const unsigned typed = t.typed;
        for (unsigned n = 0; n < 60; n++) {
            unsigned to = (unsigned)(roll(&random) % 20);
            seek(s, where[to]);
            assert_int_equal(course_digest(&c), digest[to]);
        }
        seek(s, where[19]);
        assert_int_equal(c.output_count, printed);
        assert_int_equal(t.typed, typed);
        checkpoints_run(s, 4 * TYPED); /* and live again */
        assert_int_equal(t.typed, 60);
        uint64_t end = c.system->retired, last = course_digest(&c);
        const size_t all = c.output_count;
        seek(s, 100);
        seek(s, end);
        assert_int_equal(course_digest(&c), last);
        assert_int_equal(c.output_count, all);
        assert_non_null(strstr(c.output, "0;1;2;3;4;5;6;7;8;9;"));
        assert_non_null(strstr(c.output, ";57;58;59;"));
        assert_null(strstr(c.output, "0;1;2;3;4;5;6;7;8;9;10;11;12;12"));
        checkpoints_destroy(s);
        course_close(&c);
    }
}

/* A register set by hand in the past makes another future, and that is the one there is from then on. */
static void an_edit_is_part_of_the_course(void **state)
{
    static struct course c;
    struct typist t;
    struct error e;
    (void)state;
    typist_open(&c, &t, &kinds[0]);
    struct checkpoints *s = store_of(&c, 0, 500);
    checkpoints_run(s, 3000);
    uint64_t unedited = course_digest(&c);
    seek(s, 1234);
    machine_set(course_top(&c), RV_X + A1, UINT64_C(1) << 40);
    assert_int_equal(checkpoints_edited(s, &e), 0);
    assert_int_equal(checkpoint_retired(checkpoints_at(s, checkpoints_count(s) - 1)), 1234);
    assert_false(record_replaying(c.record));
    checkpoints_run(s, 3000 - 1234);
    uint64_t edited = course_digest(&c);
    assert_int_not_equal(edited, unedited);
    assert_true(machine_get(course_top(&c), RV_X + A1) > UINT64_C(1) << 40);
    seek(s, 1000);
    assert_true(machine_get(course_top(&c), RV_X + A1) < 1000);
    seek(s, 3000);
    assert_int_equal(course_digest(&c), edited);
    seek(s, 600);
    checkpoints_run(s, 2400);
    assert_int_equal(course_digest(&c), edited);
    checkpoints_destroy(s);
    course_close(&c);
}

/* --- what the manual leaves to caches: a program clears A and D in the PTE of a page, makes no fence, and looks what becomes of it */

#define PAGE_X UINT64_C(0x40000000)
#define TABLE2 (COURSE_RAM + 0x100000)
#define TABLE1 (TABLE2 + 0x1000)
#define TABLE0 (TABLE2 + 0x2000)
#define CALLED (COURSE_RAM + 0x200000) /* a function in each page from here on */
enum { PTE_V = 1, PTE_R = 2, PTE_W = 4, PTE_X = 8, PTE_A = 64, PTE_D = 128, PAGES_CALLED = 32 };

static void put64(struct course *c, pa_t at, uint64_t value) { assert_int_equal(machine_store(course_top(c), at, &value, 8), 0); }

static void lax_boot(struct course *c)
{
    struct machine *m = course_top(c);
    const uint32_t function[] = {addi(12, 12, 1), jalr(0, 1)};
    const uint32_t code[] = {
        /* 0 */ store(3, A1, T0),     /* X is written: A and D appear, an entry is cached */
        /* 4 */ store(3, S0, T1),     /* they are taken away */
        /* 8 */ jalr(1, S1),          /* somewhere else, at times where the hart has never been */
        /* c */ store(3, A1, T0),     /* is there still an entry? */
        /* 10 */ ld(13, T0, 0),
        /* 14 */ ld(14, T1, 0),       /* what is to be seen of it */
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
        for (unsigned n = 1; n < m.count; n++)
            checkpoint_drop(m.store, m.at[n]);
        restore(m.store, m.at[0]);
        seek(m.store, end); /* forwards, over all places where there was one */
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
    enum { LIMIT = 4 << 20 };
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

/* --- as a file */

static char file_path[64];
#define PROGRAM "trapeze 1.2.3"

static void write_checkpoint(struct checkpoints *s, const struct checkpoint *c)
{
    struct error e;
    if (checkpoint_write(s, c, file_path, PROGRAM, &e) != 0)
        fail_msg("%s", e.text);
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
    bytes[16] = 2;
    file_put(bytes, size);
    refused(&c, s, PROGRAM, "in format 2, and this program reads format 1");
    bytes[16] = 1;
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
    course_machine(&a, NULL, 0, SHADOW_FLUSH);
    a.board.drive[0] = (struct virt_drive){.path = disk_path, .snapshot = true};
    course_switch_on(&a);
    struct checkpoints *s = store_of(&a, 0, 0);
    write_checkpoint(s, take(s));
    for (unsigned n = 0; n < 6; n++) {
        cpu = riscv_config_default;
        cpu.sstc = n != 0;
        cpu.asid_bits = n == 1 ? 8 : 16;
        cpu.units_per_tick = n == 2 ? 10 : 100;
        course_machine(&b, &cpu, 1, SHADOW_FLUSH);
        b.board.drive[0] = (struct virt_drive){.path = n == 3 ? NULL : disk_path, .snapshot = true};
        b.board.ram_size = n == 4 ? COURSE_RAM_SIZE / 2 : COURSE_RAM_SIZE;
        course_switch_on(&b);
        if (n == 5)
            assert_int_equal(utimensat(AT_FDCWD, disk_path, times, 0), 0);
        struct checkpoints *t = store_of(&b, 0, 0);
        static const char *const words[] = {"supervisor timer is Sstc, here none", "width of ASIDs is 16 bits, here 8",
                                            "tick is 100, here 10", "here not there", "memory is 16777216 bytes, here 8388608",
                                            "here 1048576 bytes, with snapshot, last changed at 1000."};
        refused(&b, t, PROGRAM, words[n]);
        checkpoints_destroy(t);
        course_close(&b);
    }
    checkpoints_destroy(s);
    course_close(&a);
}

/* A file that cannot be written leaves the one of that name, and nothing beside it. */
static void a_file_is_whole_or_not_there(void **state)
{
    static struct course c;
    struct error e;
    char folder[64] = "/tmp/trapeze-folder-XXXXXX", inside[128], command[160];
    (void)state;
    course_open(&c, 0, SHADOW_FLUSH);
    struct checkpoints *s = store_of(&c, 0, 0);
    struct checkpoint *here = take(s);
    assert_non_null(mkdtemp(folder));
    snprintf(inside, sizeof inside, "%s/there/file", folder);
    assert_int_equal(checkpoint_write(s, here, inside, PROGRAM, &e), -ENOENT);
    assert_non_null(strstr(e.text, inside));
    snprintf(inside, sizeof inside, "%s/file", folder);
    assert_int_equal(mkdir(inside, 0700), 0); /* a folder in the way: all is written, but cannot be named */
    assert_true(checkpoint_write(s, here, inside, PROGRAM, &e) < 0);
    assert_int_equal(rmdir(inside), 0);
    assert_int_equal(checkpoint_write(s, here, inside, PROGRAM, &e), 0);
    snprintf(command, sizeof command, "test \"$(ls -A %s)\" = file", folder);
    assert_int_equal(system(command), 0);
    unlink(inside);
    assert_int_equal(rmdir(folder), 0);
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
    for (unsigned n = 0; n < 3; n++) {
        restore(s, before);
        assert_false(c.system->ended);
        assert_int_equal(system_run(c.system, 10).end, END_RUNNING);
        restore(s, after);
        assert_true(c.system->ended);
        assert_int_equal(system_run(c.system, 10).end, END_POWEROFF);
    }
    checkpoints_destroy(s);
    course_close(&c);
}

static void make_file(char *path, size_t size, off_t length)
{
    snprintf(path, size, "/tmp/trapeze-checkpoint-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0 && ftruncate(fd, length) == 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guest_takes_the_same_course), cmocka_unit_test(two_courses_in_one_store),
        cmocka_unit_test(devices_take_the_same_course),    cmocka_unit_test(a_file_is_not_taken_back),
        cmocka_unit_test(typing_is_repeated),              cmocka_unit_test(an_edit_is_part_of_the_course),
        cmocka_unit_test(caches_take_the_same_course),     cmocka_unit_test(far_off_they_are_sparse),
        cmocka_unit_test(a_bound_too_small),               cmocka_unit_test(another_machine_goes_on),
        cmocka_unit_test(the_firmware_goes_on), cmocka_unit_test(htif_goes_on), cmocka_unit_test(a_bad_file_is_refused),           cmocka_unit_test(another_machine_is_refused),
        cmocka_unit_test(a_file_is_whole_or_not_there),    cmocka_unit_test(events_of_before_come_first),
        cmocka_unit_test(a_bad_state_changes_nothing),     cmocka_unit_test(the_end_is_taken_back),
    };
    make_file(disk_path, sizeof disk_path, DISK_SIZE);
    make_file(file_path, sizeof file_path, 0);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(disk_path);
    unlink(file_path);
    return failed;
}
