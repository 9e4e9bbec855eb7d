/* kernel.c - asks a disk for as much as a queue can hold: 256 requests, each for gigabytes, all into the same memory. The disk is told of
 * all of them at once. What the first bytes of the disk say decides how many there are: '1', or anything else for all.
 */
#include <stdint.h>

enum { QUEUE = 256, PARTS = 254, PART = 16 << 20 };
enum { NEXT = 1, WRITE = 2, INDIRECT = 4 };
enum { BLOCK_IN = 0, BLOCK_DEVICE = 2, ACCEPT_INDIRECT = 1 << 28 };
enum { DEVICE_ID = 0x8, FEATURES = 0x20, FEATURES_SEL = 0x24, NUM = 0x38, READY = 0x44, NOTIFY = 0x50, STATUS = 0x70 };
enum { DESCRIPTORS = 0x80, DRIVER = 0x90, DEVICE = 0xa0 };

#define SLOT(offset) (*(volatile uint32_t *)(0x10001000ul + (offset)))
#define UART (*(volatile uint8_t *)0x10000000)
#define FINISHER (*(volatile uint32_t *)0x100000)
#define BUFFER 0x81000000ul

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

static _Alignas(16) struct descriptor queue[QUEUE], whole[PARTS + 2], first[3];
static struct {
    uint16_t flags, index, head[QUEUE];
} driver;
static _Alignas(4) volatile struct {
    uint16_t flags, index;
    uint32_t entry[QUEUE][2];
} device;
static const struct {
    uint32_t type, reserved;
    uint64_t sector;
} header = {.type = BLOCK_IN};
static volatile uint8_t status;

static void print(const char *text)
{
    while (*text)
        UART = (uint8_t)*text++;
}

static void address(unsigned at, const volatile void *p)
{
    SLOT(at) = (uint32_t)(uintptr_t)p;
    SLOT(at + 4) = (uint32_t)((uintptr_t)p >> 32);
}

static void device_init(void)
{
    SLOT(STATUS) = 3;
    SLOT(FEATURES_SEL) = 0;
    SLOT(FEATURES) = ACCEPT_INDIRECT;
    SLOT(FEATURES_SEL) = 1;
    SLOT(FEATURES) = 1;
    SLOT(STATUS) = 11;
    SLOT(NUM) = QUEUE;
    address(DESCRIPTORS, queue);
    address(DRIVER, &driver);
    address(DEVICE, &device);
    SLOT(READY) = 1;
    SLOT(STATUS) = 15;
}

/* Header, parts, status. */
static void describe(struct descriptor *table, unsigned parts, uint32_t length)
{
    table[0] = (struct descriptor){(uintptr_t)&header, sizeof header, NEXT, 1};
    for (unsigned n = 1; n <= parts; n++)
        table[n] = (struct descriptor){BUFFER, length, NEXT | WRITE, (uint16_t)(n + 1)};
    table[parts + 1] = (struct descriptor){(uintptr_t)&status, 1, WRITE, 0};
}

/* So many requests by that table, which are waited for. */
static void request(const struct descriptor *table, uint32_t size, unsigned count)
{
    for (unsigned n = 0; n < count; n++) {
        queue[n] = (struct descriptor){(uintptr_t)table, size, INDIRECT, 0};
        driver.head[driver.index++ % QUEUE] = (uint16_t)n;
    }
    SLOT(NOTIFY) = 0;
    while (device.index != driver.index)
        ;
}

void kernel_main(void)
{
    if (SLOT(DEVICE_ID) != BLOCK_DEVICE) {
        FINISHER = 0x13333;
    }
    device_init();
    describe(first, 1, 512);
    request(first, sizeof first, 1);
    const unsigned count = *(volatile uint8_t *)BUFFER == '1' ? 1 : QUEUE;
    describe(whole, PARTS, PART);
    print("the flood begins\n");
    request(whole, sizeof whole, count);
    print(status == 0 ? "and is over\n" : "and failed\n");
    FINISHER = 0x5555;
    for (;;)
        ;
}
