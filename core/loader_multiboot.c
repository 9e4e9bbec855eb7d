/* loader_multiboot.c - kernels with a multiboot header: an ELF file, or what the header's own addresses say. The kernel finds an information structure
 * in low memory, and its entry with flat segments 8 and 16, of which there is no table any more [multiboot 3.2].
 */
#include "core/loader_pc.h"
#include "core/loader_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEARCHED = 8192, MAGIC = 0x1badb002, FOUND = 0x2badb002, ELF_386 = 3, CLASS_64 = 2 };
enum { MODULES_IN_PAGES = 1, WANTS_MEMORY = 2, WANTS_VIDEO = 4, HAS_ADDRESSES = 0x10000, REQUIRED = 0xffff };
/* Of the header, in bytes [multiboot 3.1.1]. */
enum {
    FLAGS = 4,
    CHECKSUM = 8,
    HEADER_ADDRESS = 12,
    LOAD_ADDRESS = 16,
    LOAD_END = 20,
    BSS_END = 24,
    ENTRY = 28,
    HEADER = 12,
    HEADER_ADDRESSES = 32
};
/* Of the information structure [multiboot 3.3]. */
enum { HAS_MEMORY = 1, HAS_COMMAND = 4, HAS_MODULES = 8, HAS_MAP = 0x40, HAS_NAME = 0x200 };
enum {
    MEMORY_LOW = 4,
    MEMORY_HIGH = 8,
    COMMAND = 16,
    MODULES = 20,
    MODULE_TABLE = 24,
    MAP_SIZE = 44,
    MAP = 48,
    NAME = 64,
    INFO_SIZE = 128
};
enum { MAP_ENTRY = 24, MAP_RAM = 1, MODULE_ENTRY = 16, CODE = 8, DATA = 16 };

/* The header, of 12 bytes or 32, somewhere in the first 8 KiB at a multiple of four:
 *
 *     0  1badb002      4  flags      8  checksum: the three come to 0
 *    12  header_addr  16  load_addr 20  load_end_addr  24  bss_end_addr  28  entry_addr      with bit 16 of flags
 *
 * The addresses are physical: the file's byte at `header` goes to header_addr, and from that follows which byte
 * goes to load_addr. */
struct kernel {
    const struct pc_image *is;
    size_t header; /* where it is in the file */
    uint32_t flags;
};

static uint32_t word(const struct kernel *k, unsigned at) { return (uint32_t)pc_get(k->is->data + k->header + at, 4); }

/* false: there is no header whose sum is right.
 * The magic number alone may stand in code by chance; with the sum it does not. */
static bool find_header(struct kernel *k)
{
    const size_t most = k->is->size < SEARCHED ? k->is->size : SEARCHED;
    for (k->header = 0; k->header + HEADER <= most; k->header += 4) {
        k->flags = word(k, FLAGS);
        if (word(k, 0) == MAGIC && (uint32_t)(MAGIC + k->flags + word(k, CHECKSUM)) == 0)
            return true;
    }
    return false;
}

/* --- the kernel itself */

/* What the header's addresses say, checked [multiboot 3.1.3]. */
struct extent {
    pa_t load, load_end, bss_end, entry;
    size_t offset; /* in the file, of what goes to `load` */
};

static int ends_early(const struct kernel *k, const char *what, pa_t begin, pa_t end, struct error *e)
{
    if (end >= begin)
        return 0;
    return error_set(e, ENOEXEC, "%s: its multiboot header says that %s ends (0x%llx) before it begins (0x%llx)", k->is->name, what,
                     (unsigned long long)end, (unsigned long long)begin);
}

/* The header lies in what is loaded, as far from its beginning as the two addresses say, and so much of the file is before it. */
static int check_distance(const struct kernel *k, pa_t load, pa_t header, struct error *e)
{
    const bool below = header < load;
    if (!below && header - load <= k->header)
        return 0;
    return error_set(e, ENOEXEC, "%s: its multiboot header's header_addr, 0x%llx, is %s load_addr, 0x%llx%s", k->is->name,
                     (unsigned long long)header, below ? "below" : "further from", (unsigned long long)load,
                     below ? "" : ", than the header is from the file's beginning");
}

/* load_end 0: to the end of the file; bss_end 0: there are no zeros. All of it comes from a file that anybody may
 * have made. */
static int check_addresses(const struct kernel *k, struct extent *x, struct error *e)
{
    const char *name = k->is->name;
    if (k->is->size - k->header < HEADER_ADDRESSES)
        return error_set(e, ENOEXEC, "%s: its multiboot header is cut off", name);
    const pa_t header = word(k, HEADER_ADDRESS);
    *x = (struct extent){
        .load = word(k, LOAD_ADDRESS), .load_end = word(k, LOAD_END), .bss_end = word(k, BSS_END), .entry = word(k, ENTRY)};
    int r = check_distance(k, x->load, header, e);
    if (r)
        return r;
    x->offset = k->header - (size_t)(header - x->load);
    const uint64_t there = k->is->size - x->offset;
    if (!x->load_end)
        x->load_end = x->load + there;
    r = ends_early(k, "what is loaded", x->load, x->load_end, e);
    if (r)
        return r;
    if (x->load_end - x->load > there)
        return error_set(e, ENOEXEC, "%s: its multiboot header says that it is loaded up to 0x%llx, which is more than the file has",
                         name, (unsigned long long)x->load_end);
    if (!x->bss_end)
        x->bss_end = x->load_end;
    r = ends_early(k, "what is zeroed", x->load_end, x->bss_end, e);
    if (r)
        return r;
    if (x->entry < x->load || x->entry >= x->bss_end)
        return error_set(e, ENOEXEC, "%s: the entry of its multiboot header, 0x%llx, is not in what is loaded", name,
                         (unsigned long long)x->entry);
    return 0;
}

static int load_addresses(struct phys *phys, const struct kernel *k, struct loaded *out, struct error *e)
{
    struct extent x = {0};
    int r = check_addresses(k, &x, e);
    if (r)
        return r;
    if (!load_fits(phys, k->is->name, x.load, x.bss_end - x.load, e))
        return -ENOSPC;
    uint8_t *to = phys_host(phys, x.load, x.bss_end - x.load);
    memcpy(to, k->is->data + x.offset, x.load_end - x.load);
    memset(to + (x.load_end - x.load), 0, x.bss_end - x.load_end);
    phys_written(phys, x.load, x.bss_end - x.load);
    *out = (struct loaded){.kind = LOADED_RAW, .bits = 32, .entry = x.entry, .start = x.load, .end = x.bss_end};
    return 0;
}

static bool is_elf(const struct kernel *k)
{
    return k->is->size >= 5 && memcmp(k->is->data,
                                      "\x7f"
                                      "ELF",
                                      4) == 0;
}

/* A file without a header may be no kernel at all, or one that is to be unpacked. */
static int check_kind(struct kernel *k, struct error *e)
{
    const struct pc_image *i = k->is;
    if (is_elf(k) && i->data[4] == CLASS_64)
        return error_set(e, ENOEXEC, "%s: it is a 64-bit program; the machine is IA-32", i->name);
    if (find_header(k))
        return 0;
    int r = load_refuse_packed(i->name, i->data, i->size, e);
    return r ? r : error_set(e, ENOEXEC, "%s: it is neither a bzImage nor a kernel with a multiboot header", i->name);
}

static int check_flags(const struct kernel *k, struct error *e)
{
    const uint32_t unknown = k->flags & REQUIRED & ~(uint32_t)(MODULES_IN_PAGES | WANTS_MEMORY | WANTS_VIDEO);
    if (unknown)
        return error_set(e, ENOEXEC, "%s: its multiboot header demands what is not known here (flags 0x%x)", k->is->name, unknown);
    if (!is_elf(k) && !(k->flags & HAS_ADDRESSES))
        return error_set(e, ENOEXEC, "%s: its multiboot header has no addresses, and it is no ELF file", k->is->name);
    return 0;
}

static int load_kernel(struct phys *phys, const struct kernel *k, struct loaded *out, struct error *e)
{
    if (k->flags & HAS_ADDRESSES)
        return load_addresses(phys, k, out, e);
    return load_image(phys, k->is->name, k->is->data, k->is->size, 0, ELF_386, out, e);
}

/* --- what it is told */

/* What grows behind the information structure; `at` is where it will be in memory.
 * From 0x10000 on, in one piece that is made in the host and then copied:
 *
 *      0  what is there (HAS_*)      16  command line      44  length, 48 address of the memory map
 *      4  KiB below 640 KiB          20  modules: number   64  the loader's name
 *      8  KiB from 1 MiB on          24  and their table
 *    128  the memory map, the name, the module's entry and name, the command line
 */
struct writer {
    uint8_t *bytes;
    size_t used;
};

static uint32_t here(const struct writer *w) { return PC_PARAMETERS + (uint32_t)w->used; }

static uint32_t add_text(struct writer *w, const char *first, const char *second)
{
    const uint32_t at = here(w);
    char *text = (char *)w->bytes + w->used;
    const size_t room = PC_PARAMETERS_SIZE - w->used;
    snprintf(text, room, "%s%s%s", first, second ? " " : "", second ? second : "");
    w->used = align_up(w->used + strlen(text) + 1, 8);
    return at;
}

/* An entry's first word is its length without that word: 20, which lets kernels step over what they do not know. */
static void add_map(struct writer *w, const struct phys *phys)
{
    struct pc_memory m[PC_MEMORY_RANGES];
    const unsigned count = pc_memory(phys, m);
    pc_put(w->bytes + MAP, 4, here(w));
    pc_put(w->bytes + MAP_SIZE, 4, count * MAP_ENTRY);
    for (unsigned n = 0; n < count; n++, w->used += MAP_ENTRY) {
        uint8_t *entry = w->bytes + w->used;
        pc_put(entry, 4, MAP_ENTRY - 4);
        pc_put(entry + 4, 8, m[n].base);
        pc_put(entry + 12, 8, m[n].size);
        pc_put(entry + 20, 4, MAP_RAM);
    }
    pc_put(w->bytes + MEMORY_LOW, 4, PC_LOW_END >> 10);
    pc_put(w->bytes + MEMORY_HIGH, 4, (pc_ram_end(phys) - PC_HIGH) >> 10);
}

static void add_module(struct writer *w, const struct pc_image *i, pa_t at)
{
    uint8_t *entry = w->bytes + w->used;
    pc_put(w->bytes + MODULES, 4, 1);
    pc_put(w->bytes + MODULE_TABLE, 4, here(w));
    pc_put(entry, 4, at);
    pc_put(entry + 4, 4, at + i->initrd_size);
    w->used += MODULE_ENTRY;
    pc_put(entry + 8, 4, add_text(w, i->initrd_name, NULL));
}

static int tell(struct phys *phys, const struct kernel *k, pa_t module, struct error *e)
{
    uint8_t *bytes = calloc(1, PC_PARAMETERS_SIZE);
    struct writer w = {.bytes = bytes, .used = INFO_SIZE};
    if (!bytes)
        return error_set(e, ENOMEM, "there is not enough memory");
    add_map(&w, phys);
    pc_put(bytes + NAME, 4, add_text(&w, "Trapeze", NULL));
    if (k->is->initrd)
        add_module(&w, k->is, module);
    pc_put(bytes + COMMAND, 4, add_text(&w, k->is->name, k->is->append));
    pc_put(bytes, 4, HAS_MEMORY | HAS_COMMAND | HAS_MAP | HAS_NAME | (k->is->initrd ? HAS_MODULES : 0));
    int r = load_bytes(phys, k->is->name, bytes, w.used, PC_PARAMETERS, e);
    free(bytes);
    return r;
}

/* The texts have room; the module lies right behind the kernel, in whole pages.
 * Texts are at most half of the room; the structure and the map need less than the other half. */
static int check_rest(const struct phys *phys, const struct kernel *k, const struct loaded *l, pa_t *module, struct error *e)
{
    const struct pc_image *i = k->is;
    const size_t texts = strlen(i->name) + (i->append ? strlen(i->append) : 0) + (i->initrd ? strlen(i->initrd_name) : 0);
    if (texts > PC_PARAMETERS_SIZE / 2)
        return error_set(e, E2BIG, "%s: its command line is too long", i->name);
    if (l->start < PC_PARAMETERS + PC_PARAMETERS_SIZE && l->end > PC_PARAMETERS)
        return error_set(e, EEXIST, "%s: it lies over 0x%x, where it is to be told what there is", i->name, PC_PARAMETERS);
    *module = align_up(l->end > PC_HIGH ? l->end : PC_HIGH, PAGE_SIZE);
    return !i->initrd || load_fits(phys, i->initrd_name, *module, i->initrd_size, e) ? 0 : -ENOSPC;
}

int load_multiboot(struct phys *phys, const struct pc_image *image, struct pc_entry *entry, struct loaded *out, struct error *e)
{
    struct kernel k = {.is = image};
    pa_t module = 0;
    int r = check_kind(&k, e);
    if (!r)
        r = check_flags(&k, e);
    if (!r)
        r = load_kernel(phys, &k, out, e);
    if (!r)
        r = check_rest(phys, &k, out, &module, e);
    if (!r)
        r = tell(phys, &k, module, e);
    if (!r && image->initrd)
        r = load_bytes(phys, image->initrd_name, image->initrd, image->initrd_size, module, e);
    if (!r)
        *entry = (struct pc_entry){.entry = out->entry, .code = CODE, .data = DATA, .eax = FOUND, .ebx = PC_PARAMETERS};
    return r;
}
