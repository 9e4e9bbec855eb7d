/* virtio_queue.c - split virtqueues [virtio 2.7]: three arrays in the guest's memory, all of them the guest's word.
 *
 *   descriptors  size * {address 8, length 4, flags 2, next 2}        a chain is linked by `next`
 *   driver       flags 2, index 2, size * {head 2}                    what the guest offers
 *   device       flags 2, index 2, size * {head 4, length 4}          what it gets back
 *
 * Bounds: the rings are looked at only as far as the index says, which may be ahead of ours by the queue's size at most; a chain
 * has at most as many buffers as the queue has descriptors, which also ends loops; every buffer lies in RAM.
 */
#include "devices/virtio_queue.h"

#include <assert.h>
#include <string.h>

enum { DESCRIPTOR_SIZE = 16, RING_HEAD = 4, DRIVER_ENTRY = 2, DEVICE_ENTRY = 8 };
enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };
enum { NO_INTERRUPT = 1 }; /* the driver ring's flags */

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "rings are little-endian, and so are we");

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};
static_assert(sizeof(struct descriptor) == DESCRIPTOR_SIZE, "as the specification lays it out");

/* A table of descriptors: the queue's own, or one that an indirect descriptor points to. */
struct table {
    pa_t base;
    uint32_t entries;
    bool indirect;
};

/* In a chain the buffers to be read come first [virtio 2.7.4.2], which lets a chain be two streams:
 *
 *   header | data, data | data, status
 *   in ------------------> out ------>      `out` begins at the first buffer with WRITE
 */
static const char *buffer_add(struct virtio_slot *s, const struct descriptor *d)
{
    struct virtio_chain *c = &s->chain;
    uint8_t *host = d->length ? phys_host(s->phys, d->address, d->length) : NULL;
    if (!host)
        return "a buffer is empty or not in RAM";
    if (c->in.left + c->out.left + d->length > UINT32_MAX)
        return "a chain is longer than 4 GiB";
    struct virtio_buffer *b = &c->buffer[c->count++];
    *b = (struct virtio_buffer){.host = host, .address = d->address, .length = d->length};
    if (d->flags & WRITE) {
        if (!c->out.left)
            c->out.buffer = b;
        c->out.left += d->length;
    } else if (c->out.left) {
        return "a buffer to be read follows one to be written";
    } else {
        c->in.left += d->length;
    }
    return NULL;
}

/* [virtio 2.7.5.3] an indirect descriptor ends its chain, and does not nest. */
static const char *indirect_enter(const struct virtio_slot *s, const struct descriptor *d, struct table *t)
{
    if (!(s->driver_features & VIRTIO_F_INDIRECT_DESC))
        return "an indirect descriptor was not negotiated";
    if (t->indirect || (d->flags & NEXT))
        return "an indirect descriptor is nested or has a successor";
    if (d->length == 0 || d->length % DESCRIPTOR_SIZE)
        return "an indirect table has no whole number of descriptors";
    *t = (struct table){.base = d->address, .entries = d->length / DESCRIPTOR_SIZE, .indirect = true};
    return NULL;
}

/* Collects the chain that begins at head, checked whole. NULL, or what is wrong. */
static const char *chain_walk(struct virtio_slot *s, const struct virtio_queue *q, uint32_t head)
{
    struct virtio_chain *c = &s->chain;
    struct table table = {.base = q->descriptors, .entries = q->size};
    c->phys = s->phys;
    c->host = &s->host;
    c->left = false;
    c->count = 0;
    c->in = c->out = (struct virtio_stream){.buffer = c->buffer};
    for (uint32_t at = head;;) {
        struct descriptor d;
        if (at >= table.entries)
            return "a descriptor's number is beyond its table";
        if (phys_read(s->phys, table.base + (uint64_t)at * DESCRIPTOR_SIZE, &d, sizeof d))
            return "a descriptor table is not in RAM";
        const char *wrong;
        if (d.flags & INDIRECT) {
            wrong = indirect_enter(s, &d, &table);
            at = 0;
        } else {
            if (c->count == q->size)
                return "a chain loops or is longer than its queue";
            wrong = buffer_add(s, &d);
            if (!wrong && !(d.flags & NEXT))
                return NULL;
            at = d.next;
        }
        if (wrong)
            return wrong;
    }
}

static const char *queue_check(const struct virtio_queue *q)
{
    if (q->size == 0 || q->size > VIRTIO_QUEUE_MAX || (q->size & (q->size - 1)))
        return "a queue's size is no power of two up to 256";
    if (q->descriptors % 16 || q->driver % 2 || q->device % 4)
        return "a ring is misaligned";
    return NULL;
}

/* The entry is there before the index that tells of it. Other harts run in turns, so no barrier is needed beyond that order. */
static const char *used_push(struct virtio_slot *s, struct virtio_queue *q, uint32_t head, uint32_t written)
{
    uint32_t entry[2] = {head, written};
    pa_t at = q->device + RING_HEAD + (uint64_t)(q->used % q->size) * DEVICE_ENTRY;
    if (phys_write(s->phys, at, entry, sizeof entry))
        return "the device ring is not in RAM";
    q->used++;
    return phys_write(s->phys, q->device + 2, &q->used, sizeof q->used) ? "the device ring is not in RAM" : NULL;
}

/* Serves one chain. *stop: leave the queue for now. */
static const char *serve(struct virtio_slot *s, unsigned queue, uint64_t *bytes, bool *stop)
{
    struct virtio_queue *q = &s->queue[queue];
    uint16_t head;
    uint32_t written = 0;
    if (phys_read(s->phys, q->driver + RING_HEAD + (uint64_t)(q->taken % q->size) * DRIVER_ENTRY, &head, sizeof head))
        return "the driver ring is not in RAM";
    const char *wrong = chain_walk(s, q, head);
    if (wrong)
        return wrong;
    *bytes += s->chain.in.left + s->chain.out.left;
    switch (s->model->take(s->opaque, queue, &s->chain, &written)) {
    case VIRTIO_BROKEN: return "a request is malformed";
    case VIRTIO_LEFT:
    case VIRTIO_LATER: *stop = true; return NULL;
    case VIRTIO_DONE: break;
    }
    q->taken++;
    return used_push(s, q, head, written);
}

/* Serves what the driver has made available, a slice at most. */
static const char *drain(struct virtio_slot *s, unsigned queue, bool *served)
{
    struct virtio_queue *q = &s->queue[queue];
    uint16_t available;
    const char *wrong = queue_check(q);
    if (wrong)
        return wrong;
    if (phys_read(s->phys, q->driver + 2, &available, sizeof available))
        return "the driver ring is not in RAM";
    if ((uint16_t)(available - q->taken) > q->size)
        return "the driver ring's index runs ahead of the queue";
    uint64_t bytes = 0;
    bool stop = false;
    while (q->taken != available && !stop && !wrong) {
        if (bytes >= VIRTIO_SLICE) {
            clock_schedule(s->clock, &s->more, clock_now(s->clock) + 1);
            break;
        }
        wrong = serve(s, queue, &bytes, &stop);
        *served |= !wrong && !stop;
    }
    return wrong;
}

void virtio_slot_kick(struct virtio_slot *s, unsigned queue)
{
    struct virtio_queue *q = &s->queue[queue];
    bool served = false;
    uint16_t flags = 0;
    if (!s->model || s->broken || !(s->status & VIRTIO_DRIVER_OK) || !q->ready)
        return;
    const char *wrong = drain(s, queue, &served);
    if (!wrong && phys_read(s->phys, q->driver, &flags, sizeof flags))
        wrong = "the driver ring is not in RAM";
    if (served && !(flags & NO_INTERRUPT))
        virtio_slot_used(s);
    if (wrong)
        virtio_slot_break(s, wrong);
}

void virtio_queue_more(void *slot)
{
    struct virtio_slot *s = slot;
    for (unsigned q = 0; s->model && q < s->model->queues; q++)
        virtio_slot_kick(s, q);
}

/* A driver may cut a request anywhere, so no model relies on where buffers end: it asks for as much as it wants, and comes back
 * for what it has not got. */
uint8_t *virtio_piece(struct virtio_stream *v, uint64_t limit, size_t *length)
{
    uint64_t n = limit < v->left ? limit : v->left;
    if (n > VIRTIO_STEP)
        n = VIRTIO_STEP;
    if (n == 0)
        return NULL;
    if (v->used == v->buffer->length) {
        v->buffer++;
        v->used = 0;
    }
    uint32_t room = v->buffer->length - v->used;
    uint8_t *piece = v->buffer->host + v->used;
    *length = n < room ? (size_t)n : room;
    v->used += (uint32_t)*length;
    v->left -= *length;
    return piece;
}

bool virtio_goes_on(struct virtio_chain *c, size_t length)
{
    c->moved += length;
    if (c->moved >= VIRTIO_STEP) {
        c->moved = 0;
        c->left = c->left || host_ends(c->host);
    }
    return !c->left;
}

void virtio_announce(const struct virtio_chain *c, const uint8_t *piece, size_t length)
{
    const struct virtio_buffer *b = c->out.buffer; /* the piece was the last taken, so it lies in this buffer */
    phys_written(c->phys, b->address + (uint64_t)(piece - b->host), length);
}

size_t virtio_get(struct virtio_chain *c, void *to, size_t length)
{
    size_t done = 0, n;
    for (uint8_t *piece; (piece = virtio_piece(&c->in, length - done, &n)); done += n)
        memcpy((uint8_t *)to + done, piece, n);
    return done;
}

size_t virtio_put(struct virtio_chain *c, const void *from, size_t length)
{
    size_t done = 0, n;
    for (uint8_t *piece; (piece = virtio_piece(&c->out, length - done, &n)); done += n) {
        memcpy(piece, (const uint8_t *)from + done, n);
        virtio_announce(c, piece, n);
    }
    return done;
}

void virtio_skip(struct virtio_stream *v, uint64_t length)
{
    size_t n;
    while (length && virtio_piece(v, length, &n))
        length -= n;
}
