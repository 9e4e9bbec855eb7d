/* loader.c - files into memory: which format is it, does it fit, and only then copy.
 *
 * An image is loaded in two passes over the same segments: the first checks, the second writes, so that a malformed file
 * leaves memory as it was. ELF is read in loader_elf.c; here are files, raw images and the Linux Image, whose 64-byte header
 * [Linux Documentation/arch/riscv/boot-image-header.rst] is
 *
 *    0 code0, code1   8 text_offset   16 image_size   24 flags   32 version, 0   40 0   48 "RISCV\0\0\0"   56 "RSC\5"   60 0
 */
#define _GNU_SOURCE /* MADV_HUGEPAGE */
#include "core/loader_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { IMAGE_HEADER = 64, IMAGE_ALIGN = 2 << 20 };
static const uint64_t file_limit = UINT64_C(1) << 32; /* more is not an image for any machine of ours */

const struct phys_range *load_ram(const struct phys *phys, pa_t where)
{
    const struct phys_range *r = phys_find(phys, where);
    return r && r->ram && !phys_is_rom(r) ? r : NULL;
}

const char *load_more(const struct phys *phys, pa_t where)
{
    const struct phys_range *most = phys_main_ram(phys);
    if (phys_never_ram(phys, where))
        return " (this board never has RAM there)";
    return most && where >= most->base + most->size ? " (-m gives it more)" : "";
}

/* In one range: RAM may have holes, and a kernel does not expect them within itself. ROM is no place to load to. */
bool load_fits(const struct phys *phys, const char *name, pa_t where, uint64_t size, struct error *e)
{
    const struct phys_range *r = load_ram(phys, where);
    if (!r) {
        error_set(e, EFAULT, "%s: it is to be loaded at 0x%llx, where the machine has no RAM%s", name, (unsigned long long)where,
                  load_more(phys, where));
        return false;
    }
    if (size > r->size - (where - r->base)) {
        error_set(e, ENOSPC, "%s: it needs %llu bytes at 0x%llx, but RAM is 0x%llx to 0x%llx (%llu KiB)", name,
                  (unsigned long long)size, (unsigned long long)where, (unsigned long long)r->base,
                  (unsigned long long)(r->base + r->size - 1), (unsigned long long)(r->size >> 10));
        return false;
    }
    return true;
}

int load_bytes(struct phys *phys, const char *name, const uint8_t *data, size_t size, pa_t where, struct error *e)
{
    if (!load_fits(phys, name, where, size, e))
        return -ENOSPC;
    int r = phys_write(phys, where, data, size);
    return r ? error_set(e, -r, "%s: cannot be written to RAM at 0x%llx", name, (unsigned long long)where) : 0;
}

static uint64_t little(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = bytes; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

/* A file that is packed, or meant for another kind of loader, is better refused than run as raw code.
 * By their first bytes. Run as raw code, such a file ends in an illegal instruction and tells nobody why. */
int load_refuse_packed(const char *name, const uint8_t *d, size_t n, struct error *e)
{
    static const struct {
        const char *magic;
        unsigned length;
        const char *is;
    } packed[] = {
        {"\x1f\x8b", 2, "gzip-compressed; unpack it with gunzip first"},
        {"\xfd"
         "7zXZ",
         6, "xz-compressed; unpack it with unxz first"},
        {"\x28\xb5\x2f\xfd", 4, "zstd-compressed; unpack it with unzstd first"},
        {"BZh", 3, "bzip2-compressed; unpack it with bunzip2 first"},
        {"\x27\x05\x19\x56", 4, "a U-Boot uImage; take the kernel it was made from"},
        {"\xd0\x0d\xfe\xed", 4, "a flattened device tree or FIT image, not a kernel"},
    };
    for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++)
        if (n >= packed[i].length && memcmp(d, packed[i].magic, packed[i].length) == 0)
            return error_set(e, ENOEXEC, "%s: it is %s", name, packed[i].is);
    if (n >= 8 && memcmp(d, "MZ", 2) == 0 && memcmp(d + 4, "zimg", 4) == 0)
        return error_set(e, ENOEXEC, "%s: it is a compressed EFI image; take the plain Image", name);
    return 0;
}

/* text_offset counts from the start of RAM; further up only by whole 2 MiB, the kernel's large page. */
static pa_t image_address(const struct phys *phys, uint64_t text_offset, pa_t where)
{
    const struct phys_range *r = phys_find(phys, where);
    pa_t first = (r ? r->base : where) + text_offset;
    return where > first ? first + align_up(where - first, IMAGE_ALIGN) : first;
}

static int load_linux(struct phys *phys, const char *name, const uint8_t *d, size_t n, pa_t where, struct loaded *out, struct error *e)
{
    uint64_t text_offset = little(d + 8, 8), image_size = little(d + 16, 8), flags = little(d + 24, 8);
    if (flags & 1)
        return error_set(e, ENOEXEC, "%s: this Linux Image is big-endian; the machine is little-endian", name);
    if (text_offset > UINT64_C(1) << 40 || image_size > UINT64_C(1) << 40)
        return error_set(e, ENOEXEC, "%s: this Linux Image's header is damaged (text_offset 0x%llx, image_size 0x%llx)", name,
                         (unsigned long long)text_offset, (unsigned long long)image_size);
    if (image_size < n)
        image_size = n; /* kernels before 4.x left it 0 */
    pa_t at = image_address(phys, text_offset, where);
    if (!load_fits(phys, name, at, image_size, e))
        return -ENOSPC;
    *out = (struct loaded){.kind = LOADED_LINUX_IMAGE, .entry = at, .start = at, .end = at + image_size};
    return load_bytes(phys, name, d, n, at, e);
}

/* Nothing is known of it: it is entered at its first byte. */
static int load_raw(struct phys *phys, const char *name, const uint8_t *d, size_t n, pa_t where, struct loaded *out, struct error *e)
{
    int r = load_bytes(phys, name, d, n, where, e);
    if (r == 0)
        *out = (struct loaded){.kind = LOADED_RAW, .entry = where, .start = where, .end = where + n};
    return r;
}

/*T:110 A file becomes memory. From here on nobody knows whether the machine it was loaded into is bare or virtual: what the loader has
 * is a physical address space, and a VM has one, too. :*/
int load_image(struct phys *phys, const char *name, const uint8_t *data, size_t size, pa_t where, unsigned machine_type,
               struct loaded *out, struct error *e)
{
    if (size == 0)
        return error_set(e, ENOEXEC, "%s: the file is empty", name);
    if (size >= 4 && memcmp(data,
                            "\x7f"
                            "ELF",
                            4) == 0)
        return load_elf(phys, name, data, size, machine_type, out, e);
    int r = load_refuse_packed(name, data, size, e);
    if (r)
        return r;
    bool old_magic = size >= 56 && memcmp(data + 48, "RISCV\0\0", 8) == 0;
    bool magic = size >= IMAGE_HEADER && memcmp(data + 56, "RSC\5", 4) == 0;
    if (magic)
        return load_linux(phys, name, data, size, where, out, e);
    if (old_magic)
        return error_set(e, ENOEXEC, "%s: this Linux Image's header is damaged or cut off", name);
    return load_raw(phys, name, data, size, where, out, e);
}

/* Room for a file; for a large one in large pages of the host, where it has them: the file passes through it once. */
static uint8_t *file_room(size_t size)
{
    enum { LARGE = 2 << 20 };
    uint8_t *d = malloc(size);
    uintptr_t first = align_up((uintptr_t)d, LARGE), end = align_down((uintptr_t)d + size, LARGE);
    if (d && first < end)
        (void)madvise((void *)first, end - first, MADV_HUGEPAGE);
    return d;
}

/* Reads until the end; the size may be unknown (a pipe).
 * One byte more than is expected is asked for, so that a file that has grown meanwhile is not cut off. */
static int read_all(int fd, const char *path, size_t expected, uint8_t **data, size_t *size, struct error *e)
{
    size_t room = expected + 1, n = 0;
    uint8_t *d = file_room(room);
    for (;;) {
        if (!d)
            return error_set(e, ENOMEM, "%s: there is not enough memory to read it", path);
        ssize_t got = read(fd, d + n, room - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || n > file_limit) {
            int code = got < 0 ? errno : EFBIG;
            free(d);
            return error_set(e, code, "%s: cannot be read: %s", path, strerror(code));
        }
        if (got == 0)
            break;
        n += (size_t)got;
        if (n == room) {
            uint8_t *more = realloc(d, room *= 2);
            if (!more)
                free(d);
            d = more;
        }
    }
    *data = d;
    *size = n;
    return 0;
}

/* Devices are refused by name: reading a terminal would wait, and /dev/zero does not end. */
int load_file(const char *path, uint8_t **data, size_t *size, struct error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0) {
        int code = errno;
        if (fd >= 0)
            close(fd);
        return error_set(e, code, "%s: cannot be opened: %s", path, strerror(code));
    }
    int r;
    uint8_t *d = NULL;
    if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
        r = error_set(e, EINVAL, "%s: it is %s, not a file", path, S_ISDIR(st.st_mode) ? "a directory" : "a device");
    else if ((uint64_t)st.st_size > file_limit)
        r = error_set(e, EFBIG, "%s: it is too large (%lld bytes)", path, (long long)st.st_size);
    else
        r = read_all(fd, path, S_ISREG(st.st_mode) ? (size_t)st.st_size : 0xffff, &d, size, e);
    close(fd);
    if (r == 0 && *size == 0)
        r = error_set(e, EINVAL, "%s: the file is empty", path);
    if (r)
        free(d);
    else
        *data = d;
    return r;
}

int load_file_at(struct phys *phys, const char *path, pa_t where, size_t *size, struct error *e)
{
    uint8_t *data;
    int r = load_file(path, &data, size, e);
    if (r)
        return r;
    r = load_bytes(phys, path, data, *size, where, e);
    free(data);
    return r;
}
