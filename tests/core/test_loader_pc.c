/* test_loader_pc.c - kernels for a PC: what lies where afterwards, what they are told, and every refusal by its sentence. */
#include "core/loader_pc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { RAM_SIZE = 32 << 20, SETUP = 3 * 512, PAYLOAD = 5000, FILE_SIZE = SETUP + PAYLOAD };

struct bench {
    struct ram *ram;
    struct phys *phys;
    uint8_t file[FILE_SIZE];
    struct pc_image image;
    struct pc_entry entry;
    struct loaded loaded;
    struct error e;
};

static void put(struct bench *b, unsigned at, unsigned bytes, uint64_t v) { pc_put(b->file + at, bytes, v); }

/* As a kernel's build makes it: two sectors of setup code behind the boot sector, protocol 2.15. */
static void bzimage_make(struct bench *b)
{
    for (unsigned i = 0; i < FILE_SIZE; i++)
        b->file[i] = i < SETUP ? 0 : (uint8_t)(i * 7);
    put(b, 0x1f1, 1, 2);
    put(b, 0x1f4, 4, (PAYLOAD + 15) / 16);
    put(b, 0x1fe, 2, 0xaa55);
    put(b, 0x200, 2, 0x6aeb);
    memcpy(b->file + 0x202, "HdrS", 4);
    put(b, 0x206, 2, 0x20f);
    put(b, 0x20e, 2, 0x100);
    strcpy((char *)b->file + 0x300, "6.1.0-9-686 (somebody) #1");
    put(b, 0x211, 1, 1);
    put(b, 0x214, 4, 0x100000);
    put(b, 0x22c, 4, 0x7fffffff);
    put(b, 0x236, 2, 4);
    put(b, 0x238, 4, 100);
    put(b, 0x258, 8, 0x1000000);
    put(b, 0x260, 4, 0x400000);
    b->image = (struct pc_image){.name = "vmlinuz", .data = b->file, .size = FILE_SIZE};
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    *state = b;
    bzimage_make(b);
    return ram_create(&b->ram, RAM_SIZE) || phys_create(&b->phys) || phys_add_ram(b->phys, "ram", 0, RAM_SIZE, b->ram, 0) ||
           phys_add_rom(b->phys, "rom", 0xc0000, 0x40000, b->ram, 0xc0000);
}

static int teardown(void **state)
{
    struct bench *b = *state;
    phys_destroy(b->phys);
    ram_destroy(b->ram);
    free(b);
    return 0;
}

static uint64_t at(struct bench *b, pa_t pa, unsigned size)
{
    uint64_t v = 0;
    assert_int_equal(phys_read(b->phys, pa, &v, size), 0);
    return v;
}

static void expect_text(struct bench *b, pa_t pa, const char *text)
{
    assert_string_equal((const char *)phys_host(b->phys, pa, strlen(text) + 1), text);
}

static int linux_load(struct bench *b)
{
    b->e.text[0] = '\0';
    return load_bzimage(b->phys, &b->image, &b->entry, &b->loaded, &b->e);
}

static void a_bzimage_is_where_its_protocol_says(void **state)
{
    struct bench *b = *state;
    static const uint8_t initrd[10000] = {1, 2, 3};
    b->image.append = "console=ttyS0";
    b->image.initrd = initrd;
    b->image.initrd_name = "initrd";
    b->image.initrd_size = sizeof initrd;
    assert_true(is_bzimage(b->file, FILE_SIZE));
    assert_int_equal(linux_load(b), 0);
    assert_memory_equal(phys_host(b->phys, 0x100000, PAYLOAD), b->file + SETUP, PAYLOAD);
    const pa_t p = b->entry.esi;
    assert_int_equal(b->entry.entry, 0x100000);
    assert_int_equal(at(b, p + 0x202, 4), 0x53726448); /* the header came along */
    assert_int_equal(at(b, p + 0x260, 4), 0x400000);
    assert_int_equal(at(b, p + 0x210, 1), 0xff);
    assert_int_equal(at(b, p + 0x1e8, 1), 2);
    assert_int_equal(at(b, p + 0x2d0 + 20, 8), 0x100000);
    assert_int_equal(at(b, p + 0x2d0 + 28, 8), RAM_SIZE - 0x100000);
    assert_int_equal(at(b, p + 0x2d0 + 36, 4), 1);
    expect_text(b, at(b, p + 0x228, 4), "console=ttyS0");
    const pa_t ramdisk = at(b, p + 0x218, 4);
    assert_int_equal(at(b, p + 0x21c, 4), sizeof initrd);
    assert_int_equal(ramdisk % PAGE_SIZE, 0);
    assert_true(ramdisk >= 0x1400000 && ramdisk + sizeof initrd <= RAM_SIZE);
    assert_memory_equal(phys_host(b->phys, ramdisk, sizeof initrd), initrd, sizeof initrd);
    /* Both descriptors, as the CPU would read them: flat, 32 bits, code and data. */
    assert_int_equal(b->entry.code, 0x10);
    assert_int_equal(b->entry.data, 0x18);
    assert_true(at(b, b->entry.table + 0x10, 8) == UINT64_C(0x00cf9b000000ffff));
    assert_true(at(b, b->entry.table + 0x18, 8) == UINT64_C(0x00cf93000000ffff));
    assert_true(b->entry.table_limit >= 0x1f);
}

static void an_initrd_stays_where_the_kernel_can_reach_it(void **state)
{
    struct bench *b = *state;
    static const uint8_t initrd[100] = {9};
    b->image.initrd = initrd;
    b->image.initrd_name = "initrd";
    b->image.initrd_size = sizeof initrd;
    put(b, 0x22c, 4, 0x17fffff);
    assert_int_equal(linux_load(b), 0);
    assert_int_equal(at(b, b->entry.esi + 0x218, 4), 0x17ff000);
    put(b, 0x22c, 4, 0x13fffff); /* where the kernel is */
    assert_int_equal(linux_load(b), -ENOSPC);
    assert_memory_equal(b->e.text, "initrd: ", 8);
}

/* setup_sects 0 is 4 by the protocol; minor versions are compatible; and code32_start is for the 16-bit part. */
static void headers_that_are_unusual(void **state)
{
    struct bench *b = *state;
    put(b, 0x1f1, 1, 0);
    put(b, 0x1f4, 4, 0);
    put(b, 5 * 512, 4, 0x12345678);
    put(b, 0x206, 2, 0x2ff);
    put(b, 0x214, 4, 0x100010);
    assert_int_equal(linux_load(b), 0);
    assert_int_equal(at(b, 0x100000, 4), 0x12345678);
    assert_int_equal(b->entry.entry, 0x100000);
}

static void bzimages_that_are_refused(void **state)
{
    struct bench *b = *state;
    static const struct {
        unsigned at, bytes;
        uint64_t value;
        const char *says;
    } cases[] = {
        {0x206, 2, 0x204, "its boot protocol is 2.04; it must be 2.10"},
        {0x206, 2, 0x900, "its boot protocol is 9.00; it must be 2.10 or a later one of 2"},
        {0x206, 2, 0x300, "its boot protocol is 3.00"},
        {0x214, 4, 0xdeadbeef, "its header's code32_start, 0xdeadbeef, is not in RAM"},
        {0x214, 4, RAM_SIZE, "code32_start, 0x2000000, is"},
        {0x214, 4, 0xc0000, "code32_start, 0xc0000, is"},
        {0x211, 1, 0, "it is a zImage"},
        {0x236, 2, 5, "it is a 64-bit kernel"},
        {0x1f1, 1, 200, "cut off"},
        {0x1f4, 4, PAYLOAD / 16 + 2, "its header promises"},
        {0x238, 4, 3, "its command line may have 3 characters"},
        {0x258, 8, UINT64_C(1) << 33, "it wants to run at 0x200000000"},
        {0x258, 8, UINT64_MAX, "it wants to run at"},
        {0x260, 4, 0x2000000, "it needs RAM up to 0x3000000 (48 MiB), and RAM ends at 32 MiB"},
        {0x260, 4, UINT32_MAX, "it needs RAM up to"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        bzimage_make(b);
        b->image.append = "quiet";
        put(b, cases[i].at, cases[i].bytes, cases[i].value);
        assert_int_not_equal(linux_load(b), 0);
        assert_memory_equal(b->e.text, "vmlinuz: ", 9);
        if (!strstr(b->e.text, cases[i].says))
            fail_msg("'%s' instead of '%s'", b->e.text, cases[i].says);
        assert_int_equal(ram_resident(b->ram), 0);
    }
    bzimage_make(b);
    strcpy((char *)b->file + 0x300, "6.1.0-9-686-pae (somebody) #1");
    assert_int_not_equal(linux_load(b), 0);
    assert_non_null(strstr(b->e.text, "(6.1.0-9-686-pae) needs PAE"));
    bzimage_make(b);
    b->image.old_cpu = true;
    assert_int_not_equal(linux_load(b), 0);
    assert_non_null(strstr(b->e.text, "the CPU is a 386"));
    for (size_t size = 0; size < SETUP + 1; size++) { /* cut off anywhere */
        uint8_t *exact = malloc(size + 1);
        memcpy(exact, b->file, size);
        b->image = (struct pc_image){.name = "vmlinuz", .data = exact, .size = size};
        assert_true(!is_bzimage(exact, size) || (linux_load(b) != 0) == (size <= SETUP));
        free(exact);
    }
}

/* --- multiboot */

static void multiboot_make(struct bench *b, unsigned header, uint32_t flags)
{
    memset(b->file, 0, FILE_SIZE);
    for (unsigned i = 0; i < FILE_SIZE; i++)
        b->file[i] = (uint8_t)(i * 3);
    put(b, header, 4, 0x1badb002);
    put(b, header + 4, 4, flags);
    put(b, header + 8, 4, (uint32_t) - (0x1badb002 + flags));
    put(b, header + 12, 4, 0x200000 + header);
    put(b, header + 16, 4, 0x200000);
    put(b, header + 20, 4, 0x200000 + 4096);
    put(b, header + 24, 4, 0x203000);
    put(b, header + 28, 4, 0x200010);
    b->image = (struct pc_image){.name = "kernel", .data = b->file, .size = FILE_SIZE};
}

static int multiboot_load(struct bench *b)
{
    b->e.text[0] = '\0';
    return load_multiboot(b->phys, &b->image, &b->entry, &b->loaded, &b->e);
}

static void a_kernel_with_addresses(void **state)
{
    struct bench *b = *state;
    static const uint8_t module[5000] = {7};
    multiboot_make(b, 64, 0x10003);
    memset(phys_host(b->phys, 0x200000, 0x10000), 0x55, 0x10000);
    b->image.append = "one two";
    b->image.initrd = module;
    b->image.initrd_name = "module";
    b->image.initrd_size = sizeof module;
    assert_int_equal(multiboot_load(b), 0);
    assert_memory_equal(phys_host(b->phys, 0x200000, 4096), b->file, 4096);
    assert_int_equal(at(b, 0x201000, 8), 0); /* zeros up to bss_end */
    assert_int_equal(at(b, 0x202ff8, 8), 0);
    assert_int_equal(b->entry.entry, 0x200010);
    assert_int_equal(b->entry.eax, 0x2badb002);
    assert_int_equal(b->entry.code, 8);
    assert_int_equal(b->entry.data, 16);
    const pa_t info = b->entry.ebx;
    assert_int_equal(at(b, info, 4), 0x24d);
    assert_int_equal(at(b, info + 4, 4), 639);
    assert_int_equal(at(b, info + 8, 4), (RAM_SIZE >> 10) - 1024);
    expect_text(b, at(b, info + 16, 4), "kernel one two");
    assert_int_equal(at(b, info + 20, 4), 1);
    const pa_t entry = at(b, info + 24, 4), start = at(b, entry, 4);
    assert_int_equal(start, 0x203000);
    assert_int_equal(at(b, entry + 4, 4), start + sizeof module);
    assert_memory_equal(phys_host(b->phys, start, sizeof module), module, sizeof module);
    expect_text(b, at(b, entry + 8, 4), "module");
    const pa_t map = at(b, info + 48, 4);
    assert_int_equal(at(b, info + 44, 4), 48);
    assert_int_equal(at(b, map, 4), 20);
    assert_int_equal(at(b, map + 24 + 4, 8), 0x100000);
    assert_int_equal(at(b, map + 24 + 20, 4), 1);
    expect_text(b, at(b, info + 64, 4), "Trapeze");
}

static void headers_that_lie(void **state)
{
    struct bench *b = *state;
    static const struct {
        unsigned at;
        uint32_t value;
        const char *says;
    } cases[] = {
        {12, 0x1f0000, "header's header_addr, 0x1f0000, is below load_addr, 0x200000"},
        {12, 0x300000, "0x300000, is further from load_addr, 0x200000, than the header is from the file's beginning"},
        {20, 0x100000, "what is loaded ends (0x100000) before it begins (0x200000)"},
        {20, 0x300000, "more than the file has"},
        {24, 0x200800, "what is zeroed ends (0x200800) before it begins (0x201000)"},
        {24, 0xfffffff0, "it needs"},
        {28, 0x100, "the entry"},
        {28, 0x203000, "the entry"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        multiboot_make(b, 64, 0x10000);
        put(b, 64 + cases[i].at, 4, cases[i].value);
        assert_int_not_equal(multiboot_load(b), 0);
        assert_memory_equal(b->e.text, "kernel: ", 8);
        if (!strstr(b->e.text, cases[i].says))
            fail_msg("'%s' instead of '%s'", b->e.text, cases[i].says);
        assert_int_equal(ram_resident(b->ram), 0);
    }
    multiboot_make(b, 64, 0x10020);
    assert_int_not_equal(multiboot_load(b), 0);
    assert_non_null(strstr(b->e.text, "demands what is not known here (flags 0x20)"));
    multiboot_make(b, 64, 0);
    assert_int_not_equal(multiboot_load(b), 0);
    assert_non_null(strstr(b->e.text, "no ELF file"));
    multiboot_make(b, 64, 0x10000);
    put(b, 64 + 8, 4, 1);
    assert_int_not_equal(multiboot_load(b), 0);
    assert_string_equal(b->e.text, "kernel: it is neither a bzImage nor a kernel with a multiboot header");
    multiboot_make(b, 64, 0x10000);
    b->image.size = 64 + 20;
    assert_int_not_equal(multiboot_load(b), 0);
    assert_non_null(strstr(b->e.text, "cut off"));
}

static void files_that_are_something_else(void **state)
{
    struct bench *b = *state;
    static const struct {
        uint64_t begin;
        const char *says;
    } cases[] = {
        {0x88b1f, "kernel: it is gzip-compressed; unpack it with gunzip first"},
        {0x5a587a37fd, "kernel: it is xz-compressed; unpack it with unxz first"},
        {0xfd2fb528, "kernel: it is zstd-compressed; unpack it with unzstd first"},
        {0x10102464c457f, "kernel: it is a 64-bit program; the machine is IA-32"},
        {0x10101464c457f, "kernel: it is neither a bzImage nor a kernel with a multiboot header"},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        memset(b->file, 0, FILE_SIZE);
        put(b, 0, 8, cases[i].begin);
        b->image = (struct pc_image){.name = "kernel", .data = b->file, .size = FILE_SIZE};
        assert_int_equal(multiboot_load(b), -ENOEXEC);
        assert_string_equal(b->e.text, cases[i].says);
    }
}

static void not_over_rom_nor_what_it_is_told(void **state)
{
    struct bench *b = *state;
    static const uint32_t places[] = {0xc0000, 0xbf000, 0x10000, 0x2000000 - 0x1000};
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
        multiboot_make(b, 64, 0x10000);
        const uint32_t there = places[i];
        put(b, 64 + 12, 4, there + 64);
        put(b, 64 + 16, 4, there);
        put(b, 64 + 20, 4, there + 4096);
        put(b, 64 + 24, 4, there + 0x3000);
        put(b, 64 + 28, 4, there);
        assert_int_not_equal(multiboot_load(b), 0);
    }
}

/* Whether more RAM would help is told where it is known; what is not RAM below its end has no such remark. */
static void where_no_ram_will_ever_be(void **state)
{
    struct bench *b = *state;
    static const struct {
        uint32_t load;
        const char *says;
    } cases[] = {
        {0xf0000000, "where the machine has no RAM (this board never has RAM there)"},
        {0xe0000000, "(this board never has RAM there)"},
        {0xdffff000, "where the machine has no RAM (-m gives it more)"},
    };
    phys_end_ram(b->phys, 0xe0000000);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        multiboot_make(b, 64, 0x10000);
        put(b, 64 + 12, 4, cases[i].load + 64);
        put(b, 64 + 16, 4, cases[i].load);
        put(b, 64 + 20, 4, 0);
        put(b, 64 + 24, 4, 0);
        put(b, 64 + 28, 4, cases[i].load);
        assert_int_not_equal(multiboot_load(b), 0);
        if (!strstr(b->e.text, cases[i].says))
            fail_msg("'%s' instead of '%s'", b->e.text, cases[i].says);
    }
    static const char *const more[] = {"RAM ends at 32 MiB (-m gives it more)", "RAM ends at 32 MiB (this board never has RAM there)"};
    for (unsigned i = 0; i < 2; i++) {
        bzimage_make(b);
        put(b, 0x258, 8, 0xdfc00000 + i);
        assert_int_not_equal(linux_load(b), 0);
        if (!strstr(b->e.text, more[i]))
            fail_msg("'%s' instead of '%s'", b->e.text, more[i]);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bzimage_is_where_its_protocol_says),
        TEST(an_initrd_stays_where_the_kernel_can_reach_it),
        TEST(headers_that_are_unusual),
        TEST(bzimages_that_are_refused),
        TEST(a_kernel_with_addresses),
        TEST(headers_that_lie),
        TEST(files_that_are_something_else),
        TEST(not_over_rom_nor_what_it_is_told),
        TEST(where_no_ram_will_ever_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
