/* test_fdt.c - the device tree, read back with libfdt: what a guest will look for, and that the board is really there. */
#include "devices/virt.h"
#include "tests/devices/rig.h"

#include <libfdt.h>

struct bench {
    struct rig rig;
    struct board *board;
    uint8_t *tree;
    size_t size;
};

static int open_bench(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    struct virt_config c = {
        .ram_size = 128 << 20, .harts = 1, .isa = "rv64imafdc_zicsr_zifencei_sstc", .mmu_type = "riscv,sv48", .seed = 5};
    struct error e;
    assert_non_null(b);
    rig_open(&b->rig);
    assert_int_equal(virt_create(&b->board, &c, &(struct board_site){.phys = b->rig.phys, .clock = &b->rig.clock}, &e), 0);
    assert_int_equal(board_tables(b->board, &(struct board_start){"console=ttyS0 quiet", 0x84000000, 0x85000123}, &b->tree, &b->size),
                     0);
    *state = b;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *b = *state;
    free(b->tree);
    board_destroy(b->board);
    rig_close(&b->rig);
    free(b);
    return 0;
}

static int node(const struct bench *b, const char *path)
{
    int n = fdt_path_offset(b->tree, path);
    if (n < 0)
        fail_msg("there is no %s", path);
    return n;
}

static const void *property(const struct bench *b, const char *path, const char *name, int size)
{
    int length;
    const void *p = fdt_getprop(b->tree, node(b, path), name, &length);
    if (!p || length != size)
        fail_msg("%s: %s has %d bytes, not %d", path, name, length, size);
    return p;
}

static void expect_text(const struct bench *b, const char *path, const char *name, const char *text)
{
    assert_string_equal(property(b, path, name, (int)strlen(text) + 1), text);
}

static uint32_t word(const struct bench *b, const char *path, const char *name)
{
    return fdt32_to_cpu(*(const fdt32_t *)property(b, path, name, 4));
}

static uint64_t wide(const struct bench *b, const char *path, const char *name)
{
    const fdt32_t *p = property(b, path, name, 8);
    return (uint64_t)fdt32_to_cpu(p[0]) << 32 | fdt32_to_cpu(p[1]);
}

static void compatible(const struct bench *b, const char *path, const char *what)
{
    if (fdt_node_check_compatible(b->tree, node(b, path), what) != 0)
        fail_msg("%s is not compatible with %s", path, what);
}

static void is_whole(void **state)
{
    struct bench *b = *state;
    assert_int_equal(fdt_check_full(b->tree, b->size), 0);
    compatible(b, "/", "riscv-virtio");
    assert_int_equal(word(b, "/", "#address-cells"), 2);
    assert_int_equal(word(b, "/", "#size-cells"), 2);
}

static void memory_and_chosen(void **state)
{
    struct bench *b = *state;
    const fdt32_t *reg = property(b, "/memory@80000000", "reg", 16);
    assert_int_equal(fdt32_to_cpu(reg[0]), 0);
    assert_true(fdt32_to_cpu(reg[1]) == 0x80000000);
    assert_int_equal(fdt32_to_cpu(reg[3]), 128 << 20);
    expect_text(b, "/memory@80000000", "device_type", "memory");
    expect_text(b, "/chosen", "bootargs", "console=ttyS0 quiet");
    expect_text(b, "/chosen", "stdout-path", "/soc/serial@10000000");
    node(b, "/soc/serial@10000000");
    assert_true(wide(b, "/chosen", "linux,initrd-start") == 0x84000000);
    assert_true(wide(b, "/chosen", "linux,initrd-end") == 0x85000123);
    property(b, "/chosen", "rng-seed", 32);
}

static void the_hart(void **state)
{
    struct bench *b = *state;
    static const char extensions[] = "i\0m\0a\0f\0d\0c\0zicsr\0zifencei\0sstc";
    assert_int_equal(word(b, "/cpus", "timebase-frequency"), 10000000);
    expect_text(b, "/cpus/cpu@0", "riscv,isa", "rv64imafdc_zicsr_zifencei_sstc");
    expect_text(b, "/cpus/cpu@0", "riscv,isa-base", "rv64i");
    assert_memory_equal(property(b, "/cpus/cpu@0", "riscv,isa-extensions", sizeof extensions), extensions, sizeof extensions);
    expect_text(b, "/cpus/cpu@0", "mmu-type", "riscv,sv48");
    expect_text(b, "/cpus/cpu@0", "device_type", "cpu");
    expect_text(b, "/cpus/cpu@0/interrupt-controller", "compatible", "riscv,cpu-intc");
}

static void an_isa_without_words(void **state)
{
    struct rig r;
    struct board *v;
    struct error e;
    struct virt_config c = {.ram_size = 1 << 20, .harts = 1, .isa = "rv64ima"};
    struct bench b = {.size = 0};
    (void)state;
    rig_open(&r);
    assert_int_equal(virt_create(&v, &c, &(struct board_site){.phys = r.phys, .clock = &r.clock}, &e), 0);
    assert_int_equal(board_tables(v, &(struct board_start){NULL, 0, 0}, &b.tree, &b.size), 0);
    assert_memory_equal(property(&b, "/cpus/cpu@0", "riscv,isa-extensions", 6), "i\0m\0a", 6);
    assert_null(fdt_getprop(b.tree, node(&b, "/cpus/cpu@0"), "mmu-type", NULL));
    assert_null(fdt_getprop(b.tree, node(&b, "/chosen"), "bootargs", NULL));
    assert_null(fdt_getprop(b.tree, node(&b, "/chosen"), "linux,initrd-start", NULL));
    free(b.tree);
    board_destroy(v);
    rig_close(&r);
}

static void inputs(const struct bench *b, const char *path, uint32_t first, uint32_t second)
{
    const fdt32_t *p = property(b, path, "interrupts-extended", 16);
    uint32_t intc = word(b, "/cpus/cpu@0/interrupt-controller", "phandle");
    assert_int_equal(fdt32_to_cpu(p[0]), intc);
    assert_int_equal(fdt32_to_cpu(p[1]), first);
    assert_int_equal(fdt32_to_cpu(p[2]), intc);
    assert_int_equal(fdt32_to_cpu(p[3]), second);
}

static void interrupt_controllers(void **state)
{
    struct bench *b = *state;
    compatible(b, "/soc/plic@c000000", "sifive,plic-1.0.0");
    compatible(b, "/soc/clint@2000000", "sifive,clint0");
    assert_int_equal(word(b, "/soc/plic@c000000", "riscv,ndev"), 95);
    inputs(b, "/soc/plic@c000000", 11, 9);
    inputs(b, "/soc/clint@2000000", 3, 7);
    property(b, "/soc/plic@c000000", "interrupt-controller", 0);
}

static void power(void **state)
{
    struct bench *b = *state;
    uint32_t test = word(b, "/soc/test@100000", "phandle");
    compatible(b, "/soc/test@100000", "syscon");
    compatible(b, "/soc/test@100000", "sifive,test0");
    compatible(b, "/poweroff", "syscon-poweroff");
    compatible(b, "/reboot", "syscon-reboot");
    assert_int_equal(word(b, "/poweroff", "regmap"), test);
    assert_int_equal(word(b, "/poweroff", "value"), 0x5555);
    assert_int_equal(word(b, "/reboot", "regmap"), test);
    assert_int_equal(word(b, "/reboot", "value"), 0x7777);
}

/* Every device of the tree answers where the tree says, and every range of the board is in the tree. */
static void tree_and_board_agree(void **state)
{
    struct bench *b = *state;
    uint32_t plic = word(b, "/soc/plic@c000000", "phandle");
    unsigned devices = 0;
    int n;
    fdt_for_each_subnode(n, b->tree, node(b, "/soc"))
    {
        int length;
        const fdt32_t *reg = fdt_getprop(b->tree, n, "reg", &length);
        assert_int_equal(length, 16);
        const struct phys_range *r = phys_find(b->rig.phys, fdt32_to_cpu(reg[1]));
        assert_non_null(r);
        assert_true(r->base == fdt32_to_cpu(reg[1]) && r->size == fdt32_to_cpu(reg[3]));
        const fdt32_t *parent = fdt_getprop(b->tree, n, "interrupt-parent", NULL);
        assert_true(!parent || fdt32_to_cpu(*parent) == plic);
        devices++;
    }
    assert_int_equal(devices, phys_count(b->rig.phys) - 1); /* all but RAM */
    assert_int_equal(word(b, "/soc/serial@10000000", "interrupts"), 10);
    assert_int_equal(word(b, "/soc/serial@10000000", "clock-frequency"), 3686400);
    assert_int_equal(word(b, "/soc/rtc@101000", "interrupts"), 11);
    for (unsigned i = 0; i < 8; i++) {
        char path[64];
        snprintf(path, sizeof path, "/soc/virtio_mmio@%x", 0x10001000 + i * 0x1000);
        assert_int_equal(word(b, path, "interrupts"), i + 1);
        compatible(b, path, "virtio,mmio");
    }
}

static void long_arguments_fit(void **state)
{
    struct bench *b = *state;
    static char arguments[100000];
    uint8_t *tree;
    size_t size;
    memset(arguments, 'a', sizeof arguments - 1);
    assert_int_equal(board_tables(b->board, &(struct board_start){arguments, 0, 0}, &tree, &size), 0);
    assert_int_equal(fdt_check_full(tree, size), 0);
    struct bench other = {.tree = tree};
    expect_text(&other, "/chosen", "bootargs", arguments);
    free(tree);
}

static void is_the_same_every_time(void **state)
{
    struct bench *b = *state;
    uint8_t *tree;
    size_t size;
    assert_int_equal(board_tables(b->board, &(struct board_start){"console=ttyS0 quiet", 0x84000000, 0x85000123}, &tree, &size), 0);
    assert_int_equal(size, b->size);
    assert_memory_equal(tree, b->tree, size);
    free(tree);
}

/* Phandles are all different, and each hart's controller has its inputs in both lists. */
static void several_harts(void **state)
{
    struct rig r;
    struct board *v;
    struct error e;
    struct virt_config c = {.ram_size = 1 << 20, .harts = 3, .isa = "rv64ima"};
    struct bench b = {.size = 0};
    char path[64];
    (void)state;
    rig_open(&r);
    assert_int_equal(virt_create(&v, &c, &(struct board_site){.phys = r.phys, .clock = &r.clock}, &e), 0);
    assert_int_equal(board_tables(v, &(struct board_start){NULL, 0, 0}, &b.tree, &b.size), 0);
    assert_int_equal(fdt_check_full(b.tree, b.size), 0);
    const fdt32_t *clint = property(&b, "/soc/clint@2000000", "interrupts-extended", 48);
    const fdt32_t *plic = property(&b, "/soc/plic@c000000", "interrupts-extended", 48);
    for (unsigned h = 0; h < 3; h++) {
        snprintf(path, sizeof path, "/cpus/cpu@%u", h);
        assert_int_equal(word(&b, path, "reg"), h);
        assert_int_equal(fdt_node_offset_by_phandle(b.tree, word(&b, path, "phandle")), node(&b, path));
        const uint32_t cpu = word(&b, path, "phandle");
        snprintf(path, sizeof path, "/cpus/cpu-map/cluster0/core%u", h);
        assert_int_equal(word(&b, path, "cpu"), cpu);
        snprintf(path, sizeof path, "/cpus/cpu@%u/interrupt-controller", h);
        const uint32_t intc = word(&b, path, "phandle");
        assert_int_equal(fdt_node_offset_by_phandle(b.tree, intc), node(&b, path));
        assert_true(fdt32_to_cpu(clint[4 * h]) == intc && fdt32_to_cpu(clint[4 * h + 1]) == 3);
        assert_true(fdt32_to_cpu(plic[4 * h + 2]) == intc && fdt32_to_cpu(plic[4 * h + 3]) == 9);
    }
    free(b.tree);
    board_destroy(v);
    rig_close(&r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(is_whole),
        TEST(memory_and_chosen),
        TEST(the_hart),
        cmocka_unit_test(an_isa_without_words),
        TEST(interrupt_controllers),
        TEST(power),
        TEST(tree_and_board_agree),
        TEST(long_arguments_fit),
        TEST(is_the_same_every_time),
        cmocka_unit_test(several_harts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
