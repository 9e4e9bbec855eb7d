/* drive.h - a raw disk image: a host file, or a host file under an overlay in memory that is dropped at the end.
 *
 * Writes go straight to the file, in order, so killing the process leaves what the guest had been told is written. The file is
 * locked while in use: two writers, or a writer and a reader, do not share one.
 */
#ifndef TRAPEZE_DEVICES_DRIVE_H
#define TRAPEZE_DEVICES_DRIVE_H

#include "devices/host.h"
#include "mmu/phys.h"

enum { DRIVE_SECTOR = 512, DRIVE_BLOCK = PAGE_SIZE /* of the overlay */ };

struct drive {
    int fd; /* -1: none */
    bool readonly;
    uint64_t size;             /* bytes, a multiple of DRIVE_SECTOR */
    struct ram *overlay;       /* owned; as large as the image; NULL: writes go to the file */
    uint8_t *present;          /* owned; a bit per block: the overlay has it */
    uint64_t file_writes;      /* to the file, so far */
    uint64_t dirty, dirty_end; /* all that was written to the file and not flushed lies in between */
};

/* 0, or -errno and a sentence naming the file: it cannot be opened as asked, is empty, no multiple of 512, or in use. */
MUST_CHECK int drive_open(struct drive *, const char *path, bool snapshot, bool readonly, struct error *);
void drive_close(struct drive *); /* flushes; of no effect on one that is not open */
/* offset + length <= size. 0 or -errno. */
MUST_CHECK int drive_read(const struct drive *, uint64_t offset, void *to, size_t length);
MUST_CHECK int drive_write(struct drive *, uint64_t offset, const void *from, size_t length);
/* -EINTR: the host ended the run meanwhile. host may be NULL. */
MUST_CHECK int drive_flush(struct drive *, const struct host_look *host);

/* For who keeps what the overlay holds and puts it back. The overlay tells itself when a block was written (ram_next_written). */
const uint8_t *drive_overlay_block(const struct drive *, uint64_t block);       /* NULL: it is as in the file */
void drive_overlay_put(struct drive *, uint64_t block, const uint8_t *content); /* DRIVE_BLOCK bytes; NULL: as in the file */

#endif
