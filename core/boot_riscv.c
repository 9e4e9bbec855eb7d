/* boot_riscv.c - places firmware, kernel, initrd and device tree, and leaves the machine before its first instruction. */
#include "core/boot.h"

#include "devices/virt.h"
#include "isa/riscv.h"

#include <errno.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)VIRT_LINE_MSI == RV_IRQ_MSI && (int)VIRT_LINE_MTI == RV_IRQ_MTI && (int)VIRT_LINE_SEI == RV_IRQ_SEI &&
                   (int)VIRT_LINE_MEI == RV_IRQ_MEI,
               "the board drives the hart's inputs");

enum {
    ELF_RISCV = 243,
    FIRMWARE_ROOM = 2 << 20, /* at least this much of RAM is the firmware's: it does not say how much it uses */
    TREE_SLACK = 64 << 10,   /* firmware and boot loaders add nodes in place */
    TREE_ALIGN = 2 << 20,
    SPANS = 8,
};

/* Bytes of RAM that are taken.
 * What lies where, of 128 MiB with the built-in firmware, from the bottom of RAM up:
 *
 *    80000000   nothing: the room that firmware in memory would have (FIRMWARE_ROOM)
 *    80200000   the kernel, as long as its header or its segments say, zeros included
 *       ...     free
 *    87......   the initrd, from a page's beginning on: above the tree where it fits, else below
 *    87e00000   the device tree, at a multiple of 2 MiB, with room to grow
 *
 * Tree first, then initrd, each at the highest place that nobody has: kernels map what is low first, and must not
 * run over it. */
struct span {
    pa_t start, end;
    const char *what;
};

struct layout {
    struct system *system;
    struct phys *phys;
    pa_t ram, ram_end;
    struct span span[SPANS];
    unsigned spans;
};

/* OpenSBI's info block for fw_dynamic, version 2 [OpenSBI docs/firmware/fw_dynamic.md]. */
struct dynamic_info {
    uint64_t magic, version, next_addr, next_mode, options, boot_hart;
};

/* Half-open ranges: two that touch do not overlap. */
static const struct span *layout_clash(const struct layout *l, pa_t start, pa_t end)
{
    for (unsigned i = 0; i < l->spans; i++)
        if (start < l->span[i].end && l->span[i].start < end)
            return &l->span[i];
    return NULL;
}

static int layout_take(struct layout *l, const char *what, pa_t start, pa_t end, struct error *e)
{
    const struct span *s = layout_clash(l, start, end);
    if (s)
        return error_set(e, EEXIST, "%s (0x%llx to 0x%llx) lies over %s (0x%llx to 0x%llx)", what, (unsigned long long)start,
                         (unsigned long long)(end - 1), s->what, (unsigned long long)s->start, (unsigned long long)(s->end - 1));
    l->span[l->spans++] = (struct span){start, end, what};
    return 0;
}

/* The highest aligned place for `size` bytes.
 * From the top down: where a place is taken, the next one to try ends where the one that is in the way begins. */
static bool layout_highest(const struct layout *l, uint64_t size, uint64_t align, pa_t *at)
{
    pa_t end = l->ram_end;
    for (;;) {
        if (size > end - l->ram)
            return false;
        pa_t start = align_down(end - size, align);
        if (start < l->ram || start > end)
            return false;
        const struct span *s = layout_clash(l, start, start + size);
        if (!s) {
            *at = start;
            return true;
        }
        if (s->start < l->ram)
            return false;
        end = s->start;
    }
}

/* A tree at 2 MiB is a wish, for kernels that map it with one large page; where RAM is small any page will do. */
static int layout_place(struct layout *l, const char *what, uint64_t size, uint64_t align, pa_t *at, struct error *e)
{
    if (!layout_highest(l, size, align, at) && !layout_highest(l, size, PAGE_SIZE, at))
        return error_set(e, ENOSPC, "%s: it needs %llu bytes of RAM beside the kernel and there is no room for it (RAM has %llu KiB)",
                         what, (unsigned long long)size, (unsigned long long)((l->ram_end - l->ram) >> 10));
    return layout_take(l, what, *at, *at + size, e);
}

static int layout_init(struct layout *l, struct system *s, struct error *e)
{
    const struct phys_range *r = phys_find(s->machine->phys, VIRT_RAM);
    if (!r || !r->ram)
        return error_set(e, EINVAL, "the machine has no RAM at 0x%llx", (unsigned long long)VIRT_RAM);
    *l = (struct layout){.system = s, .phys = s->machine->phys, .ram = r->base, .ram_end = r->base + r->size};
    return 0;
}

/* --- kernel and firmware */

struct image {
    const char *name;
    const uint8_t *data;
    uint8_t *owned; /* NULL: data is borrowed */
    size_t size;
};

static int image_read(struct image *i, const char *path, struct error *e)
{
    int r = load_file(path, &i->owned, &i->size, e);
    if (r)
        return r;
    i->name = path;
    i->data = i->owned;
    return 0;
}

static int image_load(struct layout *l, const struct image *i, pa_t where, struct loaded *out, struct error *e)
{
    int r = load_image(l->phys, i->name, i->data, i->size, where, ELF_RISCV, out, e);
    if (r == 0 && out->bits == 32)
        r = error_set(e, ENOEXEC, "%s: this is a 32-bit program; the machine is RV64", i->name);
    return r;
}

static int load_kernel(struct layout *l, const struct image *kernel, pa_t where, struct loaded *out, struct error *e)
{
    int r = image_load(l, kernel, where, out, e);
    return r ? r : layout_take(l, kernel->name, out->start, out->end, e);
}

/* It does not say how much RAM it works in, so that it gets FIRMWARE_ROOM from its start, and the kernel lies
 * above. */
static int load_firmware(struct layout *l, const char *path, struct loaded *out, struct error *e)
{
    struct image i = {0};
    int r = image_read(&i, path, e);
    if (r)
        return r;
    r = image_load(l, &i, l->ram, out, e);
    free(i.owned);
    if (r)
        return r;
    if (out->end < out->start + FIRMWARE_ROOM)
        out->end = out->start + FIRMWARE_ROOM;
    return layout_take(l, path, out->start, out->end, e);
}

/* --- device tree */

/* A tree from a file, with room for what the command line adds. */
static int tree_read(const char *path, uint8_t **out, size_t *size, struct error *e)
{
    uint8_t *file, *tree;
    size_t n;
    int r = load_file(path, &file, &n, e);
    if (r)
        return r;
    if (n > 2 << 20 || fdt_check_full(file, n) != 0) {
        free(file);
        return error_set(e, EINVAL, "%s: it is not a device tree blob, or a damaged one", path);
    }
    tree = malloc(n + TREE_SLACK);
    if (!tree || fdt_open_into(file, tree, (int)n + TREE_SLACK) != 0) {
        free(tree);
        free(file);
        return error_set(e, ENOMEM, "%s: there is not enough memory for it", path);
    }
    free(file);
    *out = tree;
    *size = n + TREE_SLACK;
    return 0;
}

/* Kernels read three things of /chosen: bootargs, and where the initrd begins and ends. A tree without the node
 * gets one. */
static int tree_chosen(void *tree, const char *append, pa_t initrd, pa_t initrd_end)
{
    int chosen = fdt_path_offset(tree, "/chosen");
    if (chosen < 0)
        chosen = fdt_add_subnode(tree, 0, "chosen");
    if (chosen < 0)
        return chosen;
    int r = append ? fdt_setprop(tree, chosen, "bootargs", append, (int)strlen(append) + 1) : 0;
    if (r == 0 && initrd != initrd_end) {
        r = fdt_setprop_u64(tree, chosen, "linux,initrd-start", initrd);
        if (r == 0)
            r = fdt_setprop_u64(tree, chosen, "linux,initrd-end", initrd_end);
    }
    return r;
}

/* The board's tree, or the given one with /chosen completed; *size may shrink to what is in use. */
static int tree_make(const struct layout *l, const struct boot_config *c, pa_t initrd, pa_t initrd_end, uint8_t **out, size_t *size,
                     struct error *e)
{
    int r;
    if (!c->dtb) {
        r = board_tables(l->system->board, &(struct board_start){c->append, initrd, initrd_end}, out, size);
        return r ? error_set(e, -r, "the device tree cannot be made: %s", strerror(-r)) : 0;
    }
    r = tree_read(c->dtb, out, size, e);
    if (r)
        return r;
    if (tree_chosen(*out, c->append, initrd, initrd_end) != 0 || fdt_pack(*out) != 0) {
        free(*out);
        return error_set(e, EINVAL, "%s: its node /chosen cannot be completed", c->dtb);
    }
    *size = fdt_totalsize(*out);
    return 0;
}

/* Places tree and initrd. The tree names the initrd's place, and its size does not depend on where that is (TREE_SLACK
 * covers the cells), so it is made twice: once to be measured.
 * The two depend on each other: the tree says where the initrd is, and the initrd lies beside the tree. */
static int load_tree_and_initrd(struct layout *l, const struct boot_config *c, struct booted *out, struct error *e)
{
    struct image initrd = {0};
    uint8_t *tree;
    size_t size;
    int r = tree_make(l, c, l->ram, l->ram_end, &tree, &size, e);
    if (r)
        return r;
    free(tree);
    r = layout_place(l, "the device tree", size + TREE_SLACK, TREE_ALIGN, &out->device_tree, e);
    pa_t at = 0;
    if (r == 0 && c->initrd) {
        r = image_read(&initrd, c->initrd, e);
        if (r == 0)
            r = layout_place(l, c->initrd, initrd.size, PAGE_SIZE, &at, e);
        if (r == 0)
            r = load_bytes(l->phys, c->initrd, initrd.data, initrd.size, at, e);
        free(initrd.owned);
    }
    if (r == 0)
        r = tree_make(l, c, at, at + initrd.size, &tree, &size, e);
    if (r)
        return r;
    r = load_bytes(l->phys, "the device tree", tree, size, out->device_tree, e);
    free(tree);
    return r;
}

/* --- the three ways to start */

/* What firmware and kernels find: a0 the number of the hart, a1 the device tree, a2 the info block of OpenSBI's
 * fw_dynamic, or nothing. */
static void start_machine_mode(struct system *s, pa_t pc, pa_t device_tree, pa_t info)
{
    struct machine *m = s->machine;
    machine_set(m, RV_X + 10, machine_get(m, RV_CSR + CSR_mhartid));
    machine_set(m, RV_X + 11, device_tree);
    machine_set(m, RV_X + 12, info);
    machine_set(m, MACHINE_PC, pc);
}

static int load_info(struct layout *l, const struct loaded *kernel, pa_t *at, struct error *e)
{
    struct dynamic_info info = {
        .magic = 0x4942534f, /* "OSBI" */
        .version = 2,
        .next_addr = kernel->entry,
        .next_mode = RV_S,
        .boot_hart = machine_get(l->system->machine, RV_CSR + CSR_mhartid),
    };
    int r = layout_place(l, "the firmware's info block", sizeof info, PAGE_SIZE, at, e);
    return r ? r : load_bytes(l->phys, "the firmware's info block", (const uint8_t *)&info, sizeof info, *at, e);
}

/* The file is started in M-mode and starts the kernel itself. Without a kernel entry is 0, and what the firmware
 * then does is its affair. */
static int boot_under_file(struct layout *l, const struct boot_config *c, const struct image *kernel, struct booted *out,
                           struct error *e)
{
    struct loaded firmware;
    pa_t info = 0;
    int r = load_firmware(l, c->bios, &firmware, e);
    if (r == 0 && kernel->data)
        r = load_kernel(l, kernel, align_up(firmware.end, 2 << 20), &out->kernel, e);
    if (r == 0)
        r = load_tree_and_initrd(l, c, out, e);
    if (r == 0)
        r = load_info(l, &out->kernel, &info, e);
    if (r == 0)
        start_machine_mode(l->system, firmware.entry, out->device_tree, info);
    return r;
}

static int boot_alone(struct layout *l, const struct boot_config *c, const struct image *kernel, struct booted *out, struct error *e)
{
    int r = load_kernel(l, kernel, l->ram, &out->kernel, e);
    if (r == 0)
        r = load_tree_and_initrd(l, c, out, e);
    if (r == 0)
        start_machine_mode(l->system, out->kernel.entry, out->device_tree, 0);
    return r;
}

static int boot_under_builtin(struct layout *l, const struct boot_config *c, const struct image *kernel, struct booted *out,
                              struct error *e)
{
    int r = load_kernel(l, kernel, l->ram + FIRMWARE_ROOM, &out->kernel, e);
    if (r == 0)
        r = load_tree_and_initrd(l, c, out, e);
    if (r == 0 && (r = system_use_firmware(l->system, out->kernel.entry, out->device_tree)) != 0)
        error_set(e, -r, "there is not enough memory for the built-in firmware");
    return r;
}

/* When nothing is said: a program with the word tohost is a test that wants the bare hart, anything else a kernel
 * that wants firmware. */
static bool is_builtin(const struct boot_config *c, const struct image *kernel)
{
    if (!c->bios)
        return !load_wants_htif(kernel->data, kernel->size);
    return strcmp(c->bios, "builtin") == 0;
}

static int boot_image(struct layout *l, const struct boot_config *c, const struct image *kernel, struct booted *out, struct error *e)
{
    if (c->bios && strcmp(c->bios, "builtin") != 0 && strcmp(c->bios, "none") != 0)
        return boot_under_file(l, c, kernel, out, e);
    if (!kernel->data)
        return error_set(e, EINVAL, "there is no kernel to start");
    return is_builtin(c, kernel) ? boot_under_builtin(l, c, kernel, out, e) : boot_alone(l, c, kernel, out, e);
}

int boot_system(struct system *s, const struct boot_config *c, struct booted *out, struct error *e)
{
    struct layout l;
    struct image kernel = {.name = c->kernel ? c->kernel : "the embedded guest", .data = c->kernel_data, .size = c->kernel_size};
    *out = (struct booted){0};
    int r = layout_init(&l, s, e);
    if (r == 0 && c->kernel && !c->kernel_data)
        r = image_read(&kernel, c->kernel, e);
    if (r == 0)
        r = boot_image(&l, c, &kernel, out, e);
    free(kernel.owned);
    if (r == 0 && out->kernel.tohost && (r = system_use_htif(s, out->kernel.tohost, out->kernel.fromhost)) != 0)
        error_set(e, -r,
                  r == -ENOTSUP ? "%s: it has tohost, and the machine has no triggers to watch that with"
                                : "%s: there is not enough memory for HTIF",
                  kernel.name);
    return r;
}
