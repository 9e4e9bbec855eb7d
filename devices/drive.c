/* drive.c - pread and pwrite on the image, and the overlay: a block of memory as large as the image, which costs nothing where it
 * is not touched, with a bit for each 4 KiB of it that holds something. A block is copied up when it is first written.
 *
 * A snapshot, in which block 2 was written; the file stays as it is:
 *
 *     file      | 0 | 1 | 2 | 3 | 4 |        reads of 0, 1, 3, 4
 *     overlay   |   |   | 2'|   |   |        reads of 2, all writes
 *     present     0   0   1   0   0
 *
 * The overlay is one range of addresses as large as the image, of which the host gives pages for what was written. So a block's place
 * needs no table, and what was written since a moment is told by the RAM's epochs.
 */
#define _GNU_SOURCE
#include "devices/drive.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DRIVE_FLUSH_STEP = 16 << 20 };

static int file_read(int fd, uint64_t offset, uint8_t *to, size_t length)
{
    while (length) {
        ssize_t n = pread(fd, to, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? -errno : -EIO; /* somebody cut the file short */
        to += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return 0;
}

static int file_write(int fd, uint64_t offset, const uint8_t *from, size_t length)
{
    while (length) {
        ssize_t n = pwrite(fd, from, length, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n ? -errno : -EIO;
        from += n;
        offset += (uint64_t)n;
        length -= (size_t)n;
    }
    return 0;
}

static uint64_t present_bytes(const struct drive *d) { return (d->size / DRIVE_BLOCK + 1) / 8 + 1; }
static bool present(const struct drive *d, uint64_t block) { return d->present[block / 8] >> (block % 8) & 1; }

/* Bytes from offset to the end of its block, at most `length`. */
static size_t within_block(uint64_t offset, size_t length)
{
    size_t n = DRIVE_BLOCK - (size_t)(offset % DRIVE_BLOCK);
    return n < length ? n : length;
}

int drive_read(const struct drive *d, uint64_t offset, void *to, size_t length)
{
    assert(offset <= d->size && length <= d->size - offset);
    if (!d->overlay)
        return file_read(d->fd, offset, to, length);
    uint8_t *at = to;
    while (length) {
        size_t n = within_block(offset, length);
        if (present(d, offset / DRIVE_BLOCK)) {
            memcpy(at, ram_host(d->overlay) + offset, n);
        } else {
            int r = file_read(d->fd, offset, at, n);
            if (r)
                return r;
        }
        at += n;
        offset += n;
        length -= n;
    }
    return 0;
}

/* A write may be shorter than a block, so what is around it comes from the file first. The last block of an image may be short. */
static int copy_up(struct drive *d, uint64_t block)
{
    uint64_t start = block * DRIVE_BLOCK;
    size_t length = within_block(start, d->size - start);
    int r = file_read(d->fd, start, ram_host(d->overlay) + start, length);
    if (r == 0)
        d->present[block / 8] |= (uint8_t)(1 << block % 8);
    return r;
}

int drive_write(struct drive *d, uint64_t offset, const void *from, size_t length)
{
    assert(!d->readonly && offset <= d->size && length <= d->size - offset);
    if (!d->overlay) {
        d->file_writes++;
        d->dirty = d->dirty_end == 0 || offset < d->dirty ? offset : d->dirty;
        d->dirty_end = offset + length > d->dirty_end ? offset + length : d->dirty_end;
        return file_write(d->fd, offset, from, length);
    }
    const uint8_t *at = from;
    while (length) {
        size_t n = within_block(offset, length);
        int r = present(d, offset / DRIVE_BLOCK) ? 0 : copy_up(d, offset / DRIVE_BLOCK);
        if (r)
            return r;
        memcpy(ram_host(d->overlay) + offset, at, n);
        ram_written(d->overlay, offset, n);
        at += n;
        offset += n;
        length -= n;
    }
    return 0;
}

/* Gigabytes may wait to be written, and fdatasync() lets nobody in; so they go out piece by piece first. Where the file cannot do that
 * (sync_file_range() is of Linux, and for files with pages), fdatasync() does all of it. */
int drive_flush(struct drive *d, const struct host_look *host)
{
    const unsigned all = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    if (d->overlay || d->readonly)
        return 0;
    for (; d->dirty_end - d->dirty > DRIVE_FLUSH_STEP; d->dirty += DRIVE_FLUSH_STEP) {
        if (sync_file_range(d->fd, (off_t)d->dirty, DRIVE_FLUSH_STEP, all))
            break;
        if (host && host_ends(host))
            return -EINTR;
    }
    d->dirty = d->dirty_end = 0;
    return fdatasync(d->fd) ? -errno : 0;
}

const uint8_t *drive_overlay_block(const struct drive *d, uint64_t block)
{
    return present(d, block) ? ram_host(d->overlay) + block * DRIVE_BLOCK : NULL;
}

void drive_overlay_put(struct drive *d, uint64_t block, const uint8_t *content)
{
    if (content) {
        memcpy(ram_host(d->overlay) + block * DRIVE_BLOCK, content, DRIVE_BLOCK);
        ram_written(d->overlay, block * DRIVE_BLOCK, DRIVE_BLOCK);
        d->present[block / 8] |= (uint8_t)(1 << block % 8);
    } else {
        ram_clear(d->overlay, block * DRIVE_BLOCK, DRIVE_BLOCK);
        d->present[block / 8] &= (uint8_t) ~(1 << block % 8);
    }
}

/* Regular files and block devices have a size; anything else is no disk. */
static int size_of(struct drive *d, const char *path, struct error *e)
{
    struct stat st;
    if (fstat(d->fd, &st))
        return error_set(e, errno, "drive '%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return error_set(e, EINVAL, "drive '%s' is neither a regular file nor a block device", path);
    off_t end = lseek(d->fd, 0, SEEK_END);
    if (end < 0)
        return error_set(e, errno, "drive '%s': %s", path, strerror(errno));
    if (end == 0)
        return error_set(e, EINVAL, "drive '%s' is empty", path);
    if (end % DRIVE_SECTOR)
        return error_set(e, EINVAL, "drive '%s' has %lld bytes, which is not a multiple of %d", path, (long long)end, DRIVE_SECTOR);
    d->size = (uint64_t)end;
    return 0;
}

/* What an open drive has, and with whom it can be shared:
 *
 *   plain     O_RDWR    exclusive    nobody
 *   readonly  O_RDONLY  shared       other readers and snapshots
 *   snapshot  O_RDONLY  shared       likewise
 *
 * The lock goes with the open file and ends with the process, however that ends. */
static int lock(const struct drive *d, const char *path, bool shared, struct error *e)
{
    if (flock(d->fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return error_set(e, EBUSY, "drive '%s' is in use by another run", path);
    return error_set(e, errno, "drive '%s' cannot be locked: %s", path, strerror(errno));
}

static int overlay_create(struct drive *d, const char *path, struct error *e)
{
    void *bits = mmap(NULL, present_bytes(d), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (bits != MAP_FAILED && ram_create(&d->overlay, d->size) == 0) {
        d->present = bits;
        return 0;
    }
    if (bits != MAP_FAILED)
        munmap(bits, present_bytes(d));
    return error_set(e, ENOMEM, "drive '%s': no address space for a snapshot of %llu bytes", path, (unsigned long long)d->size);
}

/* O_NONBLOCK so that naming a FIFO does not wait for its other end. */
static int file_open(struct drive *d, const char *path, bool writing, struct error *e)
{
    d->fd = open(path, (writing ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    if (d->fd >= 0)
        return 0;
    int code = errno;
    bool only_reading = writing && access(path, R_OK) == 0 && (code == EACCES || code == EROFS || code == EPERM || code == ETXTBSY);
    return error_set(e, code, "drive '%s' cannot be opened%s: %s%s", path, writing ? " for writing" : "", strerror(code),
                     only_reading ? " (readonly=on or snapshot=on would do)" : "");
}

int drive_open(struct drive *d, const char *path, bool snapshot, bool readonly, struct error *e)
{
    bool writing = !snapshot && !readonly;
    *d = (struct drive){.fd = -1, .readonly = readonly};
    int r = file_open(d, path, writing, e);
    if (!r)
        r = size_of(d, path, e);
    if (!r)
        r = lock(d, path, !writing, e);
    if (!r && snapshot && !readonly)
        r = overlay_create(d, path, e);
    if (r)
        drive_close(d);
    return r;
}

void drive_close(struct drive *d)
{
    if (d->fd < 0)
        return;
    if (d->overlay) {
        ram_destroy(d->overlay);
        munmap(d->present, present_bytes(d));
    } else if (!d->readonly) {
        fdatasync(d->fd); /* there is nobody left to tell of a failure; the guest's own flushes were told */
    }
    close(d->fd);
    *d = (struct drive){.fd = -1};
}
