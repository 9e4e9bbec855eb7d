/* fuzz_virtio.c - a guest gone mad before a disk, a console and an entropy source. The input is a program: it writes registers,
 * memory and descriptors, starts devices properly now and then so that the fuzzer gets deep, and rings the bell.
 *
 * What must hold: memory outside the guest's is untouched, the snapshot's file too; a device that found a ring broken says so and
 * is deaf; the work left over is always due later than now, and ends.
 */
#define _GNU_SOURCE
#include "devices/virtio_blk.h"
#include "devices/virtio_console.h"
#include "devices/virtio_rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEVICES = 3, MARGIN = 0x4000, GUEST = 0x8000, IMAGE = 9 * 512, QUEUE = 8, LEFTOVERS_MAX = 100000 };
#define RAM UINT64_C(0x80000000)
#define DESCRIPTORS RAM
#define DRIVER (RAM + 0x1000)
#define DEVICE (RAM + 0x2000)

#define REQUIRE(what) ((what) ? (void)0 : broken_promise(#what))

static _Noreturn void broken_promise(const char *what)
{
    fprintf(stderr, "broken promise: %s\n", what);
    abort();
}

struct input {
    const uint8_t *at, *end;
};

struct world {
    struct ram *ram; /* the guest's part lies between two margins that must stay zero */
    struct phys *phys;
    struct clock clock;
    uint64_t now;
    struct virtio_slot slot[DEVICES];
    struct drive drive;
    struct virtio_blk blk;
    struct virtio_console console;
    struct virtio_rng rng;
    int image;
    struct input in;
    uint16_t offered;
    uint8_t typed;
};

static uint64_t take(struct input *in, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < bytes && in->at < in->end; i++)
        v |= (uint64_t)*in->at++ << (8 * i);
    return v;
}

static uint64_t now(void *opaque) { return ((struct world *)opaque)->now; }
static void host_write(void *opaque, const uint8_t *bytes, size_t count) { (void)opaque, (void)bytes, (void)count; }

static size_t host_read(void *opaque, uint8_t *bytes, size_t room)
{
    struct world *w = opaque;
    size_t n = w->typed < room ? w->typed : room;
    memset(bytes, 'k', n);
    w->typed = (uint8_t)(w->typed - n);
    return n;
}

static void image_open(struct world *w)
{
    uint8_t bytes[IMAGE];
    char path[64];
    struct error e;
    memset(bytes, 0x5a, sizeof bytes);
    w->image = memfd_create("image", MFD_CLOEXEC);
    REQUIRE(w->image >= 0 && write(w->image, bytes, sizeof bytes) == sizeof bytes);
    snprintf(path, sizeof path, "/proc/self/fd/%d", w->image);
    REQUIRE(drive_open(&w->drive, path, true, false, &e) == 0);
}

static void image_unchanged(const struct world *w)
{
    uint8_t bytes[IMAGE];
    REQUIRE(pread(w->image, bytes, sizeof bytes, 0) == sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++)
        REQUIRE(bytes[i] == 0x5a);
}

static void world_open(struct world *w, const uint8_t *data, size_t size)
{
    *w = (struct world){.in = {data, data + size}};
    w->clock = (struct clock){.now = now, .opaque = w, .units_per_tick = 100};
    REQUIRE(ram_create(&w->ram, GUEST + 2 * MARGIN) == 0 && phys_create(&w->phys) == 0);
    REQUIRE(phys_add_ram(w->phys, "ram", RAM, GUEST, w->ram, MARGIN) == 0);
    image_open(w);
    for (unsigned i = 0; i < DEVICES; i++)
        virtio_slot_init(&w->slot[i], w->phys, &w->clock, (struct irq_line){0}, (struct host_look){0});
    virtio_blk_plug(&w->blk, &w->slot[0], &w->drive, "fuzz");
    virtio_console_plug(&w->console, &w->slot[1], (struct chardev){host_write, host_read, w});
    virtio_rng_plug(&w->rng, &w->slot[2], 1);
}

static void world_close(struct world *w)
{
    drive_close(&w->drive);
    close(w->image);
    phys_destroy(w->phys);
    ram_destroy(w->ram);
}

static void put(struct virtio_slot *s, uint64_t offset, uint32_t v) { REQUIRE(virtio_mmio_io.write(s, offset, 4, v)); }

/* A proper initialisation of one queue. */
static void start(struct virtio_slot *s, uint8_t how)
{
    static const uint16_t places[][2] = {{0x80, 0}, {0x90, 0x1000}, {0xa0, 0x2000}};
    put(s, 0x70, 0);
    put(s, 0x20, how & 1 ? 1 << 28 | 1 << 9 : 0);
    put(s, 0x70, 11);
    put(s, 0x30, how >> 1 & 1);
    put(s, 0x38, QUEUE);
    for (unsigned i = 0; i < 3; i++) {
        put(s, places[i][0], (uint32_t)(RAM + places[i][1]));
        put(s, places[i][0] + 4, 0);
    }
    put(s, 0x44, 1);
    put(s, 0x70, 15);
}

/* An address inside memory, at its edge, or anywhere. */
static pa_t address(struct world *w)
{
    uint64_t kind = take(&w->in, 1);
    if (kind < 200)
        return RAM + take(&w->in, 2) % GUEST;
    return kind < 230 ? RAM + GUEST - take(&w->in, 1) : take(&w->in, 8);
}

static void descriptor(struct world *w)
{
    struct {
        uint64_t address;
        uint32_t length;
        uint16_t flags, next;
    } d;
    pa_t at = (take(&w->in, 1) & 1 ? RAM + 0x4000 : DESCRIPTORS) + 16 * (take(&w->in, 1) % 16);
    d.address = address(w);
    uint64_t length = take(&w->in, 1);
    d.length = (uint32_t)(length < 240 ? length * (length & 1 ? 16 : 1) : take(&w->in, 4));
    d.flags = (uint16_t)take(&w->in, 1) & 7;
    d.next = (uint16_t)take(&w->in, 1) % 10;
    REQUIRE(phys_write(w->phys, at, &d, sizeof d) == 0);
}

/* The header of a disk request where a descriptor may find it. */
static void header(struct world *w)
{
    uint64_t words[2] = {take(&w->in, 1) % 16, take(&w->in, 1) % 12};
    REQUIRE(phys_write(w->phys, RAM + 0x5000 + 16 * (take(&w->in, 1) % 4), words, sizeof words) == 0);
}

static void offer(struct world *w)
{
    uint16_t head = (uint16_t)take(&w->in, 1) % (QUEUE + 1);
    REQUIRE(phys_write(w->phys, DRIVER + 4 + 2 * (w->offered % QUEUE), &head, 2) == 0);
    w->offered++;
    REQUIRE(phys_write(w->phys, DRIVER + 2, &w->offered, 2) == 0);
}

static void link_at(struct world *w, unsigned index, uint64_t at, uint32_t length, uint16_t flags)
{
    struct {
        uint64_t address;
        uint32_t length;
        uint16_t flags, next;
    } d = {at, length, flags, (uint16_t)(index + 1)};
    REQUIRE(phys_write(w->phys, DESCRIPTORS + 16 * index, &d, sizeof d) == 0);
}

/* A sound disk request in three buffers, which later steps may spoil. */
static void disk_request(struct world *w)
{
    static const uint8_t types[4] = {VIRTIO_BLK_IN, VIRTIO_BLK_OUT, VIRTIO_BLK_FLUSH, VIRTIO_BLK_GET_ID};
    uint64_t bits = take(&w->in, 2), words[2] = {types[bits & 3], bits >> 8 & 15};
    uint32_t length = (uint32_t)(512 * (1 + (bits >> 4 & 7)) + (bits >> 15));
    REQUIRE(phys_write(w->phys, RAM + 0x5000, words, sizeof words) == 0);
    link_at(w, 0, RAM + 0x5000, 16, 1);
    link_at(w, 1, RAM + 0x6000, length, words[0] == VIRTIO_BLK_OUT ? 1 : 3);
    link_at(w, 2, RAM + 0x5100, 1, 2);
}

static void memory(struct world *w)
{
    uint64_t at = take(&w->in, 2) % (GUEST - 8), word = take(&w->in, 8);
    REQUIRE(phys_write(w->phys, RAM + at, &word, sizeof word) == 0);
}

static void registers(struct world *w, struct virtio_slot *s)
{
    uint64_t offset = take(&w->in, 1) * 4, v;
    unsigned size = 1u << (take(&w->in, 1) & 7 ? 2 : take(&w->in, 1) & 3);
    REQUIRE(virtio_mmio_io.write(s, offset, size, take(&w->in, 4)));
    REQUIRE(virtio_mmio_io.read(s, offset, size, &v));
}

/* Whatever a slice has left over is done a unit later, and that comes to an end. */
static void leftovers(struct world *w)
{
    for (unsigned i = 0; clock_next(&w->clock) != UINT64_MAX; i++) {
        REQUIRE(i < LEFTOVERS_MAX && clock_next(&w->clock) > w->now);
        w->now = clock_next(&w->clock);
        clock_fire(&w->clock);
    }
}

static void step(struct world *w)
{
    uint64_t op = take(&w->in, 1);
    struct virtio_slot *s = &w->slot[(op >> 4) % DEVICES];
    switch (op & 15) {
    case 0:
        start(s, (uint8_t)take(&w->in, 1));
        w->offered = 0;
        break;
    case 1:
    case 2:
    case 3: descriptor(w); break;
    case 4: header(w); break;
    case 5: offer(w); break;
    case 6: memory(w); break;
    case 7: registers(w, s); break;
    case 9:
    case 10: disk_request(w); break;
    case 8:
        w->typed = (uint8_t)take(&w->in, 1);
        virtio_console_input(&w->console);
        break;
    default: put(s, 0x50, (uint32_t)(op >> 7)); break;
    }
    for (unsigned i = 0; i < DEVICES; i++)
        REQUIRE(!w->slot[i].broken == !(w->slot[i].status & VIRTIO_NEEDS_RESET));
    leftovers(w);
}

static void margins_untouched(const struct world *w)
{
    const uint8_t *bytes = ram_host(w->ram);
    for (size_t i = 0; i < MARGIN; i++)
        REQUIRE(bytes[i] == 0 && bytes[MARGIN + GUEST + i] == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w; /* a program's, not a room's: too large for a stack */
    world_open(&w, data, size);
    while (w.in.at < w.in.end)
        step(&w);
    margins_untouched(&w);
    image_unchanged(&w);
    world_close(&w);
    return 0;
}
