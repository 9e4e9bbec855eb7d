/* ide.c - the registers, data in and out, reset. Both disks of a channel see every write to the command block; the selected one does the command
 * and answers, disk 0 for a disk 1 that is not there [ATA-6 9.16.1].
 *
 * What a command does is in ide_command.c.
 */
#include "devices/ide_private.h"

#include <string.h>

enum { DATA, ERROR_FEATURE, COUNT, LBA0, LBA1, LBA2, DEVICE, STATUS_COMMAND };
enum { DEVICE_FIXED = 0xa0, CONTROL_NIEN = 2, CONTROL_SRST = 4, CONTROL_HOB = 0x80 };

static bool any_disk(const struct ide *i) { return i->disk[0].drive || i->disk[1].drive; }

static void line_update(const struct ide *i) { irq_set(&i->irq, i->interrupts && !(i->control & CONTROL_NIEN) && ide_selected(i)); }

void ide_interrupt(struct ide *i)
{
    i->interrupts = true;
    line_update(i);
}

/* [ATA-6 9.12] what registers show after a reset or a diagnostic: "I am a disk", and all is well. */
void ide_signature(struct ide *i)
{
    i->error = 1;
    i->count = 1;
    i->lba[0] = 1;
    i->lba[1] = i->lba[2] = 0;
    i->device = 0;
    i->phase = IDE_IDLE;
    i->at = i->end = i->left = 0;
    i->status = IDE_READY;
}

/* --- data */

static void data_done(struct ide *i)
{
    if (i->phase == IDE_DATA_IN)
        ide_block_was_read(i);
    else
        ide_block_was_written(i);
}

/* Bytes are taken as they lie; a word beyond the block's end is not there. */
static bool data_read(struct ide *i, unsigned size, uint64_t *value)
{
    if (size == 1 || size == 8)
        return false;
    *value = size == 2 ? 0xffff : 0xffffffff;
    if (i->phase != IDE_DATA_IN || i->end - i->at < size)
        return true;
    *value = 0;
    memcpy(value, i->buffer + i->at, size);
    i->at += size;
    if (i->at == i->end)
        data_done(i);
    return true;
}

static bool data_write(struct ide *i, unsigned size, uint64_t value)
{
    if (size == 1 || size == 8)
        return false;
    if (i->phase != IDE_DATA_OUT || i->end - i->at < size)
        return true;
    memcpy(i->buffer + i->at, &value, size);
    i->at += size;
    if (i->at == i->end)
        data_done(i);
    return true;
}

/* --- registers */

static uint8_t status_of(const struct ide *i) { return ide_selected(i) ? i->status : 0; }

static uint8_t register_read(struct ide *i, uint64_t offset)
{
    const bool before = i->control & CONTROL_HOB;
    if (!any_disk(i))
        return 0xff; /* the bus floats */
    switch (offset) {
    case ERROR_FEATURE: return i->error;
    case COUNT: return before ? i->count_before : i->count;
    case LBA0:
    case LBA1:
    case LBA2: return (before ? i->lba_before : i->lba)[offset - LBA0];
    case DEVICE: return i->device | DEVICE_FIXED;
    default:
        i->interrupts = false;
        line_update(i);
        return status_of(i);
    }
}

/* The data of a command are those of the disk that it was for: who selects the other one has given them up. */
static void device_write(struct ide *i, uint8_t value)
{
    if ((value ^ i->device) & IDE_DEVICE_SECOND && i->phase != IDE_IDLE) {
        i->phase = IDE_IDLE;
        i->status = IDE_READY;
    }
    i->device = value;
}

static void register_write(struct ide *i, uint64_t offset, uint8_t value)
{
    i->control &= (uint8_t)~CONTROL_HOB;
    switch (offset) {
    case ERROR_FEATURE:
        i->feature_before = i->feature;
        i->feature = value;
        break;
    case COUNT:
        i->count_before = i->count;
        i->count = value;
        break;
    case LBA0:
    case LBA1:
    case LBA2:
        i->lba_before[offset - LBA0] = i->lba[offset - LBA0];
        i->lba[offset - LBA0] = value;
        break;
    case DEVICE: device_write(i, value & (uint8_t)~DEVICE_FIXED); break;
    default:
        i->interrupts = false;
        ide_command(i, value);
        break;
    }
    line_update(i);
}

/* While it is being reset the channel is busy and hears nothing. */
static bool is_reset(const struct ide *i) { return i->control & CONTROL_SRST; }

static bool command_io_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct ide *i = opaque;
    if (offset == DATA)
        return data_read(i, size, value);
    if (size != 1)
        return false;
    *value = register_read(i, offset);
    return true;
}

static bool command_io_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct ide *i = opaque;
    if (offset == DATA)
        return data_write(i, size, value);
    if (size != 1)
        return false;
    if (any_disk(i) && !is_reset(i))
        register_write(i, offset, (uint8_t)value);
    return true;
}

/* The alternate status acknowledges nothing. */
static bool control_io_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    const struct ide *i = opaque;
    (void)offset;
    *value = any_disk(i) ? status_of(i) : 0xff;
    return size == 1;
}

static bool control_io_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct ide *i = opaque;
    const bool was = is_reset(i);
    (void)offset;
    if (size != 1)
        return false;
    i->control = (uint8_t)value;
    if (is_reset(i)) {
        i->phase = IDE_IDLE;
        i->interrupts = false;
        i->status = IDE_BUSY;
    } else if (was) {
        ide_signature(i);
    }
    line_update(i);
    return true;
}

const struct phys_io ide_command_io = {.read = command_io_read, .write = command_io_write};
const struct phys_io ide_control_io = {.read = control_io_read, .write = control_io_write};

/* --- */

void ide_reset(struct ide *i)
{
    struct ide_disk disk[IDE_DRIVES];
    for (unsigned n = 0; n < IDE_DRIVES; n++)
        disk[n] = (struct ide_disk){.drive = i->disk[n].drive, .heads = 16, .sectors = 63, .write_cache = true, .look_ahead = true};
    const struct host_look host = i->host;
    const struct irq_line irq = i->irq;
    memset(i, 0, sizeof *i);
    memcpy(i->disk, disk, sizeof disk);
    i->host = host;
    i->irq = irq;
    ide_signature(i);
    line_update(i);
}

static void disk_state(struct ide_disk *d, struct state *s)
{
    state_u8(s, &d->multiple);
    state_u8(s, &d->heads);
    state_u8(s, &d->sectors);
    state_bool(s, &d->write_cache);
    state_bool(s, &d->look_ahead);
    state_refuse_unless(s, d->multiple <= IDE_MULTIPLE && d->heads >= 1 && d->heads <= 16 && d->sectors >= 1);
}

/* Where a command is: what its next block would touch is within the buffer, and within the disk. */
static bool makes_sense(const struct ide *i)
{
    const struct ide_disk *d = ide_selected(i);
    if (i->at > i->end || i->end > sizeof i->buffer || i->block > IDE_MULTIPLE)
        return false;
    if (i->phase == IDE_IDLE)
        return true;
    const uint64_t sectors = d ? d->drive->size / DRIVE_SECTOR : 0, in_buffer = i->phase == IDE_DATA_OUT ? i->end / DRIVE_SECTOR : 0;
    return d && i->end && i->end % DRIVE_SECTOR == 0 && i->block >= 1 && i->sector <= sectors &&
           i->left + in_buffer <= sectors - i->sector;
}

void ide_state(struct ide *i, struct state *s)
{
    uint8_t *const bytes[] = {&i->feature, &i->feature_before, &i->count,  &i->count_before,
                              &i->device,  &i->control,        &i->status, &i->error};
    unsigned phase = i->phase;
    for (unsigned n = 0; n < IDE_DRIVES; n++)
        disk_state(&i->disk[n], s);
    for (unsigned n = 0; n < sizeof bytes / sizeof bytes[0]; n++)
        state_u8(s, bytes[n]);
    state_bytes(s, i->lba, sizeof i->lba);
    state_bytes(s, i->lba_before, sizeof i->lba_before);
    state_bool(s, &i->interrupts);
    state_bool(s, &i->extended);
    state_bool(s, &i->whole);
    state_unsigned(s, &phase, IDE_DATA_OUT + 1);
    i->phase = (enum ide_phase)phase;
    state_u64(s, &i->sector);
    state_u32(s, &i->left);
    state_u32(s, &i->block);
    state_u32(s, &i->at);
    state_u32(s, &i->end);
    state_bytes(s, i->buffer, sizeof i->buffer);
    state_refuse_unless(s, makes_sense(i));
    if (s->restoring && s->failed)
        ide_reset(i);
    else if (s->restoring)
        line_update(i);
}

void ide_init(struct ide *i, struct drive *const drive[IDE_DRIVES], struct host_look host, struct irq_line irq)
{
    memset(i, 0, sizeof *i);
    for (unsigned n = 0; n < IDE_DRIVES; n++)
        i->disk[n].drive = drive[n];
    i->host = host;
    i->irq = irq;
    ide_reset(i);
}
