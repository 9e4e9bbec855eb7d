/* ide_identify.c - see ide_identify.h. Numbers of words are those of [ATA-6 table 26]. */
#include "devices/ide_identify.h"

#include <stdio.h>
#include <string.h>

enum { CYLINDERS_MOST = 16383, LBA28_MOST = 0xfffffff };

static uint64_t sectors_of(const struct ide_disk *d) { return d->drive->size / DRIVE_SECTOR; }

unsigned ide_cylinders(const struct ide_disk *d)
{
    const uint64_t n = sectors_of(d) / (d->heads * d->sectors);
    return n > CYLINDERS_MOST ? CYLINDERS_MOST : (unsigned)n;
}

static void word_put(uint8_t *out, unsigned word, uint64_t value, unsigned words)
{
    for (unsigned i = 0; i < 2 * words; i++)
        out[2 * word + i] = (uint8_t)(value >> (8 * i));
}

/* Characters, two to a word, the first one in its upper byte; spaces fill it up. */
static void text_put(uint8_t *out, unsigned word, unsigned words, const char *text)
{
    const size_t length = strlen(text);
    for (unsigned i = 0; i < 2 * words; i++)
        out[(2 * word + i) ^ 1] = (uint8_t)(i < length ? text[i] : ' ');
}

void ide_identify(const struct ide_disk *d, unsigned number, uint8_t out[DRIVE_SECTOR])
{
    const uint64_t all = sectors_of(d);
    const unsigned cylinders = ide_cylinders(d), reached = cylinders * d->heads * d->sectors;
    char serial[21];
    snprintf(serial, sizeof serial, "TRAPEZE-%u", number);
    memset(out, 0, DRIVE_SECTOR);
    word_put(out, 0, 0x0040, 1); /* not removable */
    word_put(out, 1, cylinders, 1);
    word_put(out, 3, d->heads, 1);
    word_put(out, 6, d->sectors, 1);
    text_put(out, 10, 10, serial);
    text_put(out, 23, 4, "1.0");
    text_put(out, 27, 20, "Trapeze disk");
    word_put(out, 47, 0x8000 | IDE_MULTIPLE, 1);
    word_put(out, 49, 0x0a00, 1); /* LBA, IORDY; no DMA */
    word_put(out, 50, 0x4000, 1);
    word_put(out, 51, 0x0200, 1);
    word_put(out, 53, 0x0003, 1); /* words 54 to 58 and 64 to 70 are valid */
    word_put(out, 54, cylinders, 1);
    word_put(out, 55, d->heads, 1);
    word_put(out, 56, d->sectors, 1);
    word_put(out, 57, reached, 2);
    word_put(out, 59, d->multiple ? 0x0100u | d->multiple : 0, 1);
    word_put(out, 60, all > LBA28_MOST ? LBA28_MOST : all, 2);
    word_put(out, 64, 0x0003, 1); /* PIO modes 3 and 4 */
    word_put(out, 67, 120, 1);    /* ns of a cycle, without and with IORDY */
    word_put(out, 68, 120, 1);
    word_put(out, 80, 0x007e, 1); /* ATA-1 to ATA-6 */
    word_put(out, 82, 0x4060, 1); /* NOP, look-ahead, write cache */
    word_put(out, 83, 0x7400, 1); /* FLUSH CACHE (EXT), 48-bit addresses */
    word_put(out, 84, 0x4000, 1);
    word_put(out, 85, 0x4000u | (d->look_ahead ? 0x40 : 0) | (d->write_cache ? 0x20 : 0), 1);
    word_put(out, 86, 0x3400, 1);
    word_put(out, 87, 0x4000, 1);
    word_put(out, 93, number ? 0x4101 : 0x4001, 1);
    word_put(out, 100, all, 4);
}
