/* ide.h - an IDE channel with up to two disks, by programmed I/O: eight ports of commands, one of control, one interrupt.
 *
 * A command is done as soon as it is written; what takes long asks the host in between. "ATA-6" is T13/1410D revision 3b (ATA/ATAPI-6); there is no
 * DMA, and no packet device.
 */
#ifndef TRAPEZE_DEVICES_IDE_H
#define TRAPEZE_DEVICES_IDE_H

#include "devices/drive.h"
#include "devices/irq.h"
#include "devices/state.h"

enum { IDE_DRIVES = 2, IDE_MULTIPLE = 16 /* sectors of a block, at most */ };

/* What each disk has of its own. */
struct ide_disk {
    struct drive *drive;    /* borrowed; NULL: none */
    uint8_t multiple;       /* sectors of a block of READ/WRITE MULTIPLE; 0: those are off */
    uint8_t heads, sectors; /* of a track, as addresses in cylinders, heads and sectors count */
    bool write_cache, look_ahead;
};

enum ide_phase { IDE_IDLE, IDE_DATA_IN, IDE_DATA_OUT };

struct ide {
    struct ide_disk disk[IDE_DRIVES];
    /* The command block; `before`: what was there before the last write, as 48-bit commands have it. */
    uint8_t feature, feature_before;
    uint8_t count, count_before;
    uint8_t lba[3], lba_before[3]; /* sector, cylinder low, cylinder high */
    uint8_t device, control;
    uint8_t status, error;
    bool interrupts; /* INTRQ */
    enum ide_phase phase;
    bool extended;    /* the command has a 48-bit address */
    bool whole;       /* its data are no sectors of the disk */
    uint64_t sector;  /* of the disk, next */
    uint32_t left;    /* sectors after the block in the buffer */
    uint32_t block;   /* sectors of a block */
    uint32_t at, end; /* bytes in the buffer */
    uint8_t buffer[IDE_MULTIPLE * DRIVE_SECTOR];
    struct host_look host;
    struct irq_line irq;
};

extern const struct phys_io ide_command_io; /* eight ports */
extern const struct phys_io ide_control_io; /* one */
void ide_init(struct ide *, struct drive *const drive[IDE_DRIVES], struct host_look, struct irq_line);
void ide_reset(struct ide *);
void ide_state(struct ide *, struct state *);

#endif
