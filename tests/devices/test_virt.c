/* test_virt.c - the board as a whole: every wire reaches the PLIC, a failed creation leaves nothing behind, reset and destruction. */
#include "devices/finisher.h"
#include "devices/virt.h"
#include "tests/devices/rig.h"

#include <errno.h>
#include <unistd.h>

struct bench {
    struct rig rig;
    struct host host;
    struct inputs cpu;
    int offs, status, reboots;
    struct virt_config config;
    struct board_site site;
    struct board *board;
    char path[64];
};

static void off(void *opaque, int status)
{
    struct bench *b = opaque;
    b->offs++;
    b->status = status;
}

static void reboot(void *opaque) { ((struct bench *)opaque)->reboots++; }

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct error e;
    assert_non_null(b);
    rig_open(&b->rig);
    snprintf(b->path, sizeof b->path, "/tmp/trapeze-test-XXXXXX");
    int fd = mkstemp(b->path);
    assert_true(fd >= 0 && ftruncate(fd, 4096) == 0);
    close(fd);
    b->config = (struct virt_config){
        .ram_size = RIG_RAM_SIZE,
        .harts = 1,
        .isa = "rv64imac",
        .console = host_chardev(&b->host),
        .drive = {[2] = {.path = b->path}},
    };
    b->site = (struct board_site){.phys = b->rig.phys,
                                  .clock = &b->rig.clock,
                                  .power = {.off = off, .reboot = reboot, .opaque = b},
                                  .cpu = {inputs_line(&b->cpu)}};
    assert_int_equal(virt_create(&b->board, &b->config, &b->site, &e), 0);
    *state = b;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;
    board_destroy(b->board);
    unlink(b->path);
    rig_close(&b->rig);
    free(b);
    return 0;
}

static uint64_t in(struct bench *b, pa_t at, unsigned size)
{
    uint64_t v;
    assert_true(phys_load(b->rig.phys, at, size, &v));
    return v;
}

static void out(struct bench *b, pa_t at, unsigned size, uint64_t v) { assert_true(phys_store(b->rig.phys, at, size, v)); }

/* Lets every source through to S-mode. */
static void plic_open(struct bench *b)
{
    for (unsigned i = 1; i < 12; i++)
        out(b, VIRT_PLIC + 4 * i, 4, 1);
    out(b, VIRT_PLIC + 0x2080, 4, UINT32_MAX);
}

static void uart_interrupts_through_the_plic(void **state)
{
    struct bench *b = *state;
    plic_open(b);
    out(b, VIRT_UART + 1, 1, 1);
    host_type(&b->host, "k");
    assert_false(b->cpu.seip.level);
    board_input(b->board);
    assert_true(b->cpu.seip.level);
    assert_false(b->cpu.meip.level);
    assert_int_equal(in(b, VIRT_PLIC + 0x201004, 4), 10);
    assert_int_equal(in(b, VIRT_UART, 1), 'k');
    out(b, VIRT_PLIC + 0x201004, 4, 10);
    assert_false(b->cpu.seip.level);
    out(b, VIRT_UART, 1, 'w');
    assert_int_equal(b->host.out[0], 'w');
}

static void timer_and_software_interrupts(void **state)
{
    struct bench *b = *state;
    out(b, VIRT_CLINT, 4, 1);
    assert_true(b->cpu.msip.level);
    out(b, VIRT_CLINT + 0x4000, 8, 10);
    assert_false(b->cpu.mtip.level);
    rig_advance(&b->rig, 1000);
    assert_true(b->cpu.mtip.level);
    assert_int_equal(in(b, VIRT_CLINT + 0xbff8, 8), 10);
}

static void rtc_alarm_is_irq_11(void **state)
{
    struct bench *b = *state;
    plic_open(b);
    out(b, VIRT_RTC + 0x10, 4, 1);
    out(b, VIRT_RTC + 0x0c, 4, 0);
    out(b, VIRT_RTC + 0x08, 4, 0);
    assert_true(b->cpu.seip.level);
    assert_int_equal(in(b, VIRT_PLIC + 0x201004, 4), 11);
}

static void slots_are_in_order(void **state)
{
    struct bench *b = *state;
    static const uint32_t ids[8] = {0, 0, 2, 0, 3, 4, 0, 0};
    for (unsigned i = 0; i < 8; i++)
        assert_int_equal(in(b, VIRT_VIRTIO + i * 0x1000 + 8, 4), ids[i]);
    assert_int_equal(in(b, VIRT_VIRTIO + 2 * 0x1000 + 0x100, 4), 8); /* sectors */
}

/* Three devices are broken on purpose, so that each asks for attention by its own wire. */
static void slots_have_their_own_wires(void **state)
{
    struct bench *b = *state;
    static const unsigned slots[] = {5, 2, 4};
    plic_open(b);
    for (unsigned i = 0; i < 3; i++) {
        pa_t slot = VIRT_VIRTIO + slots[i] * 0x1000;
        out(b, slot + 0x70, 4, 15);
        out(b, slot + 0x38, 4, 0); /* a queue of no size */
        out(b, slot + 0x44, 4, 1);
        assert_false(b->cpu.seip.level);
        out(b, slot + 0x50, 4, 0);
        assert_true(b->cpu.seip.level);
        assert_int_equal(in(b, VIRT_PLIC + 0x201004, 4), slots[i] + 1);
        out(b, slot + 0x64, 4, 2);
        out(b, VIRT_PLIC + 0x201004, 4, slots[i] + 1);
    }
}

static void finisher_reports(void **state)
{
    struct bench *b = *state;
    out(b, VIRT_FINISHER, 4, 7 << 16 | FINISHER_FAIL);
    assert_int_equal(b->offs, 1);
    assert_int_equal(b->status, 7);
    out(b, VIRT_FINISHER, 4, FINISHER_RESET);
    assert_int_equal(b->reboots, 1);
}

static void reset_quiets_everything(void **state)
{
    struct bench *b = *state;
    plic_open(b);
    out(b, VIRT_CLINT, 4, 1);
    out(b, VIRT_CLINT + 0x4000, 8, 1000);
    out(b, VIRT_UART + 1, 1, 2);
    assert_true(b->cpu.seip.level && b->cpu.msip.level);
    board_reset(b->board);
    assert_false(b->cpu.seip.level || b->cpu.meip.level || b->cpu.msip.level || b->cpu.mtip.level);
    assert_true(clock_next(&b->rig.clock) == UINT64_MAX);
    assert_int_equal(in(b, VIRT_UART + 1, 1), 0);
    assert_int_equal(in(b, VIRT_PLIC + 40, 4), 0);
    assert_int_equal(in(b, VIRT_VIRTIO + 2 * 0x1000 + 8, 4), 2);
}

static void destruction_leaves_ram_alone_and_a_new_board_fits(void **state)
{
    struct bench *b = *state;
    struct error e;
    out(b, VIRT_CLINT + 0x4000, 8, 1000);
    board_destroy(b->board);
    assert_int_equal(phys_count(b->rig.phys), 1);
    assert_non_null(phys_host(b->rig.phys, RIG_RAM, RIG_RAM_SIZE));
    assert_true(clock_next(&b->rig.clock) == UINT64_MAX);
    assert_int_equal(virt_create(&b->board, &b->config, &b->site, &e), 0); /* the drive is unlocked too */
}

static void a_failed_creation_leaves_nothing(void **state)
{
    struct bench *b = *state;
    struct board *v;
    struct error e;
    struct phys *p;
    struct ram *ram;
    assert_int_equal(phys_create(&p), 0);
    assert_int_equal(ram_create(&ram, PAGE_SIZE), 0);
    struct virt_config c = b->config;
    struct board_site site = b->site;
    site.phys = p;
    assert_int_equal(virt_create(&v, &c, &site, &e), -EBUSY); /* the drive is the other board's */
    assert_non_null(strstr(e.text, b->path));
    assert_int_equal(phys_count(p), 0);
    c.drive[2].path = NULL;
    c.drive[0].path = "/nonexistent";
    assert_int_equal(virt_create(&v, &c, &site, &e), -ENOENT);
    assert_int_equal(phys_count(p), 0);
    c.drive[0].path = NULL;
    c.harts = BOARD_CPUS + 1;
    assert_int_equal(virt_create(&v, &c, &site, &e), -EINVAL);
    c.harts = 0;
    assert_int_equal(virt_create(&v, &c, &site, &e), -EINVAL);
    c.harts = 1;
    assert_int_equal(phys_add_ram(p, "in the way", VIRT_VIRTIO + 0x3000, PAGE_SIZE, ram, 0), 0);
    assert_int_equal(virt_create(&v, &c, &site, &e), -EEXIST);
    assert_non_null(strstr(e.text, "virtio.3"));
    assert_int_equal(phys_count(p), 1);
    assert_true(phys_find(p, VIRT_VIRTIO + 0x3000)->ram == ram);
    phys_destroy(p);
    ram_destroy(ram);
}

/* Each hart has its own msip, mtimecmp, and two contexts of the PLIC. */
static void every_hart_has_inputs_of_its_own(void **state)
{
    struct rig r;
    struct inputs cpu[3] = {0};
    struct host host = {0};
    struct board *board;
    struct error e;
    const struct virt_config c = {.ram_size = RIG_RAM_SIZE, .harts = 3, .isa = "rv64imac", .console = host_chardev(&host)};
    (void)state;
    rig_open(&r);
    const struct board_site site = {
        .phys = r.phys, .clock = &r.clock, .cpu = {inputs_line(&cpu[0]), inputs_line(&cpu[1]), inputs_line(&cpu[2])}};
    assert_int_equal(virt_create(&board, &c, &site, &e), 0);
    assert_true(phys_store(r.phys, VIRT_CLINT + 4 * 2, 4, 1));
    assert_true(phys_store(r.phys, VIRT_CLINT + 4 * 3, 4, 1)); /* there is no hart 3 */
    assert_true(cpu[2].msip.level && !cpu[1].msip.level && !cpu[0].msip.level);
    uint64_t pair;
    assert_true(phys_load(r.phys, VIRT_CLINT + 8, 8, &pair) && pair == 1); /* hart 2 and nobody */
    assert_true(phys_load(r.phys, VIRT_CLINT + 4, 4, &pair) && pair == 0);
    assert_true(phys_store(r.phys, VIRT_CLINT + 0x4000 + 8 * 1, 8, 5));
    assert_true(phys_store(r.phys, VIRT_CLINT + 0x4000 + 8 * 2, 8, 3));
    rig_advance(&r, 300);
    assert_true(!cpu[0].mtip.level && !cpu[1].mtip.level && cpu[2].mtip.level);
    rig_advance(&r, 500);
    assert_true(!cpu[0].mtip.level && cpu[1].mtip.level);
    /* The UART's interrupt, for S-mode of hart 1 alone. */
    assert_true(phys_store(r.phys, VIRT_PLIC + 4 * VIRT_IRQ_UART, 4, 1));
    assert_true(phys_store(r.phys, VIRT_PLIC + 0x2000 + 0x80 * 3, 4, 1 << VIRT_IRQ_UART));
    assert_true(phys_store(r.phys, VIRT_UART + 1, 1, 2)); /* transmitter empty */
    for (unsigned h = 0; h < 3; h++)
        assert_true(cpu[h].seip.level == (h == 1) && !cpu[h].meip.level);
    assert_int_equal(board_input_lines(board, 0), 0);
    board_reset(board);
    assert_false(cpu[1].seip.level || cpu[1].mtip.level || cpu[2].msip.level || cpu[2].mtip.level);
    board_destroy(board);
    rig_close(&r);
}

/* Every aligned access of every size to the whole board is either answered or refused: nothing else. */
static void the_whole_board_survives_nonsense(void **state)
{
    struct bench *b = *state;
    uint64_t v, random = 1;
    for (unsigned i = 0; i < 200000; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const struct phys_range *r = phys_range(b->rig.phys, (unsigned)(random >> 60) % phys_count(b->rig.phys));
        unsigned size = 1u << (random >> 58 & 3);
        uint64_t offset = (random >> 20 & 1 ? random >> 24 & 0xff : random >> 24) % r->size & ~(uint64_t)(size - 1);
        if (random >> 21 & 1)
            (void)!phys_store(b->rig.phys, r->base + offset, size, random >> 22 & 1 ? random : random >> 61);
        else
            (void)!phys_load(b->rig.phys, r->base + offset, size, &v);
        b->host.out_count = 0;
        rig_advance(&b->rig, b->rig.now + 1);
    }
    board_reset(b->board);
    assert_false(b->cpu.seip.level || b->cpu.meip.level || b->cpu.msip.level || b->cpu.mtip.level);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(uart_interrupts_through_the_plic),
        TEST(timer_and_software_interrupts),
        TEST(rtc_alarm_is_irq_11),
        TEST(slots_are_in_order),
        TEST(slots_have_their_own_wires),
        TEST(finisher_reports),
        TEST(reset_quiets_everything),
        TEST(destruction_leaves_ram_alone_and_a_new_board_fits),
        TEST(a_failed_creation_leaves_nothing),
        TEST(the_whole_board_survives_nonsense),
        cmocka_unit_test(every_hart_has_inputs_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
