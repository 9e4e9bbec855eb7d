/* ide_identify.h - what a disk says of itself: the 256 words of IDENTIFY DEVICE. */
#ifndef TRAPEZE_DEVICES_IDE_IDENTIFY_H
#define TRAPEZE_DEVICES_IDE_IDENTIFY_H

#include "devices/ide.h"

void ide_identify(const struct ide_disk *, unsigned number, uint8_t out[DRIVE_SECTOR]);
/* Cylinders of the disk as its geometry is now: 16383 at most, then only LBA reaches all of it. */
unsigned ide_cylinders(const struct ide_disk *);

#endif
