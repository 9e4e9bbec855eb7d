/* fuzz_loader_pc.c - any bytes at all, as bzImage or multiboot kernel: loaded within RAM, or refused with a sentence; never a byte of ROM is changed.
 *
 * The first byte says what the rest is: the file itself, or (bit 7) changes to a sound bzImage (bit 6: multiboot kernel), three bytes each: offset,
 * two bytes of value.
 */
#include "core/loader_pc.h"

#include <stdlib.h>
#include <string.h>

enum { RAM_SIZE = 4 << 20, FILE_SIZE = 4096, HEADER = 0x400 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool held)
{
    if (!held)
        abort();
}

static void sound_bzimage(uint8_t *f)
{
    pc_put(f + 0x1f1, 1, 1);
    pc_put(f + 0x1fe, 2, 0xaa55);
    pc_put(f + 0x201, 1, 0x6a);
    memcpy(f + 0x202, "HdrS", 4);
    pc_put(f + 0x206, 2, 0x20f);
    pc_put(f + 0x20e, 2, 0x80);
    pc_put(f + 0x211, 1, 1);
    pc_put(f + 0x22c, 4, 0x7fffffff);
    pc_put(f + 0x238, 4, 255);
    pc_put(f + 0x258, 8, 0x100000);
    pc_put(f + 0x260, 4, 0x100000);
}

static void sound_multiboot(uint8_t *f)
{
    pc_put(f + HEADER, 4, 0x1badb002);
    pc_put(f + HEADER + 4, 4, 0x10003);
    pc_put(f + HEADER + 8, 4, (uint32_t) - (0x1badb002 + 0x10003));
    pc_put(f + HEADER + 12, 4, 0x100000 + HEADER);
    pc_put(f + HEADER + 16, 4, 0x100000);
    pc_put(f + HEADER + 24, 4, 0x110000);
    pc_put(f + HEADER + 28, 4, 0x100020);
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

static void load(const uint8_t *file, size_t size)
{
    static const uint8_t initrd[3000] = {1};
    struct ram *ram = NULL;
    struct phys *phys = NULL;
    struct loaded l = {0};
    struct pc_entry entry = {0};
    struct error e = {""};
    const struct pc_image image = {.name = "input",
                                   .data = file,
                                   .size = size,
                                   .append = "words",
                                   .initrd_name = "input",
                                   .initrd = initrd,
                                   .initrd_size = sizeof initrd};
    demand(ram_create(&ram, RAM_SIZE) == 0);
    demand(phys_create(&phys) == 0);
    demand(phys_add_ram(phys, "ram", 0, RAM_SIZE, ram, 0) == 0);
    demand(phys_add_rom(phys, "rom", 0xc0000, 0x40000, ram, 0xc0000) == 0);
    const int r = is_bzimage(file, size) ? load_bzimage(phys, &image, &entry, &l, &e) : load_multiboot(phys, &image, &entry, &l, &e);
    if (r == 0)
        demand(l.start < l.end && l.end <= RAM_SIZE && entry.entry >= l.start && entry.entry < l.end);
    else
        demand(strncmp(e.text, "input: ", 7) == 0 && !strchr(e.text, '\n'));
    demand(is_zero(ram_host(ram) + 0xc0000, 0x40000));
    phys_destroy(phys);
    ram_destroy(ram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    uint8_t *exact = malloc(size > FILE_SIZE ? size : FILE_SIZE); /* so that a sanitizer sees any read beyond the end */
    demand(exact != NULL);
    if (!(data[0] & 0x80)) {
        uint8_t *whole = realloc(exact, size);
        demand(whole != NULL);
        memcpy(whole, data + 1, size - 1);
        load(whole, size - 1);
        free(whole);
        return 0;
    }
    memset(exact, 0, FILE_SIZE);
    const bool multiboot = data[0] & 0x40;
    if (multiboot)
        sound_multiboot(exact);
    else
        sound_bzimage(exact);
    const size_t first = multiboot ? HEADER : 0x1f0;
    for (size_t i = 1; i + 2 < size && i < 1 + 3 * 4; i += 3)
        pc_put(exact + first + data[i] % 0x80, 2, pc_get(data + i + 1, 2));
    if (multiboot) /* with a sum that is right, so that the rest is looked at */
        pc_put(exact + HEADER + 8, 4, (uint32_t) - (0x1badb002 + (uint32_t)pc_get(exact + HEADER + 4, 4)));
    load(exact, FILE_SIZE);
    free(exact);
    return 0;
}
