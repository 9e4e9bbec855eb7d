/* virtio_console.c - queue 0 carries what the guest receives, queue 1 what it sends [virtio 5.3.2]. The host is asked for input
 * only when the guest has given a buffer to put it in.
 */
#include "devices/virtio_console.h"

enum { RECEIVE, TRANSMIT };

/* One read of the host for each buffer: what it has now goes out, however little, since a person waits for the echo. A buffer
 * that gets nothing stays available, and virtio_console_input() comes back to it. */
static enum virtio_verdict receive(struct virtio_console *v, struct virtio_chain *c, uint32_t *written)
{
    size_t room, got = 0;
    if (!c->out.left)
        return VIRTIO_BROKEN;
    uint8_t *piece = virtio_piece(&c->out, c->out.left, &room);
    if (v->host.read)
        got = v->host.read(v->host.opaque, piece, room);
    if (!got)
        return VIRTIO_LATER;
    virtio_announce(c, piece, got);
    *written = (uint32_t)got;
    return VIRTIO_DONE;
}

/* What the host cannot take at once is its chardev's matter; the guest's buffer is given back in any case. */
static enum virtio_verdict transmit(struct virtio_console *v, struct virtio_chain *c)
{
    size_t n;
    for (const uint8_t *piece; (piece = virtio_piece(&c->in, UINT64_MAX, &n));) {
        if (v->host.write)
            v->host.write(v->host.opaque, piece, n);
        if (!virtio_goes_on(c, n))
            return VIRTIO_LEFT;
    }
    return VIRTIO_DONE;
}

static enum virtio_verdict take(void *opaque, unsigned queue, struct virtio_chain *c, uint32_t *written)
{
    return queue == RECEIVE ? receive(opaque, c, written) : transmit(opaque, c);
}

static const struct virtio_model model = {.id = VIRTIO_CONSOLE, .queues = 2, .take = take};

void virtio_console_plug(struct virtio_console *v, struct virtio_slot *s, struct chardev host)
{
    *v = (struct virtio_console){.host = host, .slot = s};
    virtio_slot_plug(s, &model, v, 0);
}

/* Whether the queue holds a buffer is not looked at: the answer is used while a guest waits, to tell one that input could wake
 * from one that nothing can, and a driver that has set the queue up will give it buffers. */
bool virtio_console_input_interrupts(const struct virtio_console *v)
{
    return v->host.read && v->slot->queue[RECEIVE].ready && (v->slot->status & VIRTIO_DRIVER_OK) && !v->slot->broken;
}

void virtio_console_input(struct virtio_console *v) { virtio_slot_kick(v->slot, RECEIVE); }
