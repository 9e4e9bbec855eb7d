/* ide_private.h - between ide.c and ide_command.c only. */
#ifndef TRAPEZE_DEVICES_IDE_PRIVATE_H
#define TRAPEZE_DEVICES_IDE_PRIVATE_H

#include "devices/ide.h"

/* The status register; 0 for a disk that is not there:
 *
 *     7      6       5       4      3     2   1    0
 *   | BSY | DRDY | fault | seek | DRQ | - | - | ERR |      while BSY is 1 nothing else counts
 */
enum {
    IDE_BUSY = 0x80,
    IDE_READY = 0x50 /* DRDY, and the bit that was "seek complete" */,
    IDE_DATA_REQUEST = 8,
    IDE_ERROR = 1,
    IDE_FAULT = 0x20
};
enum { IDE_DEVICE_SECOND = 0x10, IDE_DEVICE_LBA = 0x40 };

/* The selected disk; NULL: it is not there. */
static inline const struct ide_disk *ide_selected(const struct ide *i)
{
    const struct ide_disk *d = &i->disk[i->device & IDE_DEVICE_SECOND ? 1 : 0];
    return d->drive ? d : NULL;
}

void ide_interrupt(struct ide *);
void ide_signature(struct ide *);
void ide_command(struct ide *, uint8_t command);
void ide_block_was_read(struct ide *);    /* by the host, to its last byte */
void ide_block_was_written(struct ide *); /* likewise */

#endif
