/* virtio_blk.c - requests of a disk: a 16-byte header, data, and a status byte at the very end, however the driver has cut them
 * into buffers [virtio 5.2.6]. A request outside the disk, of no whole number of sectors, or writing to a read-only disk fails
 * without moving a byte.
 */
#include "devices/virtio_blk.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct header {
    uint32_t type, reserved;
    uint64_t sector;
};
static_assert(sizeof(struct header) == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "[virtio 5.2.6]");

enum { CONFIG_CAPACITY = 0, CONFIG_SEG_MAX = 12, CONFIG_BLK_SIZE = 20 };

static bool inside(const struct drive *d, uint64_t sector, uint64_t length)
{
    uint64_t sectors = d->size / DRIVE_SECTOR;
    return length % DRIVE_SECTOR == 0 && sector <= sectors && length / DRIVE_SECTOR <= sectors - sector;
}

static uint8_t read_sectors(struct virtio_blk *b, struct virtio_chain *c, uint64_t sector, uint64_t length)
{
    if (!inside(b->drive, sector, length))
        return VIRTIO_BLK_IOERR;
    size_t n;
    uint64_t offset = sector * DRIVE_SECTOR, end = offset + length;
    for (uint8_t *piece; (piece = virtio_piece(&c->out, end - offset, &n)); offset += n) {
        int r = drive_read(b->drive, offset, piece, n);
        virtio_announce(c, piece, n); /* a failed read may have written a part */
        if (r)
            return VIRTIO_BLK_IOERR;
        if (!virtio_goes_on(c, n))
            break;
    }
    return VIRTIO_BLK_OK;
}

static uint8_t flush(struct virtio_blk *b, struct virtio_chain *c)
{
    int r = drive_flush(b->drive, c->host);
    c->left = c->left || r == -EINTR;
    return r ? VIRTIO_BLK_IOERR : VIRTIO_BLK_OK;
}

static uint8_t write_sectors(struct virtio_blk *b, struct virtio_chain *c, uint64_t sector)
{
    if (b->drive->readonly || !inside(b->drive, sector, c->in.left))
        return VIRTIO_BLK_IOERR;
    size_t n;
    uint64_t offset = sector * DRIVE_SECTOR;
    for (uint8_t *piece; (piece = virtio_piece(&c->in, UINT64_MAX, &n)); offset += n) {
        if (drive_write(b->drive, offset, piece, n))
            return VIRTIO_BLK_IOERR;
        if (!virtio_goes_on(c, n))
            return VIRTIO_BLK_OK;
    }
    /* [virtio 5.2.6.2] a driver that cannot flush is told of nothing that is not on the disk. */
    return b->slot->driver_features & VIRTIO_BLK_F_FLUSH ? VIRTIO_BLK_OK : flush(b, c);
}

static uint8_t perform(struct virtio_blk *b, struct virtio_chain *c, const struct header *h, uint64_t room)
{
    switch (h->type) {
    case VIRTIO_BLK_IN: return read_sectors(b, c, h->sector, room);
    case VIRTIO_BLK_OUT: return write_sectors(b, c, h->sector);
    case VIRTIO_BLK_FLUSH: return flush(b, c);
    case VIRTIO_BLK_GET_ID: virtio_put(c, b->id, room < sizeof b->id ? (size_t)room : sizeof b->id); return VIRTIO_BLK_OK;
    default: return VIRTIO_BLK_UNSUPP;
    }
}

/* The status is the last byte there is; what lies between it and the data stays as it was, and so `written` counts up to the
 * status only when everything before it has been written [virtio 2.7.8.2]. */
static enum virtio_verdict take(void *opaque, unsigned queue, struct virtio_chain *c, uint32_t *written)
{
    struct header h;
    (void)queue;
    if (virtio_get(c, &h, sizeof h) != sizeof h || !c->out.left)
        return VIRTIO_BROKEN;
    uint64_t room = c->out.left - 1;
    uint8_t status = perform(opaque, c, &h, room);
    if (c->left)
        return VIRTIO_LEFT;
    uint64_t data = status == VIRTIO_BLK_OK ? room - (c->out.left - 1) : 0;
    bool whole = data == room;
    virtio_skip(&c->out, c->out.left - 1);
    virtio_put(c, &status, 1);
    *written = (uint32_t)(whole ? room + 1 : data);
    return VIRTIO_DONE;
}

static const struct virtio_model model = {.id = VIRTIO_BLOCK, .queues = 1, .take = take};

void virtio_blk_plug(struct virtio_blk *b, struct virtio_slot *s, struct drive *d, const char *id)
{
    uint64_t capacity = d->size / DRIVE_SECTOR;
    uint32_t segments = VIRTIO_QUEUE_MAX - 2, block = DRIVE_SECTOR; /* header and status are the other two */
    *b = (struct virtio_blk){.drive = d, .slot = s};
    memcpy(b->id, id, strnlen(id, sizeof b->id)); /* padded with zeros, not terminated [virtio 5.2.6] */
    memcpy(s->config + CONFIG_CAPACITY, &capacity, sizeof capacity);
    memcpy(s->config + CONFIG_SEG_MAX, &segments, sizeof segments);
    memcpy(s->config + CONFIG_BLK_SIZE, &block, sizeof block);
    virtio_slot_plug(s, &model, b,
                     VIRTIO_BLK_F_SEG_MAX | VIRTIO_BLK_F_BLK_SIZE | VIRTIO_BLK_F_FLUSH | (d->readonly ? VIRTIO_BLK_F_RO : 0));
}
