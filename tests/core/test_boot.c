/* test_boot.c - what stands where when the machine is switched on: nothing overlaps, registers are as each way of starting
 * promises, and what does not fit is said. On a bare machine and on a virtual one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/boot.h"
#include "tests/core/bench.h"

#include <libfdt.h>
#include <unistd.h>

enum { A0 = 10, A1, A2 };
#define RAM_END (BENCH_RAM + BENCH_RAM_SIZE)

/* A file of `size` bytes that begin with `head`; *path must be unlinked. */
static void make_file(char *path, const void *head, size_t head_size, size_t size)
{
    strcpy(path, "/tmp/trapeze-boot-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, head, head_size), (ssize_t)head_size);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    close(fd);
}

static bool apart(pa_t start, pa_t end, pa_t other, pa_t other_end) { return end <= other || other_end <= start; }

static const uint8_t raw_kernel[64] = {1, 2, 3, 4};

static struct boot_config config(void)
{
    return (struct boot_config){
        .bios = "builtin",
        .kernel = "the-kernel",
        .kernel_data = raw_kernel,
        .kernel_size = sizeof raw_kernel,
    };
}

static void boots(struct bench *r, const struct boot_config *c, struct booted *b)
{
    struct error e = {""};
    if (boot_system(r->system, c, b, &e) != 0)
        fail_msg("%s", e.text);
}

static void refused(struct bench *r, const struct boot_config *c, const char *words)
{
    struct error e = {""};
    struct booted b;
    assert_true(boot_system(r->system, c, &b, &e) < 0);
    if (!strstr(e.text, words))
        fail_msg("'%s' does not say '%s'", e.text, words);
}

static const void *tree_of(const struct bench *r, const struct booted *b)
{
    const void *tree = phys_host(r->machine->phys, b->device_tree, 64);
    assert_non_null(tree);
    assert_int_equal(fdt_check_header(tree), 0);
    assert_true(b->device_tree + fdt_totalsize(tree) <= RAM_END);
    return tree;
}

static uint64_t chosen_u64(const void *tree, const char *name)
{
    int n;
    const uint8_t *p = fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), name, &n);
    uint64_t v = 0;
    assert_non_null(p);
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return v;
}

static const char *bootargs(const void *tree)
{
    const char *s = fdt_getprop(tree, fdt_path_offset(tree, "/chosen"), "bootargs", NULL);
    return s ? s : "";
}

static void builtin(void **state)
{
    struct bench *r = *state;
    struct boot_config c = config();
    struct booted b;
    c.append = "one two";
    boots(r, &c, &b);
    assert_int_equal(b.kernel.entry, BENCH_RAM + 0x200000);
    assert_int_equal(get64(r, b.kernel.entry), 0x04030201);
    assert_int_equal(pc(r), b.kernel.entry);
    assert_int_equal(machine_get(r->machine, MACHINE_MODE), RV_S);
    assert_int_equal(x(r, A0), 0);
    assert_int_equal(x(r, A1), b.device_tree);
    assert_string_equal(bootargs(tree_of(r, &b)), "one two");
}

static void alone(void **state)
{
    struct bench *r = *state;
    struct boot_config c = config();
    struct booted b;
    c.bios = "none";
    boots(r, &c, &b);
    assert_int_equal(pc(r), BENCH_RAM);
    assert_int_equal(machine_get(r->machine, MACHINE_MODE), RV_M);
    assert_int_equal(x(r, A0), 0);
    assert_int_equal(x(r, A1), b.device_tree);
    assert_null(r->system->firmware);
    tree_of(r, &b);
}

/* A firmware file gets OpenSBI's info block; the kernel stands clear of it. */
static void under_a_file(void **state)
{
    struct bench *r = *state;
    struct boot_config c = config();
    struct booted b;
    char path[32];
    make_file(path, "firmware", 8, 0x210000);
    c.bios = path;
    boots(r, &c, &b);
    unlink(path);
    assert_int_equal(pc(r), BENCH_RAM);
    assert_int_equal(machine_get(r->machine, MACHINE_MODE), RV_M);
    assert_memory_equal(phys_host(r->machine->phys, BENCH_RAM, 8), "firmware", 8);
    assert_int_equal(b.kernel.entry, BENCH_RAM + 0x400000); /* the next 2 MiB after the firmware */
    assert_int_equal(x(r, A1), b.device_tree);
    const uint64_t info[] = {0x4942534f, 2, b.kernel.entry, RV_S, 0, 0};
    assert_memory_equal(phys_host(r->machine->phys, x(r, A2), sizeof info), info, sizeof info);
    const pa_t tree_end = b.device_tree + fdt_totalsize(tree_of(r, &b));
    assert_true(apart(x(r, A2), x(r, A2) + sizeof info, b.kernel.start, b.kernel.end));
    assert_true(apart(x(r, A2), x(r, A2) + sizeof info, b.device_tree, tree_end));
    assert_true(x(r, A2) >= BENCH_RAM + 0x210000);
}

/* However small the file is, the firmware has 2 MiB: it does not say how much it uses. */
static void under_a_small_file(void **state)
{
    struct bench *r = *state;
    struct boot_config c = config();
    struct booted b;
    char path[32];
    make_file(path, "firmware", 8, 8);
    c.bios = path;
    boots(r, &c, &b);
    assert_int_equal(b.kernel.entry, BENCH_RAM + 0x200000);
    /* An initrd that would only fit beginning in those 2 MiB does not fit. */
    char initrd[32];
    make_file(initrd, "i", 1, BENCH_RAM_SIZE - 0x200000 - 0x80000);
    c = (struct boot_config){.bios = path, .initrd = initrd};
    system_reset(r->system);
    refused(r, &c, initrd);
    unlink(initrd);
    unlink(path);
}

static void firmware_without_kernel(void **state)
{
    struct bench *r = *state;
    struct boot_config c = {0};
    struct booted b;
    char path[32];
    make_file(path, "firmware", 8, 8);
    c.bios = path;
    boots(r, &c, &b);
    unlink(path);
    assert_int_equal(pc(r), BENCH_RAM);
    assert_int_equal(b.kernel.end, 0);
    assert_int_equal(get64(r, x(r, A2) + 16), 0); /* next_addr */
}

/* Kernel with .bss to within a hair of the top, initrd, tree: as long as they fit they do not touch. */
static void nothing_overlaps(void **state)
{
    struct bench *r = *state;
    uint8_t image[64] = {0};
    char path[32];
    struct booted b;
    const uint64_t initrd_size = 0x223456; /* not in the 2 MiB below the kernel */
    memcpy(image + 56, "RSC\5", 4);
    image[10] = 0x20; /* text_offset 2 MiB */
    make_file(path, "initrd", 6, initrd_size);
    for (uint64_t image_size = 0x1000; image_size < BENCH_RAM_SIZE; image_size += 0x1000) {
        struct boot_config c = {
            .bios = "builtin",
            .kernel = "image",
            .kernel_data = image,
            .kernel_size = sizeof image,
            .initrd = path,
        };
        struct error e = {""};
        memcpy(image + 16, &image_size, 8);
        system_reset(r->system);
        if (boot_system(r->system, &c, &b, &e) != 0) {
            assert_non_null(strstr(e.text, path)); /* the initrd it was that found no room */
            assert_true(image_size > BENCH_RAM_SIZE - 0x200000 - initrd_size - 0x201000);
            break;
        }
        const void *tree = tree_of(r, &b);
        uint64_t start = chosen_u64(tree, "linux,initrd-start"), end = chosen_u64(tree, "linux,initrd-end");
        assert_int_equal(end - start, initrd_size);
        assert_memory_equal(phys_host(r->machine->phys, start, 6), "initrd", 6);
        const pa_t tree_end = b.device_tree + fdt_totalsize(tree);
        assert_true(start >= BENCH_RAM && end <= RAM_END);
        assert_true(apart(start, end, b.kernel.start, b.kernel.end));
        assert_true(apart(start, end, b.device_tree, tree_end));
        assert_true(apart(b.device_tree, tree_end, b.kernel.start, b.kernel.end));
        assert_int_equal(b.device_tree % PAGE_SIZE, 0);
    }
    unlink(path);
}

static void does_not_fit(void **state)
{
    struct bench *r = *state;
    struct boot_config c = config();
    char path[32];
    make_file(path, "x", 1, BENCH_RAM_SIZE);
    c.initrd = path;
    refused(r, &c, path);
    unlink(path);
    refused(r, &c, path); /* and when it is not there */
    c.initrd = NULL;
    c.kernel_data = NULL;
    c.kernel = "/nowhere/kernel";
    refused(r, &c, "/nowhere/kernel");
    c.kernel = NULL;
    refused(r, &c, "no kernel");
}

static void kernel_over_firmware(void **state)
{
    struct bench *r = *state;
    char path[32];
    make_file(path, "firmware", 8, 0x1000);
    /* An ELF kernel that insists on the firmware's place. */
    struct {
        uint8_t ident[16];
        uint16_t type, machine;
        uint32_t version;
        uint64_t entry, phoff, shoff;
        uint32_t flags;
        uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
        struct {
            uint32_t type, flags;
            uint64_t offset, vaddr, paddr, filesz, memsz, align;
        } segment;
    } elf = {
        .ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
        .type = 2,
        .machine = 243,
        .version = 1,
        .entry = BENCH_RAM + 0x100,
        .phoff = 64,
        .ehsize = 64,
        .phentsize = 56,
        .phnum = 1,
        .segment = {.type = 1, .vaddr = BENCH_RAM + 0x100, .paddr = BENCH_RAM + 0x100, .filesz = 16, .memsz = 16},
    };
    struct boot_config c = {.bios = path, .kernel = "greedy", .kernel_data = (const uint8_t *)&elf, .kernel_size = sizeof elf};
    refused(r, &c, "greedy (0x80000100 to 0x8000010f) lies over");
    unlink(path);
    elf.ident[4] = 1;
    c.bios = "none";
    refused(r, &c, "greedy"); /* a 32-bit header */
}

static void tree_from_a_file(void **state)
{
    struct bench *r = *state;
    struct boot_config c = config();
    struct booted b;
    char path[32], initrd[32];
    uint8_t blob[512];
    assert_int_equal(fdt_create_empty_tree(blob, sizeof blob), 0);
    assert_int_equal(fdt_setprop_string(blob, 0, "model", "somebody's"), 0);
    make_file(path, blob, sizeof blob, sizeof blob);
    make_file(initrd, "i", 1, 100);
    c.dtb = path;
    c.append = "quiet";
    c.initrd = initrd;
    boots(r, &c, &b);
    const void *tree = tree_of(r, &b);
    assert_string_equal(fdt_getprop(tree, 0, "model", NULL), "somebody's");
    assert_string_equal(bootargs(tree), "quiet");
    assert_int_equal(chosen_u64(tree, "linux,initrd-end") - chosen_u64(tree, "linux,initrd-start"), 100);
    unlink(path);
    unlink(initrd);
    system_reset(r->system);
    make_file(path, "not a tree", 10, 100);
    c.initrd = NULL;
    refused(r, &c, "not a device tree");
    unlink(path);
    make_file(path, blob, 100, 100); /* cut off */
    refused(r, &c, "not a device tree");
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH(builtin),
        ON_BOTH(alone),
        ON_BOTH(under_a_file),
        ON_BOTH(under_a_small_file),
        ON_BOTH(firmware_without_kernel),
        ON_BOTH(nothing_overlaps),
        ON_BOTH(does_not_fit),
        ON_BOTH(kernel_over_firmware),
        ON_BOTH(tree_from_a_file),
    };
    return cmocka_run_group_tests_name("boot", tests, NULL, NULL);
}
