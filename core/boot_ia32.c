/* boot_ia32.c - loads what is to run on a PC, and leaves the CPU before its first instruction. */
#include "core/boot_ia32.h"

#include "core/loader_pc.h"
#include "devices/drive.h"
#include "devices/pc.h"
#include "isa/ia32.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROM_LEAST = 64 << 10, BOOT_SECTOR = 0x7c00, BOOT_DRIVE = 0x80, STUB = 0xfe000, STUB_SEGMENT = 0xf000, DATA_AREA = 0x400 };

/* --- in place of firmware */

/* The BIOS data area, as far as kernels look at it [IBM PC/AT Technical Reference, section 5]. */
static void data_area(uint8_t area[0x100], const struct board *b)
{
    static const struct {
        uint16_t at, value;
    } words[] = {
        {0x00, 0x3f8},              /* COM1 */
        {0x10, 0x0222},             /* equipment: one serial port, 80x25 in colour, x87 */
        {0x13, PC_LOW_END >> 10},   /* KiB of memory below */
        {0x49, 80 << 8 | 3},        /* video mode, columns */
        {0x63, 0x3d4},              /* where the CRTC is */
        {0x84, 16 << 8 | (25 - 1)}, /* rows less one, lines of a character */
    };
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        pc_put(area + words[i].at, 2, words[i].value);
    for (unsigned n = 0; n < BOARD_DRIVES; n++)
        area[0x75] = (uint8_t)(area[0x75] + (board_drive(b, n) != NULL));
}

static int load_tables(struct system *s, struct error *e)
{
    uint8_t area[0x100] = {0}, *tables;
    size_t size;
    int r = board_tables(s->board, &(struct board_start){0}, &tables, &size);
    if (r)
        return error_set(e, -r, "the board's tables cannot be made: %s", strerror(-r));
    r = phys_write(s->machine->phys, PC_TABLES, tables, size);
    free(tables);
    data_area(area, s->board);
    if (!r)
        r = phys_write(s->machine->phys, DATA_AREA, area, sizeof area);
    return r ? error_set(e, -r, "the machine has no memory where the board's tables belong") : 0;
}

/* Where all vectors of real mode lead: it ends the run with status 1 (port f4). A boot sector that calls INT 13h would go to vector 13h,
 * which is zero, and run through memory. Vector n is F000h + n : STUB - 16 n, the same place for all, so that CS says which it was. */
static const uint8_t stub[] = {
    0xfa,             /* cli */
    0xb0, 0x00,       /* mov al, 0 */
    0xe6, 0xf4,       /* out 0xf4, al */
    0xf4, 0xeb, 0xfd, /* hlt, again and again */
};

static int load_stub(struct phys *phys, struct error *e)
{
    uint8_t vectors[0x400];
    for (unsigned n = 0; n < 256; n++)
        pc_put(vectors + 4 * n, 4, (STUB_SEGMENT + n) << 16 | ((STUB & 0xffff) - 16 * n));
    int r = phys_write(phys, STUB, stub, sizeof stub);
    if (!r)
        r = phys_write(phys, 0, vectors, sizeof vectors);
    return r ? error_set(e, -r, "the machine has no memory for its interrupt vectors") : 0;
}

static uint16_t selector_of(const struct machine *m, unsigned segment)
{
    return (uint16_t)machine_get(m, IA_SEG + 4 * segment + IA_SELECTOR);
}

/* Is the machine in the stub? Then by this vector, and ip and cs of where it was are on the stack. */
static bool in_stub(const struct machine *m, uint8_t *vector, uint16_t *ip, uint16_t *cs)
{
    const uint16_t segment = selector_of(m, IA_CS), sp = (uint16_t)machine_get(m, IA_ESP);
    const pa_t at = ((pa_t)segment << 4) + machine_get(m, MACHINE_PC), stack = (pa_t)selector_of(m, IA_SS) << 4;
    uint8_t word[4];
    if (machine_get(m, MACHINE_MODE) != IA_REAL || at < STUB || at >= STUB + sizeof stub || segment < STUB_SEGMENT ||
        segment > STUB_SEGMENT + 0xff || phys_read(m->phys, stack + sp, word, sizeof word) != 0)
        return false;
    *vector = (uint8_t)(segment - STUB_SEGMENT);
    *ip = (uint16_t)pc_get(word, 2);
    *cs = (uint16_t)pc_get(word + 2, 2);
    return true;
}

/* Exceptions by their vectors, as in a sentence [SDM 3A table 6-1]. */
static const char *exception_name(uint8_t vector)
{
    static const char names[][8] = {" (#DE)", " (#DB)", " (NMI)", " (#BP)", " (#OF)", " (#BR)", " (#UD)",
                                    " (#NM)", " (#DF)", "",       " (#TS)", " (#NP)", " (#SS)", " (#GP)"};
    return vector < sizeof names / sizeof *names ? names[vector] : "";
}

/* What boot code has run into, where nobody else is to tell it. */
static void boot_met(struct system *s)
{
    struct system_result *r = &s->result;
    uint8_t vector, before[2];
    char what[90];
    uint16_t ip, cs;
    if (r->end != END_POWEROFF || *r->why || !in_stub(s->machine, &vector, &ip, &cs))
        return;
    const pa_t base = (pa_t)cs << 4;
    const bool called =
        ip >= 2 && phys_read(s->machine->phys, base + ip - 2, before, 2) == 0 && before[0] == 0xcd && before[1] == vector;
    if (called) {
        ip = (uint16_t)(ip - 2);
        snprintf(what, sizeof what, "called the BIOS, which there is none of: INT 0x%02x", vector);
    } else {
        snprintf(what, sizeof what, "met exception or interrupt 0x%02x%s, and there is no BIOS to handle it", vector,
                 exception_name(vector));
    }
    snprintf(r->why, sizeof r->why, "%.110s: at %04x:%04x (linear 0x%05x) the boot code has %s",
             s->board->ops->drive_path(s->board, 0), cs, ip, (unsigned)base + ip, what);
}

/* --- registers */

/* The hidden parts alone count until the kernel loads its own segments, so that no table has to be there (multiboot
 * says so). */
static void segment_set(struct machine *m, unsigned segment, uint16_t selector, uint32_t rights)
{
    const reg_t r = IA_SEG + 4 * segment;
    machine_set(m, r + IA_SELECTOR, selector);
    machine_set(m, r + IA_BASE, 0);
    machine_set(m, r + IA_LIMIT, UINT32_MAX);
    machine_set(m, r + IA_RIGHTS, rights);
}

/* Protected mode, ring 0, interrupts off, no paging.
 * The state that both boot protocols ask for. What they leave open is zero, so that two runs are the same. */
static void start_flat(struct machine *m, const struct pc_entry *entry)
{
    const uint32_t flat = IA_RIGHTS_G | IA_RIGHTS_DB | IA_RIGHTS_P | IA_RIGHTS_S, code = flat | 0xb, data = flat | 3;
    machine_set(m, IA_CR0, machine_get(m, IA_CR0) | CR0_PE);
    for (unsigned n = 0; n < IA_SEGS; n++)
        segment_set(m, n, n == IA_CS ? entry->code : entry->data, n == IA_CS ? code : data);
    machine_set(m, IA_GDTR_BASE, entry->table);
    machine_set(m, IA_GDTR_LIMIT, entry->table_limit);
    machine_set(m, IA_EFLAGS, EFLAGS_ONE);
    machine_set(m, IA_EAX, entry->eax);
    machine_set(m, IA_EBX, entry->ebx);
    machine_set(m, IA_ECX, 0);
    machine_set(m, IA_EDX, 0);
    machine_set(m, IA_ESI, entry->esi);
    machine_set(m, IA_EDI, 0);
    machine_set(m, IA_EBP, 0);
    machine_set(m, MACHINE_PC, entry->entry);
}

static void start_boot_sector(struct machine *m)
{
    machine_set(m, IA_SEG + 4 * IA_CS + IA_SELECTOR, 0);
    machine_set(m, IA_SEG + 4 * IA_CS + IA_BASE, 0);
    machine_set(m, IA_EAX, 0);
    machine_set(m, IA_EDX, BOOT_DRIVE);
    machine_set(m, IA_ESP, BOOT_SECTOR);
    machine_set(m, MACHINE_PC, BOOT_SECTOR);
}

/* --- the three ways to start */

static bool is_386(const struct machine *m)
{
    const struct ia32_config *c = m->config;
    return c->model == IA_MODEL_386;
}

static int read_files(const struct boot_config *c, struct pc_image *i, uint8_t **kernel, uint8_t **initrd, struct error *e)
{
    *i = (struct pc_image){.name = c->kernel ? c->kernel : "the embedded guest",
                           .data = c->kernel_data,
                           .size = c->kernel_size,
                           .append = c->append,
                           .initrd_name = c->initrd};
    int r = 0;
    if (!c->kernel_data)
        r = load_file(c->kernel, kernel, &i->size, e);
    if (!r && c->initrd)
        r = load_file(c->initrd, initrd, &i->initrd_size, e);
    if (!c->kernel_data)
        i->data = *kernel;
    i->initrd = *initrd;
    return r;
}

static int boot_kernel(struct system *s, const struct boot_config *c, struct booted *out, struct error *e)
{
    struct phys *const phys = s->machine->phys;
    uint8_t *kernel = NULL, *initrd = NULL;
    struct pc_image image;
    struct pc_entry entry;
    int r = read_files(c, &image, &kernel, &initrd, e);
    image.old_cpu = is_386(s->machine);
    if (!r && is_bzimage(image.data, image.size))
        r = load_bzimage(phys, &image, &entry, &out->kernel, e);
    else if (!r && is_boot_disk(image.data, image.size))
        r = error_set(e, ENOEXEC, "%s: it is a disk with a boot sector, not a kernel: -drive file=%s,format=raw", image.name,
                      image.name);
    else if (!r)
        r = load_multiboot(phys, &image, &entry, &out->kernel, e);
    free(kernel);
    free(initrd);
    if (!r)
        r = load_tables(s, e);
    if (!r)
        start_flat(s->machine, &entry);
    return r;
}

/* A ROM ends at the top of its place, whatever its size: the first instruction is 16 bytes below 1 MiB, and below 4
 * GiB. */
static int boot_rom(struct system *s, const char *path, struct error *e)
{
    uint8_t *data = NULL;
    size_t size;
    int r = load_file(path, &data, &size, e);
    if (r)
        return r;
    if (size < ROM_LEAST || size > PC_ROM_SIZE || (size & (size - 1)))
        r = error_set(e, EINVAL, "%s: it has %zu bytes; a ROM has 64, 128 or 256 KiB", path, size);
    else if (phys_write(s->machine->phys, PC_ROM + PC_ROM_SIZE - size, data, size))
        r = error_set(e, EFAULT, "%s: the machine has no memory for a ROM", path);
    free(data);
    return r;
}

/* What a BIOS does at the end of its work: the first sector to 7C00h, the drive's number into DL. The stack lies
 * below the sector. */
static int boot_disk(struct system *s, struct error *e)
{
    const struct drive *d = board_drive(s->board, 0);
    uint8_t sector[DRIVE_SECTOR];
    if (!d)
        return error_set(e, EINVAL, "there is nothing to start: neither a kernel nor a ROM nor a drive");
    const char *path = s->board->ops->drive_path(s->board, 0);
    int r = drive_read(d, 0, sector, sizeof sector);
    if (r)
        return error_set(e, -r, "%s: its first sector cannot be read: %s", path, strerror(-r));
    if (pc_get(sector + 510, 2) != 0xaa55)
        return error_set(e, ENOEXEC, "%s: it cannot be booted: its first sector does not end in 55 AA", path);
    r = load_tables(s, e);
    if (!r)
        r = load_stub(s->machine->phys, e);
    if (!r)
        r = load_bytes(s->machine->phys, path, sector, sizeof sector, BOOT_SECTOR, e);
    if (r)
        return r;
    start_boot_sector(s->machine);
    s->met = boot_met;
    return 0;
}

int boot_ia32(struct system *s, const struct boot_config *c, struct booted *out, struct error *e)
{
    *out = (struct booted){0};
    s->met = NULL;
    if (c->bios && (c->kernel || c->kernel_data))
        return error_set(e, EINVAL, "a kernel is started in the place of firmware: -kernel or -bios, not both");
    if (c->bios)
        return boot_rom(s, c->bios, e);
    return c->kernel || c->kernel_data ? boot_kernel(s, c, out, e) : boot_disk(s, e);
}
