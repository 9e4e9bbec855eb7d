/* test_blk.c - the disk and the drive under it, against a temporary file: reading, writing, flushing, the snapshot that never
 * touches its file, and everything that is no disk.
 */
#define _GNU_SOURCE
#include "devices/virtio_blk.h"
#include "tests/devices/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTORS = 37, IMAGE = SECTORS * 512 }; /* the last block of the overlay is a short one */
#define FEATURES (VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_BLK_F_FLUSH)
#define HEADER (RING_DATA)
#define STATUS (RING_DATA + 0x40)
#define SECTOR (RING_DATA + 0x1000)

struct disk {
    struct ring ring;
    struct drive drive;
    struct virtio_blk blk;
    char path[64];
    struct error error;
};

static uint8_t image_byte(size_t i) { return (uint8_t)(i * 7 + i / 512); }

static void image_create(struct disk *d, size_t size)
{
    snprintf(d->path, sizeof d->path, "/tmp/trapeze-test-XXXXXX");
    int fd = mkstemp(d->path);
    assert_true(fd >= 0);
    uint8_t *bytes = malloc(size + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = image_byte(i);
    assert_int_equal(write(fd, bytes, size), size);
    free(bytes);
    close(fd);
}

static void image_read(const struct disk *d, uint8_t bytes[IMAGE])
{
    int fd = open(d->path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, bytes, IMAGE), IMAGE);
    close(fd);
}

static void plug(struct disk *d, bool snapshot, bool readonly)
{
    assert_int_equal(drive_open(&d->drive, d->path, snapshot, readonly, &d->error), 0);
    virtio_blk_plug(&d->blk, &d->ring.slot, &d->drive, "trapeze-drive-0");
    ring_start(&d->ring, FEATURES, 0);
}

static int open_disk(void **state)
{
    struct disk *d = calloc(1, sizeof *d);
    assert_non_null(d);
    ring_open(&d->ring);
    d->drive.fd = -1;
    image_create(d, IMAGE);
    *state = d;
    return 0;
}

static int close_disk(void **state)
{
    struct disk *d = *state;
    drive_close(&d->drive);
    unlink(d->path);
    rig_close(&d->ring.rig);
    free(d);
    return 0;
}

struct request {
    uint32_t type, reserved;
    uint64_t sector;
};

/* One request in the classic three buffers; the status. 0xee: none was written. */
static uint8_t request(struct disk *d, uint32_t type, uint64_t sector, uint32_t length, bool device_writes)
{
    struct request h = {.type = type, .sector = sector};
    uint8_t status = 0xee;
    ram_put(&d->ring, HEADER, &h, sizeof h);
    ram_put(&d->ring, STATUS, &status, 1);
    ring_describe(&d->ring, 0, HEADER, sizeof h, NEXT, length ? 1 : 2);
    ring_describe(&d->ring, 1, SECTOR, length, NEXT | (device_writes ? WRITE : 0), 2);
    ring_describe(&d->ring, 2, STATUS, 1, WRITE, 0);
    ring_offer(&d->ring, 0);
    ring_notify(&d->ring, 0);
    ram_get(&d->ring, STATUS, &status, 1);
    return status;
}

static uint32_t used_length(struct disk *d)
{
    uint32_t entry[2];
    ring_used_at(&d->ring, (uint16_t)(ring_used(&d->ring) - 1), entry);
    return entry[1];
}

static uint8_t guest_read(struct disk *d, uint64_t sector, uint32_t length) { return request(d, VIRTIO_BLK_IN, sector, length, true); }

static uint8_t guest_write(struct disk *d, uint64_t sector, uint32_t length, uint8_t fill)
{
    memset(ram_host(d->ring.rig.ram) + (SECTOR - RIG_RAM), fill, length);
    return request(d, VIRTIO_BLK_OUT, sector, length, false);
}

static const uint8_t *data(struct disk *d) { return ram_host(d->ring.rig.ram) + (SECTOR - RIG_RAM); }

static void tells_its_geometry(void **state)
{
    struct disk *d = *state;
    plug(d, false, false);
    assert_int_equal(reg_get(&d->ring, 0x08), 2);
    assert_int_equal(reg_get(&d->ring, 0x100), SECTORS);
    assert_int_equal(reg_get(&d->ring, 0x104), 0);
    assert_int_equal(reg_get(&d->ring, 0x10c), VIRTIO_QUEUE_MAX - 2);
    assert_int_equal(reg_get(&d->ring, 0x114), 512);
    reg_put(&d->ring, 0x14, 0);
    assert_int_equal(reg_get(&d->ring, 0x10) & 0xffff, 1 << 2 | 1 << 6 | 1 << 9);
}

static void reads_sectors(void **state)
{
    struct disk *d = *state;
    plug(d, false, false);
    assert_int_equal(guest_read(d, 3, 2 * 512), VIRTIO_BLK_OK);
    for (size_t i = 0; i < 2 * 512; i++)
        assert_int_equal(data(d)[i], image_byte(3 * 512 + i));
    assert_int_equal(used_length(d), 2 * 512 + 1);
    assert_int_equal(guest_read(d, SECTORS - 1, 512), VIRTIO_BLK_OK);
    assert_int_equal(data(d)[511], image_byte(IMAGE - 1));
}

/* What was answered with OK is in the file, whatever happens to this process. */
static void writes_reach_the_file_before_the_answer(void **state)
{
    struct disk *d = *state;
    uint8_t bytes[IMAGE];
    plug(d, false, false);
    assert_int_equal(guest_write(d, 5, 512, 0xab), VIRTIO_BLK_OK);
    assert_int_equal(used_length(d), 1);
    image_read(d, bytes);
    for (size_t i = 0; i < IMAGE; i++)
        assert_int_equal(bytes[i], i / 512 == 5 ? 0xab : image_byte(i));
    assert_int_equal(guest_read(d, 5, 512), VIRTIO_BLK_OK);
    assert_int_equal(data(d)[17], 0xab);
    assert_int_equal(request(d, VIRTIO_BLK_FLUSH, 0, 0, false), VIRTIO_BLK_OK);
}

static void works_for_a_driver_that_cannot_flush(void **state)
{
    struct disk *d = *state;
    uint8_t bytes[IMAGE];
    plug(d, false, false);
    ring_start(&d->ring, 0, 0);
    memset(ram_host(d->ring.rig.ram) + (RING_DEVICE - RIG_RAM), 0, 64);
    assert_int_equal(guest_write(d, 1, 512, 0x11), VIRTIO_BLK_OK);
    image_read(d, bytes);
    assert_int_equal(bytes[512], 0x11);
}

static void identifies_itself(void **state)
{
    struct disk *d = *state;
    plug(d, false, false);
    assert_int_equal(request(d, VIRTIO_BLK_GET_ID, 0, 20, true), VIRTIO_BLK_OK);
    assert_memory_equal(data(d), "trapeze-drive-0\0\0\0\0\0", 20);
    assert_int_equal(used_length(d), 21);
    assert_int_equal(request(d, VIRTIO_BLK_GET_ID, 0, 512, true), VIRTIO_BLK_OK);
    assert_int_equal(used_length(d), 20); /* what follows is not written, and so not counted */
    assert_int_equal(request(d, VIRTIO_BLK_GET_ID, 0, 4, true), VIRTIO_BLK_OK);
    assert_memory_equal(data(d), "trap", 4);
}

static void refuses_what_is_not_on_the_disk(void **state)
{
    struct disk *d = *state;
    uint8_t before[IMAGE], after[IMAGE];
    plug(d, false, false);
    image_read(d, before);
    memset(ram_host(d->ring.rig.ram) + (SECTOR - RIG_RAM), 0x77, 4096);
    static const struct {
        uint64_t sector;
        uint32_t length;
    } cases[] = {
        {SECTORS, 512}, {SECTORS - 1, 1024}, {0, 511}, {0, 513}, {UINT64_MAX, 512}, {UINT64_MAX / 512, 512}, {UINT64_C(1) << 55, 512},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(guest_read(d, cases[i].sector, cases[i].length), VIRTIO_BLK_IOERR);
        assert_int_equal(used_length(d), 0); /* the status is written, but nothing before it */
        assert_int_equal(data(d)[0], 0x77);
        assert_int_equal(guest_write(d, cases[i].sector, cases[i].length, 0x77), VIRTIO_BLK_IOERR);
    }
    assert_int_equal(request(d, 13, 0, 512, false), VIRTIO_BLK_UNSUPP);
    assert_int_equal(request(d, UINT32_MAX, 0, 0, false), VIRTIO_BLK_UNSUPP);
    image_read(d, after);
    assert_memory_equal(before, after, IMAGE);
    assert_int_equal(guest_read(d, SECTORS, 0), VIRTIO_BLK_OK); /* nothing, at the very end */
}

static void any_layout_of_buffers(void **state)
{
    struct disk *d = *state;
    struct request h = {.type = VIRTIO_BLK_IN, .sector = 2};
    uint8_t status;
    plug(d, false, false);
    ram_put(&d->ring, HEADER, &h, sizeof h);
    ring_describe(&d->ring, 0, HEADER, 7, NEXT, 1);
    ring_describe(&d->ring, 1, HEADER + 7, 9, NEXT, 2);
    ring_describe(&d->ring, 2, SECTOR, 100, NEXT | WRITE, 3);
    ring_describe(&d->ring, 3, SECTOR + 100, 413, WRITE, 0); /* 412 of data and the status */
    ring_offer(&d->ring, 0);
    ring_notify(&d->ring, 0);
    for (size_t i = 0; i < 512; i++)
        assert_int_equal(data(d)[i], image_byte(2 * 512 + i));
    ram_get(&d->ring, SECTOR + 512, &status, 1);
    assert_int_equal(status, VIRTIO_BLK_OK);
}

static void a_request_without_header_or_status_breaks(void **state)
{
    struct disk *d = *state;
    plug(d, false, false);
    ring_describe(&d->ring, 0, HEADER, 15, NEXT, 1);
    ring_describe(&d->ring, 1, STATUS, 1, WRITE, 0);
    ring_offer(&d->ring, 0);
    ring_notify(&d->ring, 0);
    assert_true(reg_get(&d->ring, 0x70) & VIRTIO_NEEDS_RESET);
    memset(ram_host(d->ring.rig.ram) + (RING_DRIVER - RIG_RAM), 0, 8);
    ring_start(&d->ring, FEATURES, 0);
    ring_describe(&d->ring, 0, HEADER, 16, 0, 0);
    ring_offer(&d->ring, 0);
    ring_notify(&d->ring, 0);
    assert_true(reg_get(&d->ring, 0x70) & VIRTIO_NEEDS_RESET);
}

static void a_snapshot_never_touches_its_file(void **state)
{
    struct disk *d = *state;
    uint8_t before[IMAGE], after[IMAGE], model[IMAGE];
    image_read(d, before);
    memcpy(model, before, IMAGE);
    plug(d, true, false);
    uint32_t random = 1;
    for (unsigned i = 0; i < 400; i++) {
        random = random * 1103515245 + 12345;
        uint32_t count = 1 + (random >> 20) % 12, sector = (random >> 8) % (SECTORS - count + 1);
        if (random >> 31) {
            assert_int_equal(guest_write(d, sector, count * 512, (uint8_t)i), VIRTIO_BLK_OK);
            memset(model + sector * 512, (uint8_t)i, count * 512);
        } else {
            assert_int_equal(guest_read(d, sector, count * 512), VIRTIO_BLK_OK);
            assert_memory_equal(data(d), model + sector * 512, count * 512);
        }
    }
    assert_memory_not_equal(model, before, IMAGE);
    assert_int_equal(request(d, VIRTIO_BLK_FLUSH, 0, 0, false), VIRTIO_BLK_OK);
    drive_close(&d->drive);
    image_read(d, after);
    assert_memory_equal(before, after, IMAGE);
}

static void a_readonly_drive_says_so_and_keeps_its_word(void **state)
{
    struct disk *d = *state;
    uint8_t before[IMAGE], after[IMAGE];
    image_read(d, before);
    plug(d, false, true);
    assert_true(reg_get(&d->ring, 0x10) & 1 << 5);
    assert_int_equal(guest_read(d, 0, 512), VIRTIO_BLK_OK);
    assert_int_equal(guest_write(d, 0, 512, 0x99), VIRTIO_BLK_IOERR);
    assert_int_equal(request(d, VIRTIO_BLK_FLUSH, 0, 0, false), VIRTIO_BLK_OK);
    drive_close(&d->drive);
    image_read(d, after);
    assert_memory_equal(before, after, IMAGE);
}

static void a_file_cut_short_is_an_io_error(void **state)
{
    struct disk *d = *state;
    plug(d, false, false);
    assert_int_equal(truncate(d->path, 1024), 0);
    assert_int_equal(guest_read(d, 10, 512), VIRTIO_BLK_IOERR);
    assert_int_equal(guest_read(d, 1, 512), VIRTIO_BLK_OK);
}

static void a_snapshot_of_a_file_cut_short_fails_too(void **state)
{
    struct disk *d = *state;
    plug(d, true, false);
    assert_int_equal(truncate(d->path, 1024), 0);
    assert_int_equal(guest_write(d, 10, 512, 1), VIRTIO_BLK_IOERR); /* its block cannot be copied up */
    assert_int_equal(guest_read(d, 10, 512), VIRTIO_BLK_IOERR);
}

/* --- Opening */

static void writers_do_not_share(void **state)
{
    struct disk *d = *state;
    struct drive other;
    plug(d, false, false);
    assert_int_equal(drive_open(&other, d->path, false, false, &d->error), -EBUSY);
    assert_non_null(strstr(d->error.text, d->path));
    assert_non_null(strstr(d->error.text, "in use"));
    assert_int_equal(drive_open(&other, d->path, true, false, &d->error), -EBUSY);
    drive_close(&d->drive);
    assert_int_equal(drive_open(&d->drive, d->path, false, true, &d->error), 0);
    assert_int_equal(drive_open(&other, d->path, true, false, &d->error), 0); /* readers do */
    drive_close(&other);
    assert_int_equal(drive_open(&other, d->path, false, false, &d->error), -EBUSY);
}

static void refused_as(struct disk *d, const char *path, bool readonly, int code, const char *reason)
{
    struct drive other;
    int r = drive_open(&other, path, false, readonly, &d->error);
    assert_true(r < 0 && (code == 0 || r == -code));
    if (!strstr(d->error.text, path) || !strstr(d->error.text, reason))
        fail_msg("'%s' names not '%s' and '%s'", d->error.text, path, reason);
    assert_null(strchr(d->error.text, '\n'));
    assert_int_equal(other.fd, -1);
}

static void refused(struct disk *d, const char *path, int code, const char *reason) { refused_as(d, path, false, code, reason); }

static void what_is_no_disk_is_refused_with_a_sentence(void **state)
{
    struct disk *d = *state;
    char fifo[80];
    refused(d, "/nonexistent/disk.img", ENOENT, "No such file");
    refused(d, "/tmp", EISDIR, "directory");
    refused(d, "/dev/null", EINVAL, "neither a regular file");
    snprintf(fifo, sizeof fifo, "%s.fifo", d->path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    refused_as(d, fifo, true, EINVAL, "neither a regular file"); /* and without waiting for a writer */
    unlink(fifo);
    refused(d, "/proc/self/exe", 0, "readonly=on or snapshot=on"); /* running: cannot be written, even by root */
    assert_int_equal(truncate(d->path, 0), 0);
    refused(d, d->path, EINVAL, "is empty");
    assert_int_equal(truncate(d->path, 1000), 0);
    refused(d, d->path, EINVAL, "1000 bytes, which is not a multiple of 512");
}

static void an_unwritable_file_needs_readonly_or_snapshot(void **state)
{
    struct disk *d = *state;
    if (geteuid() == 0) {
        print_message("skipped: root may write everything\n");
        skip();
    }
    assert_int_equal(chmod(d->path, 0444), 0);
    refused(d, d->path, EACCES, "readonly=on or snapshot=on");
    plug(d, true, false);
    drive_close(&d->drive);
    plug(d, false, true);
    drive_close(&d->drive);
    assert_int_equal(chmod(d->path, 0), 0);
    refused(d, d->path, EACCES, "Permission denied");
}

/* A request that the end of the run cuts short has no status, and nobody is told of it. */
static void the_host_ends_a_long_request(void **state)
{
    struct disk *d = *state;
    const uint32_t half = RIG_RAM_SIZE / 2;
    assert_int_equal(truncate(d->path, 4 << 20), 0);
    plug(d, false, false);
    for (unsigned write = 0; write < 2; write++) {
        for (unsigned ends_at = 0; ends_at < 4; ends_at++) {
            struct request h = {.type = write ? VIRTIO_BLK_OUT : VIRTIO_BLK_IN};
            uint8_t status = 0xee;
            memset(ram_host(d->ring.rig.ram), 0, RIG_RAM_SIZE);
            ring_start(&d->ring, FEATURES, 0);
            ram_put(&d->ring, HEADER, &h, sizeof h);
            ram_put(&d->ring, STATUS, &status, 1);
            ring_describe(&d->ring, 0, HEADER, sizeof h, NEXT, 1);
            for (unsigned n = 1; n < 4; n++)
                ring_describe(&d->ring, n, RIG_RAM + half, half, NEXT | (write ? 0 : WRITE), n + 1);
            ring_describe(&d->ring, 4, STATUS, 1, WRITE, 0);
            d->ring.looks = 0;
            d->ring.ends_at = ends_at;
            ring_offer(&d->ring, 0);
            ring_notify(&d->ring, 0);
            ram_get(&d->ring, STATUS, &status, 1);
            assert_int_equal(status, ends_at ? 0xee : VIRTIO_BLK_OK);
            assert_int_equal(ring_used(&d->ring), ends_at == 0);
            assert_int_equal(d->ring.looks, ends_at ? ends_at : 3);
        }
    }
}

/* What waits to be written goes out in pieces, with looks in between; the flush that is left is made up for by the next. */
static void a_flush_looks_at_the_host(void **state)
{
    struct disk *d = *state;
    const struct host_look look = {ring_look, &d->ring};
    const uint64_t size = 100 << 20;
    uint8_t bytes[512] = {1};
    assert_int_equal(truncate(d->path, (off_t)size), 0);
    plug(d, false, false);
    assert_int_equal(drive_write(&d->drive, 0, bytes, sizeof bytes), 0);
    assert_int_equal(drive_write(&d->drive, size - sizeof bytes, bytes, sizeof bytes), 0);
    d->ring.ends_at = 2;
    assert_int_equal(drive_flush(&d->drive, &look), -EINTR);
    assert_int_equal(d->ring.looks, 2);
    assert_int_equal(drive_flush(&d->drive, &look), 0);
    assert_int_equal(d->ring.looks, 7);
    assert_int_equal(drive_flush(&d->drive, &look), 0); /* nothing is left */
    assert_int_equal(d->ring.looks, 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_disk, close_disk)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(tells_its_geometry),
        TEST(reads_sectors),
        TEST(writes_reach_the_file_before_the_answer),
        TEST(works_for_a_driver_that_cannot_flush),
        TEST(identifies_itself),
        TEST(refuses_what_is_not_on_the_disk),
        TEST(any_layout_of_buffers),
        TEST(a_request_without_header_or_status_breaks),
        TEST(a_snapshot_never_touches_its_file),
        TEST(a_readonly_drive_says_so_and_keeps_its_word),
        TEST(a_file_cut_short_is_an_io_error),
        TEST(a_snapshot_of_a_file_cut_short_fails_too),
        TEST(writers_do_not_share),
        TEST(what_is_no_disk_is_refused_with_a_sentence),
        TEST(an_unwritable_file_needs_readonly_or_snapshot),
        TEST(the_host_ends_a_long_request),
        TEST(a_flush_looks_at_the_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
