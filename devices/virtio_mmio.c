/* virtio_mmio.c - the registers of a virtio slot [virtio 4.2.2]. The queues are in virtio_queue.c.
 *
 * An empty slot answers with magic and version and the device number 0. Wrong sizes read 0 and are ignored, as on QEMU's board;
 * so is its vendor number ours, because guests written for the board check it.
 */
#include "devices/virtio_mmio.h"
#include "devices/virtio_queue.h"

#include <string.h>

enum {
    MAGIC = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    VENDOR_ID = 0x00c,
    DEVICE_FEATURES = 0x010,
    DEVICE_FEATURES_SEL = 0x014,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SEL = 0x024,
    QUEUE_SEL = 0x030,
    QUEUE_NUM_MAX = 0x034,
    QUEUE_NUM = 0x038,
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACK = 0x064,
    STATUS = 0x070,
    QUEUE_DESC = 0x080, /* each of the three: low, high */
    QUEUE_DRIVER = 0x090,
    QUEUE_DEVICE = 0x0a0,
    SHM_LEN = 0x0b0,
    SHM_BASE_END = 0x0c0,
    CONFIG = 0x100,
};
enum { MAGIC_VALUE = 0x74726976, VENDOR_VALUE = 0x554d4551 };
enum { INTERRUPT_USED = 1, INTERRUPT_CONFIG = 2 };

static void update(const struct virtio_slot *s) { irq_set(&s->irq, s->interrupt != 0); }

void virtio_slot_used(struct virtio_slot *s)
{
    s->interrupt |= INTERRUPT_USED;
    update(s);
}

/* [virtio 2.1.2] a driver that is up is told by a configuration change. */
void virtio_slot_break(struct virtio_slot *s, const char *why)
{
    s->broken = why;
    s->status |= VIRTIO_NEEDS_RESET;
    if (s->status & VIRTIO_DRIVER_OK)
        s->interrupt |= INTERRUPT_CONFIG;
    update(s);
}

void virtio_slot_reset(struct virtio_slot *s)
{
    s->driver_features = 0;
    s->feature_select = s->driver_feature_select = s->queue_select = 0;
    s->status = s->interrupt = 0;
    s->broken = NULL;
    memset(s->queue, 0, sizeof s->queue);
    for (unsigned q = 0; q < VIRTIO_QUEUES; q++)
        s->queue[q].size = VIRTIO_QUEUE_MAX;
    clock_cancel(s->clock, &s->more);
    update(s);
}

static void queue_state(struct virtio_queue *q, struct state *s)
{
    state_u32(s, &q->size);
    state_bool(s, &q->ready);
    state_u64(s, &q->descriptors);
    state_u64(s, &q->driver);
    state_u64(s, &q->device);
    state_u16(s, &q->taken);
    state_u16(s, &q->used);
}

/* Of why it broke only the fact is kept: the reason is for people who were there. */
static void broken_state(struct virtio_slot *s, struct state *state)
{
    bool broken = s->broken;
    state_bool(state, &broken);
    if (!broken)
        s->broken = NULL;
    else if (!s->broken)
        s->broken = "a request broke it before its state was saved";
}

void virtio_slot_state(struct virtio_slot *s, struct state *state)
{
    state_u64(state, &s->driver_features);
    state_u32(state, &s->feature_select);
    state_u32(state, &s->driver_feature_select);
    state_u32(state, &s->queue_select);
    state_u8(state, &s->status);
    state_u8(state, &s->interrupt);
    for (unsigned q = 0; q < VIRTIO_QUEUES; q++)
        queue_state(&s->queue[q], state);
    broken_state(s, state);
    state_event(state, s->clock, &s->more);
    if (state->restoring)
        update(s);
}

void virtio_slot_init(struct virtio_slot *s, struct phys *phys, struct clock *clock, struct irq_line irq, struct host_look host)
{
    *s = (struct virtio_slot){.phys = phys, .clock = clock, .irq = irq, .host = host};
    event_init(&s->more, virtio_queue_more, s);
    virtio_slot_reset(s);
}

void virtio_slot_plug(struct virtio_slot *s, const struct virtio_model *model, void *opaque, uint64_t features)
{
    s->model = model;
    s->opaque = opaque;
    s->features = features | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_VERSION_1;
}

/* The selected queue; NULL: the device has no such queue. */
static struct virtio_queue *selected(struct virtio_slot *s)
{
    return s->queue_select < s->model->queues ? &s->queue[s->queue_select] : NULL;
}

static uint32_t half(uint64_t v, uint32_t select) { return select > 1 ? 0 : (uint32_t)(v >> (32 * select)); }

static uint32_t register_read(struct virtio_slot *s, uint64_t offset)
{
    const struct virtio_queue *q = selected(s);
    switch (offset) {
    case DEVICE_ID: return s->model->id;
    case VENDOR_ID: return VENDOR_VALUE;
    case DEVICE_FEATURES: return half(s->features, s->feature_select);
    case QUEUE_NUM_MAX: return q ? VIRTIO_QUEUE_MAX : 0;
    case QUEUE_READY: return q && q->ready;
    case INTERRUPT_STATUS: return s->interrupt;
    case STATUS: return s->status;
    }
    return offset >= SHM_LEN && offset < SHM_BASE_END ? UINT32_MAX : 0; /* no shared memory [virtio 4.2.2] */
}

/* The model's own registers may be read in any width, and at any place in them. */
static uint32_t config_read(const struct virtio_slot *s, uint64_t offset, unsigned size)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size && i < 4 && offset + i < VIRTIO_CONFIG_BYTES; i++)
        value |= (uint32_t)s->config[offset + i] << (8 * i);
    return value;
}

static bool mmio_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct virtio_slot *s = opaque;
    *value = 0;
    if (offset >= CONFIG)
        *value = s->model ? config_read(s, offset - CONFIG, size) : 0;
    else if (size != 4)
        return true;
    else if (offset == MAGIC)
        *value = MAGIC_VALUE;
    else if (offset == VERSION)
        *value = 2;
    else if (s->model)
        *value = register_read(s, offset);
    return true;
}

/* [virtio 3.1.1 steps 5, 6] The driver sets one bit after the other; what it writes is what it has then, all bits together:
 *
 *   0 --> ACKNOWLEDGE --> DRIVER --> features --> FEATURES_OK --> read back: still there? --> queues --> DRIVER_OK
 *   ^                                                                                                      |
 *   +---------- writes 0: reset <---------- NEEDS_RESET, which the device sets, of a request that is wrong +
 *
 * FEATURES_OK stays only when nothing was accepted that was not offered. VERSION_1 is not insisted on [virtio 6.2: "may"]: small
 * teaching kernels drive version-2 registers without ever looking at the upper features. */
static void status_write(struct virtio_slot *s, uint32_t value)
{
    if (value == 0) {
        virtio_slot_reset(s);
        return;
    }
    if (s->driver_features & ~s->features)
        value &= ~(uint32_t)VIRTIO_FEATURES_OK;
    s->status = (uint8_t)((value & ~(uint32_t)VIRTIO_NEEDS_RESET) | (s->status & VIRTIO_NEEDS_RESET)); /* that bit is the device's */
}

static void features_write(struct virtio_slot *s, uint32_t value)
{
    if (s->driver_feature_select > 1 || (s->status & VIRTIO_FEATURES_OK))
        return; /* beyond what exists, or settled */
    s->driver_features = bits_set(s->driver_features, 32 * s->driver_feature_select, 32, value);
}

static void address_write(pa_t *address, uint64_t offset, uint32_t value)
{
    *address = bits_set(*address, offset & 4 ? 32 : 0, 32, value);
}

/* A queue's place and size are settled once it is ready [virtio 4.2.2.2]. */
static void queue_write(struct virtio_queue *q, uint64_t offset, uint32_t value)
{
    if (offset == QUEUE_READY) {
        if (!q->ready || !(value & 1))
            q->taken = q->used = 0;
        q->ready = value & 1;
        return;
    }
    if (q->ready)
        return;
    switch (offset & ~UINT64_C(7)) {
    case QUEUE_NUM: q->size = value; break;
    case QUEUE_DESC: address_write(&q->descriptors, offset, value); break;
    case QUEUE_DRIVER: address_write(&q->driver, offset, value); break;
    case QUEUE_DEVICE: address_write(&q->device, offset, value); break;
    }
}

static void register_write(struct virtio_slot *s, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case DEVICE_FEATURES_SEL: s->feature_select = value; break;
    case DRIVER_FEATURES: features_write(s, value); break;
    case DRIVER_FEATURES_SEL: s->driver_feature_select = value; break;
    case QUEUE_SEL: s->queue_select = value; break;
    case QUEUE_NOTIFY:
        if (value < s->model->queues)
            virtio_slot_kick(s, value);
        break;
    case INTERRUPT_ACK:
        s->interrupt &= (uint8_t)~value;
        update(s);
        break;
    case STATUS: status_write(s, value); break;
    default:
        if (selected(s))
            queue_write(selected(s), offset, value);
        break;
    }
}

static bool mmio_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct virtio_slot *s = opaque;
    if (s->model && size == 4 && offset < CONFIG)
        register_write(s, offset, (uint32_t)value);
    return true;
}

const struct phys_io virtio_mmio_io = {.read = mmio_read, .write = mmio_write};
