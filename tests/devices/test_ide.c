/* test_ide.c - disks by programmed I/O: addresses of three kinds, blocks, interrupts, errors, reset, what is not there. */
#include "devices/ide.h"
#include "tests/devices/rig.h"

#include <unistd.h>

enum { DATA, ERROR, COUNT, LBA0, LBA1, LBA2, DEVICE, STATUS, SECTORS = 3000 };

struct bench {
    struct ide ide;
    struct drive drive[2];
    struct wire wire;
    char path[2][32];
};

/* Each sector begins with its number, and goes on with it. */
static void sector_fill(uint32_t word[128], uint32_t n)
{
    for (unsigned i = 0; i < 128; i++)
        word[i] = n * 128 + i;
}

static void drive_make(struct bench *b, unsigned n, unsigned sectors, bool readonly)
{
    uint32_t word[128];
    struct error e;
    strcpy(b->path[n], "/tmp/trapeze_ide_XXXXXX");
    int fd = mkstemp(b->path[n]);
    assert_true(fd >= 0);
    for (unsigned s = 0; s < sectors; s++) {
        sector_fill(word, s);
        assert_int_equal(write(fd, word, sizeof word), sizeof word);
    }
    close(fd);
    assert_int_equal(drive_open(&b->drive[n], b->path[n], false, readonly, &e), 0);
}

static int open_with(void **state, unsigned drives, bool readonly)
{
    struct bench *b = calloc(1, sizeof *b);
    struct drive *drive[2] = {NULL, NULL};
    for (unsigned n = 0; n < 2; n++) {
        b->drive[n].fd = -1;
        if (n < drives) {
            drive_make(b, n, n ? 64 : SECTORS, readonly);
            drive[n] = &b->drive[n];
        }
    }
    ide_init(&b->ide, drive, (struct host_look){0}, wire_line(&b->wire));
    *state = b;
    return 0;
}

static int open_none(void **state) { return open_with(state, 0, false); }
static int open_one(void **state) { return open_with(state, 1, false); }
static int open_two(void **state) { return open_with(state, 2, false); }
static int open_readonly(void **state) { return open_with(state, 1, true); }

static int close_bench(void **state)
{
    struct bench *b = *state;
    for (unsigned n = 0; n < 2; n++) {
        drive_close(&b->drive[n]);
        if (*b->path[n])
            unlink(b->path[n]);
    }
    free(b);
    return 0;
}

static uint8_t in(struct bench *b, unsigned r) { return (uint8_t)io_get(&ide_command_io, &b->ide, r, 1); }
static void out(struct bench *b, unsigned r, uint8_t v) { io_put(&ide_command_io, &b->ide, r, 1, v); }
static void control(struct bench *b, uint8_t v) { io_put(&ide_control_io, &b->ide, 0, 1, v); }
static uint8_t alternate(struct bench *b) { return (uint8_t)io_get(&ide_control_io, &b->ide, 0, 1); }

static void lba28(struct bench *b, uint32_t sector, uint8_t count, uint8_t command)
{
    out(b, COUNT, count);
    out(b, LBA0, (uint8_t)sector);
    out(b, LBA1, (uint8_t)(sector >> 8));
    out(b, LBA2, (uint8_t)(sector >> 16));
    out(b, DEVICE, (uint8_t)(0xe0 | sector >> 24));
    out(b, STATUS, command);
}

static void lba48(struct bench *b, uint64_t sector, uint16_t count, uint8_t command)
{
    out(b, DEVICE, 0x40);
    out(b, COUNT, (uint8_t)(count >> 8));
    out(b, LBA0, (uint8_t)(sector >> 24));
    out(b, LBA1, (uint8_t)(sector >> 32));
    out(b, LBA2, (uint8_t)(sector >> 40));
    out(b, COUNT, (uint8_t)count);
    out(b, LBA0, (uint8_t)sector);
    out(b, LBA1, (uint8_t)(sector >> 8));
    out(b, LBA2, (uint8_t)(sector >> 16));
    out(b, STATUS, command);
}

/* The interrupt, acknowledged by reading the status. */
static void expect_interrupt(struct bench *b, uint8_t status)
{
    assert_true(b->wire.level);
    assert_int_equal(alternate(b), status);
    assert_true(b->wire.level);
    assert_int_equal(in(b, STATUS), status);
    assert_false(b->wire.level);
}

static void expect_sector(struct bench *b, uint32_t n)
{
    uint32_t word[128];
    sector_fill(word, n);
    for (unsigned i = 0; i < 128; i++)
        assert_int_equal(io_get(&ide_command_io, &b->ide, DATA, 4), word[i]);
}

static void put_sector(struct bench *b, uint32_t n)
{
    uint32_t word[128];
    sector_fill(word, n);
    for (unsigned i = 0; i < 128; i++) {
        io_put(&ide_command_io, &b->ide, DATA, 2, word[i] & 0xffff);
        io_put(&ide_command_io, &b->ide, DATA, 2, word[i] >> 16);
    }
}

static void expect_on_disk(struct bench *b, unsigned drive, uint32_t sector, uint32_t content)
{
    uint32_t word[128], got[128];
    sector_fill(word, content);
    assert_int_equal(drive_read(&b->drive[drive], (uint64_t)sector * 512, got, sizeof got), 0);
    assert_memory_equal(word, got, sizeof got);
}

static void reads_sectors(void **state)
{
    struct bench *b = *state;
    lba28(b, 1000, 3, 0x20);
    for (uint32_t n = 1000; n < 1003; n++) {
        expect_interrupt(b, 0x58);
        expect_sector(b, n);
    }
    assert_false(b->wire.level);
    assert_int_equal(in(b, STATUS), 0x50);
    assert_int_equal(in(b, LBA0) | in(b, LBA1) << 8, 1002);
    assert_int_equal(io_get(&ide_command_io, &b->ide, DATA, 2), 0xffff); /* there is no more */
    lba28(b, 5, 0, 0x20);                                                /* 256 of them */
    for (uint32_t n = 5; n < 261; n++) {
        assert_int_equal(in(b, STATUS), 0x58);
        expect_sector(b, n);
    }
    assert_int_equal(in(b, STATUS), 0x50);
}

static void reads_with_48_bits(void **state)
{
    struct bench *b = *state;
    lba48(b, 2000, 300, 0x24);
    for (uint32_t n = 2000; n < 2300; n++) {
        expect_interrupt(b, 0x58);
        expect_sector(b, n);
    }
    assert_int_equal(in(b, STATUS), 0x50);
    assert_int_equal(in(b, LBA0) | in(b, LBA1) << 8, 2299);
    control(b, 0x80);
    assert_int_equal(in(b, LBA0) | in(b, LBA1) | in(b, LBA2), 0);
    assert_int_equal(in(b, COUNT), 300 >> 8);
    lba48(b, UINT64_C(1) << 32, 1, 0x24);
    expect_interrupt(b, 0x51);
    assert_int_equal(in(b, ERROR), 0x10);
}

static void reads_by_cylinder_head_and_sector(void **state)
{
    struct bench *b = *state;
    out(b, COUNT, 1);
    out(b, LBA0, 5);
    out(b, LBA1, 1);
    out(b, LBA2, 0);
    out(b, DEVICE, 0xa3);
    out(b, STATUS, 0x20);
    expect_interrupt(b, 0x58);
    expect_sector(b, (1 * 16 + 3) * 63 + 4);
    out(b, COUNT, 10); /* 10 sectors, 4 heads */
    out(b, DEVICE, 0xa3);
    out(b, STATUS, 0x91);
    expect_interrupt(b, 0x50);
    out(b, COUNT, 2);
    out(b, LBA0, 10);
    out(b, LBA1, 1);
    out(b, STATUS, 0x20);
    expect_interrupt(b, 0x58);
    expect_sector(b, (1 * 4 + 3) * 10 + 9);
    expect_interrupt(b, 0x58);
    expect_sector(b, 2 * 4 * 10);
    assert_int_equal(in(b, LBA0), 1);
    assert_int_equal(in(b, LBA1), 2);
    assert_int_equal(in(b, DEVICE) & 15, 0);
    out(b, LBA0, 11); /* there is no such sector */
    out(b, STATUS, 0x20);
    expect_interrupt(b, 0x51);
}

static void blocks_of_several(void **state)
{
    struct bench *b = *state;
    lba28(b, 0, 4, 0xc4);
    expect_interrupt(b, 0x51); /* nobody has set their size */
    assert_int_equal(in(b, ERROR), 4);
    lba28(b, 0, 3, 0xc6);
    expect_interrupt(b, 0x51); /* no power of two */
    lba28(b, 0, 4, 0xc6);
    expect_interrupt(b, 0x50);
    lba28(b, 100, 10, 0xc4);
    for (uint32_t n = 100; n < 110; n++) {
        if (n % 4 == 0)
            expect_interrupt(b, 0x58);
        assert_false(b->wire.level);
        expect_sector(b, n);
    }
    assert_int_equal(in(b, STATUS), 0x50);
    lba28(b, 200, 6, 0xc5);
    assert_false(b->wire.level);
    for (uint32_t n = 0; n < 6; n++) {
        if (n == 4)
            expect_interrupt(b, 0x58);
        put_sector(b, 7000 + n);
    }
    expect_interrupt(b, 0x50);
    for (uint32_t n = 0; n < 6; n++)
        expect_on_disk(b, 0, 200 + n, 7000 + n);
    expect_on_disk(b, 0, 206, 206);
}

static void writes_sectors(void **state)
{
    struct bench *b = *state;
    lba28(b, 10, 2, 0x30);
    assert_int_equal(alternate(b), 0x58);
    assert_false(b->wire.level); /* not for the first one */
    put_sector(b, 5000);
    expect_interrupt(b, 0x58);
    put_sector(b, 5001);
    expect_interrupt(b, 0x50);
    expect_on_disk(b, 0, 10, 5000);
    expect_on_disk(b, 0, 11, 5001);
    expect_on_disk(b, 0, 12, 12);
    lba48(b, SECTORS - 1, 1, 0x34);
    put_sector(b, 6000);
    expect_interrupt(b, 0x50);
    expect_on_disk(b, 0, SECTORS - 1, 6000);
    lba28(b, 0, 0, 0xe7);
    expect_interrupt(b, 0x50);
}

static void the_end_of_the_disk(void **state)
{
    struct bench *b = *state;
    lba28(b, SECTORS - 1, 1, 0x20);
    expect_interrupt(b, 0x58);
    expect_sector(b, SECTORS - 1);
    lba28(b, SECTORS - 1, 2, 0x20);
    expect_interrupt(b, 0x51);
    assert_int_equal(in(b, ERROR), 0x10);
    lba28(b, SECTORS, 1, 0x30);
    expect_interrupt(b, 0x51);
    put_sector(b, 1); /* which nobody takes */
    lba28(b, 0, 0, 0xf8);
    expect_interrupt(b, 0x50);
    assert_int_equal(in(b, LBA0) | in(b, LBA1) << 8, SECTORS - 1);
}

static void what_host_files_refuse(void **state)
{
    struct bench *b = *state;
    lba28(b, 0, 1, 0x30);
    expect_interrupt(b, 0x51);
    assert_int_equal(in(b, ERROR), 4);
    lba28(b, 0, 1, 0x20);
    expect_interrupt(b, 0x58);
    assert_int_equal(truncate(b->path[0], 512), 0); /* somebody cuts the file short */
    lba28(b, 100, 1, 0x20);
    expect_interrupt(b, 0x51);
    assert_int_equal(in(b, ERROR), 0x40);
    assert_int_equal(in(b, LBA0), 100);
}

static void identifies_itself(void **state)
{
    struct bench *b = *state;
    uint16_t w[256];
    out(b, DEVICE, 0xf0);
    out(b, STATUS, 0xec);
    expect_interrupt(b, 0x58);
    for (unsigned i = 0; i < 256; i++)
        w[i] = (uint16_t)io_get(&ide_command_io, &b->ide, DATA, 2);
    assert_int_equal(in(b, STATUS), 0x50);
    assert_int_equal(w[60] | (uint32_t)w[61] << 16, 64);
    assert_int_equal(w[100], 64);
    assert_int_equal(w[49] & 0x300, 0x200); /* LBA, and no DMA */
    assert_int_equal(w[10], 'T' << 8 | 'R');
    assert_int_equal(w[83] & 0xc400, 0x4400);
}

static void interrupts_can_be_off(void **state)
{
    struct bench *b = *state;
    control(b, 2);
    lba28(b, 0, 1, 0x20);
    assert_false(b->wire.level);
    assert_int_equal(alternate(b), 0x58);
    control(b, 0);
    assert_true(b->wire.level); /* it is still to be acknowledged */
    in(b, STATUS);
    assert_false(b->wire.level);
}

static void resets(void **state)
{
    struct bench *b = *state;
    lba28(b, 0, 8, 0x20);
    control(b, 4);
    assert_int_equal(in(b, STATUS), 0x80);
    assert_false(b->wire.level);
    out(b, STATUS, 0xec); /* is not heard */
    control(b, 0);
    assert_int_equal(in(b, STATUS), 0x50);
    assert_int_equal(in(b, ERROR), 1);
    assert_int_equal(in(b, COUNT), 1);
    assert_int_equal(in(b, LBA0), 1);
    assert_int_equal(in(b, LBA1) | in(b, LBA2), 0);
    out(b, STATUS, 0x90);
    expect_interrupt(b, 0x50);
    assert_int_equal(in(b, ERROR), 1);
}

static void two_disks_are_apart(void **state)
{
    struct bench *b = *state;
    lba28(b, 3, 1, 0x20);
    expect_sector(b, 3);
    out(b, DEVICE, 0xf0);
    out(b, LBA0, 3);
    out(b, STATUS, 0x30);
    put_sector(b, 99);
    expect_on_disk(b, 1, 3, 99);
    expect_on_disk(b, 0, 3, 3);
    out(b, STATUS, 0x30);
    out(b, DEVICE, 0xe0); /* the other one, in the middle of it */
    put_sector(b, 98);
    expect_on_disk(b, 0, 3, 3);
    expect_on_disk(b, 1, 3, 99);
}

static void the_second_is_not_there(void **state)
{
    struct bench *b = *state;
    out(b, DEVICE, 0xf0);
    assert_int_equal(in(b, STATUS), 0);
    out(b, STATUS, 0xec);
    assert_int_equal(in(b, STATUS), 0);
    assert_false(b->wire.level);
    out(b, COUNT, 0x55); /* the first one answers for it */
    assert_int_equal(in(b, COUNT), 0x55);
}

static void none_is_there(void **state)
{
    struct bench *b = *state;
    for (unsigned r = 1; r < 8; r++) {
        out(b, r, 0xec);
        assert_int_equal(in(b, r), 0xff);
    }
    assert_int_equal(alternate(b), 0xff);
    assert_int_equal(io_get(&ide_command_io, &b->ide, DATA, 2), 0xffff);
}

static void features_and_power(void **state)
{
    struct bench *b = *state;
    static const struct {
        uint8_t feature, count, status;
    } cases[] = {{3, 0, 0x50}, {3, 0x0c, 0x50}, {3, 0x42, 0x51}, {2, 0, 0x50}, {0x82, 0, 0x50}, {0xaa, 0, 0x50}, {0x99, 0, 0x51}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        out(b, ERROR, cases[i].feature);
        lba28(b, 0, cases[i].count, 0xef);
        expect_interrupt(b, cases[i].status);
    }
    lba28(b, 0, 0, 0xe5);
    expect_interrupt(b, 0x50);
    assert_int_equal(in(b, COUNT), 0xff);
    lba28(b, 0, 0, 0xa1); /* of packet devices */
    expect_interrupt(b, 0x51);
    lba28(b, 0, 0, 0x00);
    expect_interrupt(b, 0x51);
    lba28(b, 0, 2, 0x40);
    expect_interrupt(b, 0x50);
}

static void state_comes_back(void **state)
{
    struct bench *b = *state;
    struct ide other;
    struct wire wire = {0};
    struct drive *drive[2] = {&b->drive[0], NULL};
    lba28(b, 70, 2, 0x20);
    expect_interrupt(b, 0x58);
    io_get(&ide_command_io, &b->ide, DATA, 4);
    struct state save = state_save();
    ide_state(&b->ide, &save);
    ide_init(&other, drive, (struct host_look){0}, wire_line(&wire));
    struct state from = state_restore(save.bytes, save.size);
    ide_state(&other, &from);
    assert_false(from.failed);
    for (unsigned i = 1; i < 256; i++)
        assert_int_equal(io_get(&ide_command_io, &other, DATA, 4), 70 * 128 + i);
    assert_int_equal(io_get(&ide_command_io, &other, STATUS, 1), 0x50);
    drive[0] = NULL; /* bytes of a machine with a disk, in one without */
    ide_init(&other, drive, (struct host_look){0}, wire_line(&wire));
    from = state_restore(save.bytes, save.size);
    ide_state(&other, &from);
    assert_true(from.failed);
    state_free(&save);
}

#define TEST(name, with) cmocka_unit_test_setup_teardown(name, open_##with, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(reads_sectors, one),
        TEST(reads_with_48_bits, one),
        TEST(reads_by_cylinder_head_and_sector, one),
        TEST(blocks_of_several, one),
        TEST(writes_sectors, one),
        TEST(the_end_of_the_disk, one),
        TEST(what_host_files_refuse, readonly),
        TEST(identifies_itself, two),
        TEST(interrupts_can_be_off, one),
        TEST(resets, one),
        TEST(two_disks_are_apart, two),
        TEST(the_second_is_not_there, one),
        TEST(none_is_there, none),
        TEST(features_and_power, one),
        TEST(state_comes_back, one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
