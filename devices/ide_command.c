/* ide_command.c - what the commands do [ATA-6 chapter 8]. Reads fill the buffer with a block, of one sector or of as many as SET MULTIPLE MODE has
 * said, and ask to have it taken; writes ask for one and put it on the disk.
 *
 * A command's life. DRQ asks for the buffer to be taken or filled; "!" is an interrupt:
 *
 *     READ    idle -- command --> [disk to buffer] --!--> data in  -- last word taken --> more? again : idle
 *     WRITE   idle -- command ------------------------->  data out -- last word given --> [buffer to disk] --!--> more? data out :
 * idle
 *     other   idle -- command --> done --!--> idle
 *
 * A failure ends at idle with ERR and an interrupt; if it was the disk's, the registers name the sector.
 */
#include "devices/ide_identify.h"
#include "devices/ide_private.h"

#include <errno.h>
#include <string.h>

enum { ABORTED = 4, NOT_FOUND = 0x10, UNCORRECTABLE = 0x40 };
enum { MODE_SET = 3, WRITE_CACHE_ON = 2, WRITE_CACHE_OFF = 0x82, LOOK_AHEAD_ON = 0xaa, LOOK_AHEAD_OFF = 0x55 };

static struct ide_disk *selected(struct ide *i) { return &i->disk[i->device & IDE_DEVICE_SECOND ? 1 : 0]; }
static uint64_t sectors_of(const struct ide_disk *d) { return d->drive->size / DRIVE_SECTOR; }

static void done(struct ide *i)
{
    i->phase = IDE_IDLE;
    i->status = IDE_READY;
    ide_interrupt(i);
}

static void failed(struct ide *i, uint8_t error)
{
    i->phase = IDE_IDLE;
    i->error = error;
    i->status = IDE_READY | IDE_ERROR;
    ide_interrupt(i);
}

/* --- addresses */

/* Sectors that the command asks for: 0 means all that the register can count. */
static uint32_t count_of(const struct ide *i)
{
    const uint32_t n = i->extended ? (uint32_t)(i->count_before << 8 | i->count) : i->count;
    return n ? n : i->extended ? 65536 : 256;
}

/* false: there is no such sector. Cylinders, heads and sectors where the device register says so [ATA-6 annex on CHS]. */
static bool address_of(struct ide *i, uint64_t *sector)
{
    const struct ide_disk *d = selected(i);
    const uint64_t low = (uint64_t)i->lba[2] << 16 | (uint64_t)i->lba[1] << 8 | i->lba[0];
    if (i->extended) {
        *sector = (uint64_t)i->lba_before[2] << 40 | (uint64_t)i->lba_before[1] << 32 | (uint64_t)i->lba_before[0] << 24 | low;
        return true;
    }
    if (i->device & IDE_DEVICE_LBA) {
        *sector = (uint64_t)(i->device & 15) << 24 | low;
        return true;
    }
    const unsigned head = i->device & 15, cylinder = (unsigned)(low >> 8);
    if (i->lba[0] == 0 || i->lba[0] > d->sectors || head >= d->heads)
        return false;
    *sector = ((uint64_t)cylinder * d->heads + head) * d->sectors + i->lba[0] - 1;
    return true;
}

/* The registers name a sector: the last one that was done, or the one that failed. */
static void address_show(struct ide *i, uint64_t sector)
{
    const struct ide_disk *d = selected(i);
    if (!i->extended && !(i->device & IDE_DEVICE_LBA)) {
        const uint64_t track = sector / d->sectors, cylinder = track / d->heads;
        i->device = (uint8_t)((i->device & 0xf0) | track % d->heads);
        sector = cylinder << 8 | (sector % d->sectors + 1);
    } else if (i->extended) {
        for (unsigned n = 0; n < 3; n++)
            i->lba_before[n] = (uint8_t)(sector >> (24 + 8 * n));
    } else {
        i->device = (uint8_t)((i->device & 0xf0) | (sector >> 24 & 15));
    }
    for (unsigned n = 0; n < 3; n++)
        i->lba[n] = (uint8_t)(sector >> (8 * n));
}

static bool is_on_disk(struct ide *i, uint64_t sector, uint64_t count)
{
    const uint64_t all = sectors_of(selected(i));
    return sector < all && count <= all - sector;
}

/* --- reading and writing */

static void request(struct ide *i, enum ide_phase phase, uint32_t bytes)
{
    i->phase = phase;
    i->at = 0;
    i->end = bytes;
    i->status = IDE_READY | IDE_DATA_REQUEST;
}

static uint32_t block_next(const struct ide *i) { return i->left < i->block ? i->left : i->block; }

static void block_read(struct ide *i)
{
    const uint32_t n = block_next(i);
    if (drive_read(selected(i)->drive, i->sector * DRIVE_SECTOR, i->buffer, n * DRIVE_SECTOR)) {
        address_show(i, i->sector);
        failed(i, UNCORRECTABLE);
        return;
    }
    i->left -= n;
    i->sector += n;
    address_show(i, i->sector - 1);
    request(i, IDE_DATA_IN, n * DRIVE_SECTOR);
    ide_interrupt(i);
}

void ide_block_was_read(struct ide *i)
{
    if (i->left && !i->whole) {
        block_read(i);
    } else {
        i->phase = IDE_IDLE; /* with the last block there is no further interrupt [ATA-6 9.5] */
        i->status = IDE_READY;
    }
}

static void block_ask(struct ide *i)
{
    const uint32_t n = block_next(i);
    i->left -= n;
    request(i, IDE_DATA_OUT, n * DRIVE_SECTOR);
}

void ide_block_was_written(struct ide *i)
{
    const uint32_t n = i->end / DRIVE_SECTOR;
    if (drive_write(selected(i)->drive, i->sector * DRIVE_SECTOR, i->buffer, n * DRIVE_SECTOR)) {
        address_show(i, i->sector);
        failed(i, ABORTED);
        i->status |= IDE_FAULT;
        return;
    }
    i->sector += n;
    address_show(i, i->sector - 1);
    if (!i->left) {
        done(i);
        return;
    }
    block_ask(i);
    ide_interrupt(i);
}

/* false: it has failed. A disk tells of sectors that it has not when it comes to them; so does a guest that asks for them know which. */
static bool transfer_begins(struct ide *i)
{
    const uint32_t count = count_of(i);
    uint64_t sector;
    if (!address_of(i, &sector) || !is_on_disk(i, sector, count)) {
        failed(i, NOT_FOUND);
        return false;
    }
    i->sector = sector;
    i->left = count;
    i->whole = false;
    return true;
}

static void read_sectors(struct ide *i, bool multiple)
{
    i->block = multiple ? selected(i)->multiple : 1;
    if (!i->block)
        failed(i, ABORTED);
    else if (transfer_begins(i))
        block_read(i);
}

static void write_sectors(struct ide *i, bool multiple)
{
    i->block = multiple ? selected(i)->multiple : 1;
    if (!i->block || selected(i)->drive->readonly)
        failed(i, ABORTED);
    else if (transfer_begins(i))
        block_ask(i); /* the first block is asked for without an interrupt [ATA-6 9.6] */
}

static void verify(struct ide *i)
{
    if (!transfer_begins(i))
        return;
    address_show(i, i->sector + i->left - 1);
    done(i);
}

/* --- the rest */

static void identify(struct ide *i)
{
    ide_identify(selected(i), i->device & IDE_DEVICE_SECOND ? 1 : 0, i->buffer);
    i->whole = true;
    i->left = 0;
    i->block = 1;
    i->sector = 0;
    request(i, IDE_DATA_IN, DRIVE_SECTOR);
    ide_interrupt(i);
}

static void flush(struct ide *i)
{
    const int r = drive_flush(selected(i)->drive, &i->host);
    if (r && r != -EINTR)
        failed(i, ABORTED);
    else
        done(i);
}

/* [ATA-6 8.39] a power of two up to what IDENTIFY says; 0 switches it off. */
static void set_multiple(struct ide *i)
{
    const uint8_t n = i->count;
    if (n > IDE_MULTIPLE || (n & (n - 1))) {
        selected(i)->multiple = 0;
        failed(i, ABORTED);
        return;
    }
    selected(i)->multiple = n;
    done(i);
}

/* [ATA-6 8.46] transfer modes: the default, and PIO with flow control. */
static void set_features(struct ide *i)
{
    struct ide_disk *d = selected(i);
    switch (i->feature) {
    case MODE_SET:
        if (i->count > 1 && (i->count < 8 || i->count > 12)) {
            failed(i, ABORTED);
            return;
        }
        break;
    case WRITE_CACHE_ON:
    case WRITE_CACHE_OFF: d->write_cache = i->feature == WRITE_CACHE_ON; break;
    case LOOK_AHEAD_ON:
    case LOOK_AHEAD_OFF: d->look_ahead = i->feature == LOOK_AHEAD_ON; break;
    default: failed(i, ABORTED); return;
    }
    done(i);
}

/* The geometry of addresses by cylinder, head and sector [ATA-3 "Initialize device parameters"]. */
static void set_geometry(struct ide *i)
{
    if (!i->count) {
        failed(i, ABORTED);
        return;
    }
    selected(i)->sectors = i->count;
    selected(i)->heads = (uint8_t)((i->device & 15) + 1);
    done(i);
}

/* The last sector there is; with 28 bits, the last one that they reach. */
static void native_max(struct ide *i)
{
    const uint64_t last = sectors_of(selected(i)) - 1;
    i->device |= IDE_DEVICE_LBA;
    address_show(i, !i->extended && last > 0xfffffff ? 0xfffffff : last);
    done(i);
}

static void power_mode(struct ide *i, uint8_t command)
{
    if (command == 0xe5)
        i->count = 0xff; /* active */
    done(i);
}

static bool is_extended(uint8_t command)
{
    return command == 0x24 || command == 0x27 || command == 0x29 || command == 0x34 || command == 0x39 || command == 0x42;
}

static void execute(struct ide *i, uint8_t command)
{
    switch (command) {
    case 0x20:
    case 0x21:
    case 0x24: read_sectors(i, false); break;
    case 0x29:
    case 0xc4: read_sectors(i, true); break;
    case 0x30:
    case 0x31:
    case 0x34: write_sectors(i, false); break;
    case 0x39:
    case 0xc5: write_sectors(i, true); break;
    case 0x40:
    case 0x41:
    case 0x42: verify(i); break;
    case 0x27:
    case 0xf8: native_max(i); break;
    case 0x91: set_geometry(i); break;
    case 0xc6: set_multiple(i); break;
    case 0xe0:
    case 0xe1:
    case 0xe2:
    case 0xe3:
    case 0xe5:
    case 0xe6: power_mode(i, command); break;
    case 0xe7:
    case 0xea: flush(i); break;
    case 0xec: identify(i); break;
    case 0xef: set_features(i); break;
    default:
        if (command >> 4 == 1 || command >> 4 == 7) /* recalibrate, seek: the arm is where it is wanted */
            done(i);
        else
            failed(i, ABORTED);
        break;
    }
}

/* A command that is written while data are asked for ends that one. The diagnostic is of both disks, and what is not there passes. */
void ide_command(struct ide *i, uint8_t command)
{
    if (command == 0x90) {
        ide_signature(i);
        ide_interrupt(i);
        return;
    }
    if (!ide_selected(i))
        return;
    i->error = 0;
    i->extended = is_extended(command);
    execute(i, command);
}
