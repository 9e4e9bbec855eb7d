/* test_state.c - a board that was restored is the board that was saved. One board is driven at random, by registers, rings, time
 * and typing; what was saved of it is restored into a fresh one; then both are driven on alike, and every answer, wire and byte
 * must be the same. A field that is not kept shows, because the fresh board has another value there.
 */
#include "devices/drive.h"
#include "devices/goldfish_rtc.h"
#include "devices/plic.h"
#include "devices/state.h"
#include "devices/uart16550.h"
#include "devices/virt.h"
#include "devices/virtio_mmio.h"
#include "tests/devices/rig.h"

#include <unistd.h>

enum { HISTORY = 120, FUTURE = 160, SEEDS = 300, DISK_SIZE = 256 << 10, RING = 8 };
#define TABLES RIG_RAM
#define RINGS(slot, queue) (TABLES + 0x4000 * (pa_t)(slot) + 0x2000 * (pa_t)(queue))
#define BUFFERS (RIG_RAM + 0x40000)

struct whole {
    struct rig rig;
    struct inputs cpu;
    struct board *board;
    char input[256]; /* what the console has to say */
    size_t input_count;
    uint64_t output; /* a digest */
    unsigned offs;
};

static void off(void *opaque, int status) { ((struct whole *)opaque)->offs += (unsigned)status + 1; }
static void reboot(void *opaque) { ((struct whole *)opaque)->offs += 1000; }

static void console_write(void *opaque, const uint8_t *bytes, size_t count)
{
    struct whole *b = opaque;
    for (size_t n = 0; n < count; n++)
        b->output = b->output * 31 + bytes[n];
}

static size_t console_read(void *opaque, uint8_t *bytes, size_t room)
{
    struct whole *b = opaque;
    size_t n = b->input_count < room ? b->input_count : room;
    memcpy(bytes, b->input, n);
    memmove(b->input, b->input + n, b->input_count -= n);
    return n;
}

static char disk_path[64];
static enum plic_gateway board_gateway;

static void board_open(struct whole *b, uint64_t seed, uint64_t now)
{
    struct error e;
    memset(b, 0, sizeof *b);
    rig_open(&b->rig);
    b->rig.now = now;
    const struct chardev console = {.write = console_write, .read = console_read, .opaque = b};
    const struct virt_config config = {.ram_size = RIG_RAM_SIZE,
                                       .harts = 1,
                                       .isa = "rv64imac",
                                       .console = console,
                                       .virtio_console = console,
                                       .seed = seed,
                                       .gateway = board_gateway,
                                       .drive = {[0] = {.path = disk_path, .snapshot = true}}};
    const struct board_site site = {.phys = b->rig.phys,
                                    .clock = &b->rig.clock,
                                    .power = {.off = off, .reboot = reboot, .opaque = b},
                                    .cpu = {inputs_line(&b->cpu)}};
    if (virt_create(&b->board, &config, &site, &e) != 0)
        fail_msg("%s", e.text);
}

static void board_close(struct whole *b)
{
    board_destroy(b->board);
    rig_close(&b->rig);
}

/* --- what happens to a board, all of it from one random sequence */

static uint64_t roll(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    return *random ^= *random << 17;
}

static void put(struct whole *b, pa_t at, uint64_t value) { assert_true(phys_store(b->rig.phys, at, 4, value)); }

static pa_t slot_at(unsigned slot) { return VIRT_VIRTIO + (pa_t)slot * VIRTIO_SLOT_SIZE; }

static void ring_start(struct whole *b, unsigned slot, unsigned queue, uint64_t features)
{
    static const unsigned base[] = {0x80, 0x90, 0xa0};
    for (unsigned half = 0; half < 2; half++) {
        put(b, slot_at(slot) + 0x24, half);
        put(b, slot_at(slot) + 0x20, features >> (32 * half) & UINT32_MAX);
    }
    put(b, slot_at(slot) + 0x70, 11);
    put(b, slot_at(slot) + 0x30, queue);
    put(b, slot_at(slot) + 0x38, RING);
    for (unsigned part = 0; part < 3; part++) {
        put(b, slot_at(slot) + base[part], (RINGS(slot, queue) + 0x400 * part) & UINT32_MAX);
        put(b, slot_at(slot) + base[part] + 4, 0);
    }
    put(b, slot_at(slot) + 0x44, 1);
    put(b, slot_at(slot) + 0x70, 15);
}

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

/* A request of three buffers: something to read, something to write, a byte of status. */
static void ring_offer(struct whole *b, unsigned slot, unsigned queue, uint64_t *random)
{
    enum { NEXT = 1, WRITE = 2 };
    const pa_t rings = RINGS(slot, queue), header = BUFFERS + (roll(random) % 16) * 0x1000, data = BUFFERS + 0x10000;
    const unsigned head = roll(random) % 4 == 0 ? 1 : 0; /* without the header: malformed for a disk, all there is for the others */
    const uint32_t request[4] = {roll(random) % 2, 0, (uint32_t)(roll(random) % (DISK_SIZE / DRIVE_SECTOR)), 0};
    const unsigned way = slot == VIRT_SLOT_CONSOLE ? (queue == 0 ? WRITE : 0) : request[0] ? 0 : WRITE;
    const unsigned end = slot == VIRT_SLOT_CONSOLE && queue == 1 ? 0 : WRITE;
    const struct descriptor d[3] = {{header, 16, NEXT, 1}, {data, 512, (uint16_t)(NEXT | way), 2}, {header + 64, 1, (uint16_t)end, 0}};
    uint16_t offered, number = (uint16_t)(slot == VIRT_SLOT_CONSOLE || slot == VIRT_SLOT_RNG ? 1 : head);
    assert_int_equal(phys_write(b->rig.phys, rings, d, sizeof d), 0);
    assert_int_equal(phys_write(b->rig.phys, header, request, sizeof request), 0);
    assert_int_equal(phys_read(b->rig.phys, rings + 0x402, &offered, sizeof offered), 0);
    assert_int_equal(phys_write(b->rig.phys, rings + 0x404 + 2 * (offered % RING), &number, sizeof number), 0);
    offered++;
    assert_int_equal(phys_write(b->rig.phys, rings + 0x402, &offered, sizeof offered), 0);
    put(b, slot_at(slot) + 0x50, queue);
}

/* One of the first of some device, whichever the board has: a new one needs no line here to be noticed. */
static pa_t any_register(const struct whole *b, uint64_t *random)
{
    const struct phys_range *r;
    do
        r = phys_range(b->rig.phys, (unsigned)(roll(random) % phys_count(b->rig.phys)));
    while (r->ram);
    return r->base + roll(random) % 16 * 4;
}

/* A register that means something, and now and then any. */
static pa_t some_register(const struct whole *b, uint64_t *random)
{
    static const uint32_t plic[] = {0x4,    0x8,    0x14,   0x18,     0x28,     0x2c,     0x1000,
                                    0x2000, 0x2080, 0x2004, 0x200000, 0x200004, 0x201000, 0x201004};
    static const uint32_t clint[] = {0, 0x4000, 0x4004, 0xbff8};
    uint64_t which = roll(random) % 64;
    switch (roll(random) % 7) {
    case 0: return VIRT_UART + which % 8;
    case 1: return VIRT_PLIC + plic[which % (sizeof plic / sizeof plic[0])];
    case 2: return VIRT_CLINT + clint[which % 4];
    case 3: return VIRT_RTC + which % 8 * 4;
    case 4: return slot_at(which % VIRT_SLOTS) + roll(random) % 0x120 / 4 * 4;
    case 5: return any_register(b, random);
    default: return which ? VIRT_UART + which % 8 : VIRT_FINISHER;
    }
}

static uint64_t some_value(uint64_t *random, uint64_t now)
{
    switch (roll(random) % 4) {
    case 0: return now / 100 + roll(random) % 64; /* a time soon */
    case 1: return UINT64_C(1) << roll(random) % 13;
    case 2: return roll(random) % 16;
    default: return roll(random);
    }
}

static uint64_t access_register(struct whole *b, uint64_t *random)
{
    const pa_t at = some_register(b, random);
    const unsigned size = at - VIRT_UART < 8 ? 1 : 4;
    uint64_t value = some_value(random, b->rig.now), answer = 0;
    bool read = roll(random) % 2,
         answered = read ? phys_load(b->rig.phys, at, size, &answer) : phys_store(b->rig.phys, at, size, value);
    return answer << 1 | answered;
}

static void type(struct whole *b, uint64_t *random)
{
    while (b->input_count < sizeof b->input && roll(random) % 8)
        b->input[b->input_count++] = (char)('a' + roll(random) % 26);
    board_input(b->board);
}

/* One thing of many. What comes back is all that was seen of it. */
static uint64_t happen(struct whole *b, uint64_t *random)
{
    static const unsigned slots[] = {0, 0, VIRT_SLOT_CONSOLE, VIRT_SLOT_RNG};
    const unsigned slot = slots[roll(random) % 4], queue = slot == VIRT_SLOT_CONSOLE ? roll(random) % 2 : 0;
    switch (roll(random) % 12) {
    case 0: rig_advance(&b->rig, b->rig.now + roll(random) % 4000); return 0;
    case 1: type(b, random); return b->input_count;
    case 2: ring_start(b, slot, queue, roll(random) % 2 ? UINT64_C(1) << 32 : (UINT64_C(1) << 9)); return 0;
    case 3:
    case 4: ring_offer(b, slot, queue, random); return 0;
    default: return access_register(b, random);
    }
}

static unsigned wires(const struct whole *b)
{
    return (unsigned)b->cpu.msip.level | (unsigned)b->cpu.mtip.level << 1 | (unsigned)b->cpu.meip.level << 2 |
           (unsigned)b->cpu.seip.level << 3;
}

/* --- carrying one over into another */

static void overlay_copy(const struct whole *from, struct whole *to)
{
    for (uint64_t block = 0; block < DISK_SIZE / DRIVE_BLOCK; block++) {
        const uint8_t *content = drive_overlay_block(board_drive(from->board, 0), block);
        if (content)
            to->board->ops->drive_put(to->board, 0, block, content);
    }
}

static void carry_over(struct whole *from, struct whole *to)
{
    struct state saved = state_save();
    board_state(from->board, &saved);
    assert_false(saved.failed);
    memcpy(ram_host(to->rig.ram), ram_host(from->rig.ram), RIG_RAM_SIZE);
    memcpy(to->input, from->input, sizeof to->input);
    to->input_count = from->input_count;
    to->output = from->output;
    to->offs = from->offs;
    overlay_copy(from, to);
    struct state state = state_restore(saved.bytes, saved.size);
    board_state(to->board, &state);
    assert_false(state.failed);
    assert_int_equal(state.at, saved.size);
    state_free(&saved);
}

static void both_go_on(struct whole *a, struct whole *b, uint64_t random)
{
    for (unsigned n = 0; n < FUTURE; n++) {
        uint64_t same = random;
        uint64_t first = happen(a, &random), second = happen(b, &same);
        assert_int_equal(first, second);
        assert_int_equal(wires(a), wires(b));
        assert_int_equal(clock_next(&a->rig.clock), clock_next(&b->rig.clock));
        assert_true(a->output == b->output && a->input_count == b->input_count && a->offs == b->offs);
    }
    assert_memory_equal(ram_host(a->rig.ram), ram_host(b->rig.ram), RIG_RAM_SIZE);
}

static void a_restored_board_is_the_saved_one(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct whole a, b;
        uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15);
        board_gateway = seed % 2 ? PLIC_STRICT : PLIC_ASSERTED;
        board_open(&a, seed, 0);
        for (unsigned n = 0; n < HISTORY; n++)
            happen(&a, &random);
        board_open(&b, 99, a.rig.now);
        carry_over(&a, &b);
        assert_int_equal(wires(&a), wires(&b));
        both_go_on(&a, &b, random);
        board_close(&b);
        board_close(&a);
    }
}

/* Back onto the same board, whatever it did meanwhile. */
static void a_board_is_taken_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS / 4; seed++) {
        struct whole a, b;
        uint64_t random = seed * UINT64_C(0xd1342543de82ef95), elsewhere = seed;
        board_gateway = seed % 2 ? PLIC_STRICT : PLIC_ASSERTED;
        board_open(&a, seed, 0);
        for (unsigned n = 0; n < HISTORY; n++)
            happen(&a, &random);
        board_open(&b, seed, a.rig.now);
        for (unsigned n = 0; n < HISTORY; n++)
            happen(&b, &elsewhere);
        for (uint64_t block = 0; block < DISK_SIZE / DRIVE_BLOCK; block++)
            b.board->ops->drive_put(b.board, 0, block, NULL);
        b.rig.now = a.rig.now;
        carry_over(&a, &b);
        assert_int_equal(wires(&a), wires(&b));
        both_go_on(&a, &b, random);
        board_close(&b);
        board_close(&a);
    }
}

/* What the console sends in one go is bounded; the rest follows a clock unit later, on the board where it is restored as well. */
static void a_request_half_done(void **state)
{
    enum { PARTS = RING, CHAINS = 6 };
    struct whole a, b;
    const pa_t rings = RINGS(VIRT_SLOT_CONSOLE, 1);
    const uint32_t length = RIG_RAM_SIZE;
    uint16_t used[2], offered = CHAINS;
    (void)state;
    board_open(&a, 5, 0);
    ring_start(&a, VIRT_SLOT_CONSOLE, 1, UINT64_C(1) << 32);
    for (unsigned n = 0; n < PARTS; n++) {
        const struct descriptor d = {RIG_RAM, length, n + 1 < PARTS, (uint16_t)(n + 1)};
        assert_int_equal(phys_write(a.rig.phys, rings + n * sizeof d, &d, sizeof d), 0);
    }
    assert_int_equal(phys_write(a.rig.phys, rings + 0x402, &offered, sizeof offered), 0); /* all of them with head 0 */
    put(&a, slot_at(VIRT_SLOT_CONSOLE) + 0x50, 1);
    assert_int_equal(clock_next(&a.rig.clock), 1);
    assert_int_equal(phys_read(a.rig.phys, rings + 0x802, &used[0], sizeof used[0]), 0);
    assert_in_range(used[0], 1, CHAINS - 1);
    board_open(&b, 5, 0);
    carry_over(&a, &b);
    rig_advance(&b.rig, 1);
    rig_advance(&a.rig, 1);
    assert_int_equal(phys_read(b.rig.phys, rings + 0x802, &used[1], sizeof used[1]), 0);
    assert_int_equal(used[1], CHAINS);
    assert_true(a.output == b.output);
    board_close(&b);
    board_close(&a);
}

/* --- bytes that are no state */

/* However they are cut or changed: refused or taken, but nothing breaks, and what was saved before can be put back. */
static void nonsense_is_survived(void **state)
{
    struct whole a;
    uint64_t random = 77;
    (void)state;
    board_open(&a, 3, 0);
    for (unsigned n = 0; n < HISTORY; n++)
        happen(&a, &random);
    struct state saved = state_save(), again = state_save();
    board_state(a.board, &saved);
    uint8_t *bytes = malloc(saved.size);
    for (unsigned n = 0; n < 2000; n++) {
        memcpy(bytes, saved.bytes, saved.size);
        for (unsigned k = 0; k < 1 + n % 4; k++)
            bytes[roll(&random) % saved.size] = (uint8_t)roll(&random);
        struct state bad = state_restore(bytes, n % 3 ? saved.size : roll(&random) % saved.size);
        board_state(a.board, &bad);
        assert_true(n % 3 || bad.failed); /* cut short is refused */
        for (unsigned k = 0; k < 20; k++)
            happen(&a, &random);
        a.input_count = 0;
    }
    struct state back = state_restore(saved.bytes, saved.size);
    board_state(a.board, &back);
    assert_false(back.failed);
    board_state(a.board, &again);
    assert_int_equal(again.size, saved.size);
    assert_memory_equal(again.bytes, saved.bytes, saved.size);
    free(bytes);
    state_free(&saved);
    state_free(&again);
    board_close(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_restored_board_is_the_saved_one),
        cmocka_unit_test(a_board_is_taken_back),
        cmocka_unit_test(a_request_half_done),
        cmocka_unit_test(nonsense_is_survived),
    };
    snprintf(disk_path, sizeof disk_path, "/tmp/trapeze-state-XXXXXX");
    int fd = mkstemp(disk_path);
    if (fd < 0 || ftruncate(fd, DISK_SIZE) != 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(disk_path);
    return failed;
}
