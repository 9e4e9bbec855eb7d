/* loader_bzimage.c - Linux's bzImage by the 32-bit boot protocol: the kernel's 16-bit part, and what firmware it would ask, are passed over [boot "32-bit
 * Boot Protocol"].
 *
 * The file is a boot sector, `setup_sects` sectors of 16-bit code with a header in the first two, and the part for protected mode, which goes to
 * 1 MiB. There it moves and unpacks itself into [pref_address, pref_address + init_size): that much RAM it needs, and the initrd lies above.
 */
#include "core/loader_pc.h"
#include "core/loader_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The header, by offsets in the file, which are those in the structure of parameters, too [boot "The Real-Mode Kernel Header"]. */
enum {
    SETUP_SECTS = 0x1f1,
    SYSSIZE = 0x1f4,
    BOOT_FLAG = 0x1fe,
    JUMP_LENGTH = 0x201, /* the header ends so many bytes behind */
    MAGIC = 0x202,
    VERSION = 0x206,
    KERNEL_VERSION = 0x20e,
    LOADER_TYPE = 0x210,
    LOAD_FLAGS = 0x211,
    CODE32_START = 0x214,
    RAMDISK = 0x218,
    RAMDISK_SIZE = 0x21c,
    COMMAND_LINE = 0x228,
    INITRD_MAX = 0x22c,
    XLOAD_FLAGS = 0x236,
    COMMAND_SIZE = 0x238,
    PREFERRED = 0x258,
    INIT_SIZE = 0x260,
    HEADER_END = 0x264, /* of version 2.10, from which on both of these are there */
};
/* The rest of the parameters [boot zero-page.rst]. */
enum { VIDEO_MODE = 0x06, VIDEO_COLUMNS = 0x07, VIDEO_LINES = 0x0e, VIDEO_IS_VGA = 0x0f, VIDEO_POINTS = 0x10, MEMORY_KIB = 0x1e0 };
enum { E820_COUNT = 0x1e8, PARAMETERS_HEADER_END = 0x290, E820_TABLE = 0x2d0, E820_ENTRY = 20, E820_RAM = 1, PARAMETERS = 0x1000 };
enum {
    SECTOR = 512,
    PARAGRAPH = 16,
    LOADED_HIGH = 1,
    KERNEL_64 = 1,
    OTHER_LOADER = 0xff,
    VERSION_LEAST = 0x20a,
    VERSION_END = 0x300,
    COMMAND_ROOM = 4096
};
enum { BOOT_CS = 0x10, BOOT_DS = 0x18, DESCRIPTORS = 4, TABLE = PC_PARAMETERS + PARAMETERS, COMMAND = TABLE + 0x1000 };

/* The file, and where its parts go:
 *
 *      0 ........ 0x1f1 ... 0x264 ......... setup ........................... end of file
 *      | boot sector  | header            | | part for protected mode          |
 *                     |                   |                  '--> 0x100000, and is entered there
 *                     '--> 0x101f1, into the parameters at 0x10000
 *
 *      0x10000 parameters    0x11000 descriptors    0x12000 command line    high: initrd
 */
struct kernel {
    const struct pc_image *is;
    size_t setup;  /* bytes before the part for protected mode */
    uint64_t size; /* of that */
    pa_t end;      /* of all that it needs */
};

static uint64_t field(const struct kernel *k, unsigned at, unsigned bytes) { return pc_get(k->is->data + at, bytes); }

bool is_bzimage(const uint8_t *d, size_t n)
{
    return n >= VERSION + 2 && pc_get(d + BOOT_FLAG, 2) == 0xaa55 && memcmp(d + MAGIC, "HdrS", 4) == 0;
}

bool is_boot_disk(const uint8_t *d, size_t n)
{
    return n >= BOOT_FLAG + 2 && pc_get(d + BOOT_FLAG, 2) == 0xaa55 && memcmp(d, "\177ELF", 4) != 0;
}

/* The text that says which kernel it is, "6.1.0-9-686 (...) ..."; "": the file does not say.
 * The header has its offset less 0x200; it must lie in the 16-bit part, and what is not plain text ends it. */
static void version_text(const struct kernel *k, char *out, size_t size)
{
    const size_t at = (size_t)field(k, KERNEL_VERSION, 2) + 0x200;
    size_t n = 0;
    while (at > 0x200 && n + 1 < size && at + n < k->setup && k->is->data[at + n] >= ' ' && k->is->data[at + n] < 0x7f) {
        out[n] = (char)k->is->data[at + n];
        n++;
    }
    out[n] = '\0';
}

/* What such a machine cannot run: the kernel's own check is in the part that is passed over. */
static int check_cpu(const struct kernel *k, struct error *e)
{
    char version[80];
    version_text(k, version, sizeof version);
    if (field(k, XLOAD_FLAGS, 2) & KERNEL_64)
        return error_set(e, ENOEXEC, "%s: it is a 64-bit kernel; the machine is IA-32", k->is->name);
    version[strcspn(version, " ")] = '\0';
    if (strstr(version, "pae"))
        return error_set(e, ENOEXEC, "%s: this kernel (%s) needs PAE, which the CPU has not; take one for the 686 without it",
                         k->is->name, version);
    if (k->is->old_cpu)
        return error_set(e, ENOEXEC, "%s: this kernel needs a Pentium at least; the CPU is a 386", k->is->name);
    return 0;
}

/* From 2.10 on the header says where the kernel wants to run and how much memory it needs for that; later versions of 2 only add
 * fields. setup_sects 0 means 4, since the first kernels did not fill it in. */
static int check_header(struct kernel *k, struct error *e)
{
    const char *name = k->is->name;
    const unsigned version = (unsigned)field(k, VERSION, 2);
    if (version < VERSION_LEAST || version >= VERSION_END)
        return error_set(e, ENOEXEC, "%s: its boot protocol is %u.%02u; it must be 2.10 or a later one of 2", name, version >> 8,
                         version & 0xff);
    if (k->is->size < HEADER_END)
        return error_set(e, ENOEXEC, "%s: this bzImage is cut off in its header", name);
    if (!(field(k, LOAD_FLAGS, 1) & LOADED_HIGH))
        return error_set(e, ENOEXEC, "%s: it is a zImage, which is loaded below 640 KiB; take a bzImage", name);
    const size_t sectors = (size_t)field(k, SETUP_SECTS, 1);
    k->setup = ((sectors ? sectors : 4) + 1) * SECTOR;
    if (k->setup >= k->is->size)
        return error_set(e, ENOEXEC, "%s: this bzImage is cut off: its first %zu bytes are not all there", name, k->setup);
    k->size = k->is->size - k->setup;
    if (k->size / PARAGRAPH + 1 < field(k, SYSSIZE, 4))
        return error_set(e, ENOEXEC, "%s: this bzImage is cut off: its header promises %llu bytes, and it has %zu", name,
                         (unsigned long long)(k->setup + field(k, SYSSIZE, 4) * PARAGRAPH), k->is->size);
    return 0;
}

/* Header and command line are as long as both sides have room for. */
static int check_texts(const struct kernel *k, struct error *e)
{
    const size_t length = k->is->append ? strlen(k->is->append) : 0;
    const uint64_t most = field(k, COMMAND_SIZE, 4) < COMMAND_ROOM - 1 ? field(k, COMMAND_SIZE, 4) : COMMAND_ROOM - 1;
    if (length > most)
        return error_set(e, E2BIG, "%s: its command line may have %llu characters, not %zu", k->is->name, (unsigned long long)most,
                         length);
    return 0;
}

/* All of it must fit before it moves and after. A start by the 32-bit protocol is at the load address, and code32_start is for the 16-bit
 * part alone; but one where there is no RAM is of no use to any loader, and the header is damaged. */
static int check_room(struct kernel *k, const struct phys *phys, struct error *e)
{
    const uint64_t preferred = field(k, PREFERRED, 8), init_size = field(k, INIT_SIZE, 4);
    if (preferred > UINT32_MAX)
        return error_set(e, ENOEXEC, "%s: it wants to run at 0x%llx; the machine's memory ends at 4 GiB", k->is->name,
                         (unsigned long long)preferred);
    const pa_t start = preferred > PC_HIGH ? preferred : PC_HIGH;
    k->end = start + init_size;
    if (k->end < PC_HIGH + k->size)
        k->end = PC_HIGH + k->size;
    if (k->end > pc_ram_end(phys))
        return error_set(e, ENOSPC, "%s: it needs RAM up to 0x%llx (%llu MiB), and RAM ends at %llu MiB%s", k->is->name,
                         (unsigned long long)k->end, (unsigned long long)((k->end + 0xfffff) >> 20),
                         (unsigned long long)(pc_ram_end(phys) >> 20), load_more(phys, k->end - 1));
    const pa_t code = field(k, CODE32_START, 4);
    if (!load_ram(phys, code))
        return error_set(e, ENOEXEC, "%s: its header's code32_start, 0x%llx, is not in RAM", k->is->name, (unsigned long long)code);
    return 0;
}

/* As high as the kernel allows. */
static int place_initrd(const struct kernel *k, const struct phys *phys, pa_t *at, struct error *e)
{
    const struct pc_image *i = k->is;
    const pa_t most = field(k, INITRD_MAX, 4) + 1;
    const pa_t end = most < pc_ram_end(phys) ? most : pc_ram_end(phys);
    *at = 0;
    if (!i->initrd)
        return 0;
    if (end < k->end || align_up(i->initrd_size, PAGE_SIZE) > end - align_up(k->end, PAGE_SIZE) || align_up(k->end, PAGE_SIZE) > end)
        return error_set(
            e, ENOSPC,
            "%s: it needs %zu bytes of RAM beside the kernel, which ends at 0x%llx, and there is no room for it below 0x%llx",
            i->initrd_name, i->initrd_size, (unsigned long long)k->end, (unsigned long long)end);
    *at = align_down(end - i->initrd_size, PAGE_SIZE);
    return 0;
}

/* --- what the kernel is told */

/* As the BIOS's function E820 would have said it, base, size and kind, and as the older one: KiB from 1 MiB on. */
static void tell_memory(uint8_t *p, const struct phys *phys)
{
    struct pc_memory m[PC_MEMORY_RANGES];
    const unsigned count = pc_memory(phys, m);
    p[E820_COUNT] = (uint8_t)count;
    for (unsigned n = 0; n < count; n++) {
        uint8_t *entry = p + E820_TABLE + n * E820_ENTRY;
        pc_put(entry, 8, m[n].base);
        pc_put(entry + 8, 8, m[n].size);
        pc_put(entry + 16, 4, E820_RAM);
    }
    pc_put(p + MEMORY_KIB, 4, (pc_ram_end(phys) - PC_HIGH) >> 10);
}

/* 80x25 in colour, on a VGA. */
static void tell_screen(uint8_t *p)
{
    p[VIDEO_MODE] = 3;
    p[VIDEO_COLUMNS] = 80;
    p[VIDEO_LINES] = 25;
    p[VIDEO_IS_VGA] = 1;
    p[VIDEO_POINTS] = 16;
}

/* The kernel's own header goes into the parameters as it is, and what only a loader knows is filled in. The two
 * descriptors are flat segments of 4 GiB at the selectors that the protocol asks for, 0x10 and 0x18. */
static void tell(const struct kernel *k, const struct phys *phys, pa_t initrd, uint8_t *p)
{
    static const uint64_t descriptors[DESCRIPTORS] = {0, 0, UINT64_C(0x00cf9b000000ffff), UINT64_C(0x00cf93000000ffff)};
    const struct pc_image *i = k->is;
    size_t end = MAGIC + i->data[JUMP_LENGTH];
    end = end > PARAMETERS_HEADER_END ? PARAMETERS_HEADER_END : end;
    memcpy(p + SETUP_SECTS, i->data + SETUP_SECTS, end - SETUP_SECTS);
    tell_memory(p, phys);
    tell_screen(p);
    p[LOADER_TYPE] = OTHER_LOADER;
    pc_put(p + RAMDISK, 4, initrd);
    pc_put(p + RAMDISK_SIZE, 4, i->initrd ? i->initrd_size : 0);
    pc_put(p + COMMAND_LINE, 4, COMMAND);
    for (unsigned n = 0; n < DESCRIPTORS; n++)
        pc_put(p + (TABLE - PC_PARAMETERS) + 8 * n, 8, descriptors[n]);
    if (i->append)
        strcpy((char *)p + (COMMAND - PC_PARAMETERS), i->append);
}

static int put_all(struct phys *phys, const struct kernel *k, pa_t initrd, struct error *e)
{
    const struct pc_image *i = k->is;
    uint8_t *p = calloc(1, PC_PARAMETERS_SIZE);
    if (!p)
        return error_set(e, ENOMEM, "there is not enough memory");
    tell(k, phys, initrd, p);
    int r = load_bytes(phys, i->name, p, PC_PARAMETERS_SIZE, PC_PARAMETERS, e);
    free(p);
    if (!r)
        r = load_bytes(phys, i->name, i->data + k->setup, k->size, PC_HIGH, e);
    if (!r && i->initrd)
        r = load_bytes(phys, i->initrd_name, i->initrd, i->initrd_size, initrd, e);
    return r;
}

int load_bzimage(struct phys *phys, const struct pc_image *image, struct pc_entry *entry, struct loaded *out, struct error *e)
{
    struct kernel k = {.is = image};
    pa_t initrd = 0;
    int r = check_header(&k, e);
    if (!r)
        r = check_cpu(&k, e);
    if (!r)
        r = check_texts(&k, e);
    if (!r)
        r = check_room(&k, phys, e);
    if (!r)
        r = place_initrd(&k, phys, &initrd, e);
    if (!r)
        r = put_all(phys, &k, initrd, e);
    if (r)
        return r;
    *out = (struct loaded){.kind = LOADED_LINUX_IMAGE, .bits = 32, .entry = PC_HIGH, .start = PC_HIGH, .end = k.end};
    *entry = (struct pc_entry){
        .entry = PC_HIGH, .code = BOOT_CS, .data = BOOT_DS, .table = TABLE, .table_limit = 8 * DESCRIPTORS - 1, .esi = PC_PARAMETERS};
    return 0;
}
