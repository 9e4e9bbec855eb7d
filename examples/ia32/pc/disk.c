/* disk.c - a sector by programmed I/O, with its interrupt off. */
#include "pc.h"

enum {
    DATA = 0x1f0,
    COUNT = 0x1f2,
    LBA = 0x1f3,
    COMMAND = 0x1f7,
    CONTROL = 0x3f6,
    READ = 0x20,
    NO_INTERRUPT = 2,
    BUSY = 0x80,
    READY = 0x40
};

int disk_read(uint32_t sector, uint32_t words[128])
{
    unsigned left = 100000;
    out8(CONTROL, NO_INTERRUPT);
    if (in8(COMMAND) == 0xff) /* the bus floats: there is no disk */
        return 0;
    out8(COUNT, 1);
    out8(LBA, (uint8_t)sector);
    out8(LBA + 1, (uint8_t)(sector >> 8));
    out8(LBA + 2, (uint8_t)(sector >> 16));
    out8(LBA + 3, (uint8_t)(0xe0 | (sector >> 24 & 15)));
    out8(COMMAND, READ);
    while ((in8(COMMAND) & (BUSY | READY)) != READY)
        if (!left--)
            return 0;
    if (in8(COMMAND) & 0x21)
        return 0;
    unsigned count = 128;
    __asm__ volatile("cld; rep insl" : "+D"(words), "+c"(count) : "d"(DATA) : "memory", "cc");
    return 1;
}
