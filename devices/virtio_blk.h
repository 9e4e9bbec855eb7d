/* virtio_blk.h - a disk: a virtio block device over a drive [virtio 5.2]. */
#ifndef TRAPEZE_DEVICES_VIRTIO_BLK_H
#define TRAPEZE_DEVICES_VIRTIO_BLK_H

#include "devices/drive.h"
#include "devices/virtio_mmio.h"

enum { VIRTIO_BLK_ID_BYTES = 20 };
#define VIRTIO_BLK_F_SEG_MAX (UINT64_C(1) << 2)
#define VIRTIO_BLK_F_RO (UINT64_C(1) << 5)
#define VIRTIO_BLK_F_BLK_SIZE (UINT64_C(1) << 6)
#define VIRTIO_BLK_F_FLUSH (UINT64_C(1) << 9)

enum virtio_blk_type { VIRTIO_BLK_IN = 0, VIRTIO_BLK_OUT = 1, VIRTIO_BLK_FLUSH = 4, VIRTIO_BLK_GET_ID = 8 };
enum virtio_blk_answer { VIRTIO_BLK_OK = 0, VIRTIO_BLK_IOERR = 1, VIRTIO_BLK_UNSUPP = 2 };

struct virtio_blk {
    struct drive *drive; /* borrowed */
    struct virtio_slot *slot;
    char id[VIRTIO_BLK_ID_BYTES];
};

/* Plugs the drive into the slot. `id` is what the guest reads as its serial number. */
void virtio_blk_plug(struct virtio_blk *, struct virtio_slot *, struct drive *, const char *id);

#endif
