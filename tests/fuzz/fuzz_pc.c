/* fuzz_pc.c - any accesses at all to the ports and the memory of a PC's board, and time in between: whatever a guest does, the board stands, its
 * disk keeps its size, and its state saved, restored into another board and saved again is the same bytes.
 *
 * Four bytes are one step: what, where (an index into the ports that answer, or any), two bytes of value.
 */
#include "core/loader_pc.h"
#include "devices/pc.h"
#include "mmu/bus.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RAM_SIZE = 2 << 20, DISK_SECTORS = 40, STEP = 4 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool held)
{
    if (!held)
        abort();
}

struct rig {
    struct ram *ram;
    struct phys *phys, *ports;
    struct clock clock;
    uint64_t now;
    struct board *board;
    bool intr;
};

static uint64_t rig_now(void *opaque) { return ((struct rig *)opaque)->now; }
static void power_off(void *opaque, int status) { (void)opaque, demand(status >= 0 && status < 256); }
static void reboot(void *opaque) { (void)opaque; }

static void line_set(void *opaque, unsigned number, bool level)
{
    struct rig *r = opaque;
    demand(number < 8);
    if (number == PC_LINE_INTR)
        r->intr = level;
}

static void rig_open(struct rig *r, const char *disk)
{
    struct error e;
    *r = (struct rig){.clock = {.now = rig_now, .opaque = r, .units_per_tick = 10}};
    demand(ram_create(&r->ram, RAM_SIZE) == 0 && phys_create(&r->phys) == 0 && phys_create(&r->ports) == 0);
    demand(phys_add_ram(r->phys, "ram", 0, RAM_SIZE, r->ram, 0) == 0);
    const struct pc_config config = {.ram_size = RAM_SIZE, .drive = {{.path = disk, .snapshot = true}}};
    const struct board_site site = {.phys = r->phys,
                                    .ports = r->ports,
                                    .clock = &r->clock,
                                    .power = {power_off, reboot, r},
                                    .cpu = {{.set = line_set, .opaque = r}}};
    demand(pc_create(&r->board, &config, &site, &e) == 0);
}

static void rig_close(struct rig *r)
{
    board_destroy(r->board);
    phys_destroy(r->phys);
    phys_destroy(r->ports);
    ram_destroy(r->ram);
}

/* A port that answers, or a register of one of the APICs, or anything. */
static uint16_t port_of(const struct rig *r, uint8_t where, uint16_t value)
{
    const struct phys_range *range = phys_range(r->ports, where % phys_count(r->ports));
    return (uint16_t)(where & 0x80 ? value * 97 : range->base + value % range->size);
}

static void step(struct rig *r, const uint8_t *s)
{
    const uint16_t value = (uint16_t)pc_get(s + 2, 2);
    const unsigned width = 1u << (s[0] >> 4 & 3) % 3;
    const pa_t apic = s[1] & 1 ? 0xfee00000 + (pa_t)(s[1] >> 1) * 16 : 0xfec00000 + (pa_t)(s[1] >> 1 & 1) * 16;
    switch (s[0] & 7) {
    case 0:
    case 1: (void)bus_load(r->ports, port_of(r, s[1], value), 0xffff, width); break;
    case 2:
    case 3:
    case 4: bus_store(r->ports, port_of(r, s[1], s[2]), 0xffff, width, s[3] | (uint64_t)s[2] << 8); break;
    case 5: bus_store(r->phys, apic, UINT32_MAX, 4, value | (uint64_t)value << 16); break;
    case 6: (void)bus_load(r->phys, apic, UINT32_MAX, 4); break;
    default:
        r->now += value * (s[1] + 1u);
        clock_fire(&r->clock);
        if (r->intr)
            demand(r->board->ops->acknowledge(r->board, 0, PC_LINE_INTR) < 256);
        break;
    }
}

static void state_is_whole(struct rig *r, const char *disk)
{
    struct rig other;
    struct state first = state_save(), again = state_save();
    rig_open(&other, disk);
    board_state(r->board, &first);
    struct state from = state_restore(first.bytes, first.size);
    other.now = r->now;
    board_state(other.board, &from);
    demand(!first.failed && !from.failed && from.at == from.size && other.intr == r->intr);
    board_state(other.board, &again);
    demand(first.size == again.size && memcmp(first.bytes, again.bytes, first.size) == 0);
    state_free(&first);
    state_free(&again);
    rig_close(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char disk[] = "/tmp/trapeze_fuzz_pc_XXXXXX";
    struct rig r;
    const int fd = mkstemp(disk);
    demand(fd >= 0 && ftruncate(fd, DISK_SECTORS * 512) == 0);
    close(fd);
    rig_open(&r, disk);
    for (size_t i = 0; i + STEP <= size; i += STEP)
        step(&r, data + i);
    state_is_whole(&r, disk);
    board_reset(r.board);
    rig_close(&r);
    unlink(disk);
    return 0;
}
