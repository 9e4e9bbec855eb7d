/* virt_fdt.c - the device tree of the board, written in order with libfdt's sequential functions. The first failure is kept
 * and looked at once, at the end; when there was no space, a larger buffer is tried.
 *
 * Bindings: Devicetree Specification 0.4; Linux Documentation/devicetree/bindings for the rest.
 *
 * The tree, where <n> is a phandle:
 *
 *     /  memory@80000000
 *        cpus     cpu@0 <1>  interrupt-controller <2>     cpu@1 <5>  interrupt-controller <6> ...    cpu-map
 *        soc      serial@10000000  rtc@101000  test@100000 <4>  virtio_mmio@10001000 ...  clint@2000000  plic@c000000 <3>
 *        poweroff, reboot -> <4>     chosen     aliases
 *
 * The first hart's phandles are those that a board of one hart has: adding harts changes no number that was there.
 */
#include "devices/virt_fdt.h"
#include "devices/finisher.h"
#include "devices/plic.h"
#include "devices/virtio_mmio.h"
#include "devices/virtio_rng.h"

#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum phandle { PHANDLE_CPU = 1, PHANDLE_INTC, PHANDLE_PLIC, PHANDLE_TEST, PHANDLE_MORE /* two for each hart but the first */ };
enum { TREE_BYTES = 8192, TREE_BYTES_MAX = 1 << 20, SEED_WORDS = 4 };
enum { UART_SIZE = 0x100, REGISTER_PAGE = 0x1000, CLINT_SIZE = 0x10000, UART_CLOCK = 3686400 };

/* The hart's inputs are numbered by interrupt cause [priv table 14]. */
enum { INPUT_MSI = 3, INPUT_MTI = 7, INPUT_SEI = 9, INPUT_MEI = 11 };

struct tree {
    uint8_t *blob;
    int wrong; /* the first failure of libfdt */
};

/* libfdt goes on after a failure and does no harm, so one look at the end is enough, and the code reads like the tree. */
static void keep(struct tree *t, int result)
{
    if (!t->wrong)
        t->wrong = result;
}

static void begin(struct tree *t, const char *name) { keep(t, fdt_begin_node(t->blob, name)); }
static void end(struct tree *t) { keep(t, fdt_end_node(t->blob)); }

static void bytes(struct tree *t, const char *name, const void *value, size_t n)
{
    keep(t, fdt_property(t->blob, name, value, (int)n));
}

static void flag(struct tree *t, const char *name) { bytes(t, name, "", 0); }
static void string(struct tree *t, const char *name, const char *v) { bytes(t, name, v, strlen(v) + 1); }

static void word(struct tree *t, const char *name, uint32_t v)
{
    fdt32_t cell = cpu_to_fdt32(v);
    bytes(t, name, &cell, sizeof cell);
}

static void wide(struct tree *t, const char *name, uint64_t v)
{
    fdt64_t cell = cpu_to_fdt64(v);
    bytes(t, name, &cell, sizeof cell);
}

/* A list of strings, given as one literal with a zero byte between them. */
#define STRINGS(t, name, literal) bytes(t, name, literal, sizeof(literal))

/* A node's name has the first address of its `reg` after the @, in hexadecimal without zeros in front [DTSpec 2.2.1]. */
static void begin_at(struct tree *t, const char *name, pa_t base, uint64_t size)
{
    char text[64];
    fdt64_t reg[2] = {cpu_to_fdt64(base), cpu_to_fdt64(size)};
    snprintf(text, sizeof text, "%s@%" PRIx64, name, base);
    begin(t, text);
    bytes(t, "reg", reg, sizeof reg);
}

static void cells(struct tree *t, uint32_t address, uint32_t size)
{
    word(t, "#address-cells", address);
    word(t, "#size-cells", size);
}

static void interrupt(struct tree *t, uint32_t source)
{
    word(t, "interrupt-parent", PHANDLE_PLIC);
    word(t, "interrupts", source);
}

static uint32_t cpu_phandle(uint32_t hart) { return hart ? PHANDLE_MORE + 2 * (hart - 1) : PHANDLE_CPU; }
static uint32_t intc_phandle(uint32_t hart) { return hart ? PHANDLE_MORE + 2 * (hart - 1) + 1 : PHANDLE_INTC; }

/* Two inputs of each hart's own controller. */
static void hart_inputs(struct tree *t, uint32_t harts, uint32_t first, uint32_t second)
{
    fdt32_t list[4 * BOARD_CPUS];
    for (uint32_t h = 0; h < harts; h++) {
        list[4 * h] = list[4 * h + 2] = cpu_to_fdt32(intc_phandle(h));
        list[4 * h + 1] = cpu_to_fdt32(first);
        list[4 * h + 3] = cpu_to_fdt32(second);
    }
    bytes(t, "interrupts-extended", list, 4 * harts * sizeof *list);
}

/* The next name in `isa` at *at: letters stand alone up to the first underscore, words follow after one. Its length; 0: end. */
static size_t extension_next(const char *isa, const char **at)
{
    bool words = strchr(isa, '_') && *at > strchr(isa, '_');
    *at += strspn(*at, "_");
    words |= *at > isa && (*at)[-1] == '_';
    return words ? strcspn(*at, "_") : **at != '\0';
}

/* "rv64imac_zicsr" as riscv,isa-base "rv64i" and riscv,isa-extensions "i", "m", "a", "c", "zicsr". */
static void isa_extensions(struct tree *t, const char *isa)
{
    char list[512];
    size_t used = 0, n;
    const char *at = isa + strlen("rv64");
    while ((n = extension_next(isa, &at)) && used + n < sizeof list) {
        memcpy(list + used, at, n);
        list[used + n] = '\0';
        used += n + 1;
        at += n;
    }
    string(t, "riscv,isa-base", "rv64i");
    bytes(t, "riscv,isa-extensions", list, used);
}

static void begin_numbered(struct tree *t, const char *name, uint32_t n)
{
    char text[16];
    snprintf(text, sizeof text, "%s%" PRIu32, name, n);
    begin(t, text);
}

static void cpu(struct tree *t, const struct virt_config *c, uint32_t hart)
{
    begin_numbered(t, "cpu@", hart);
    word(t, "phandle", cpu_phandle(hart));
    string(t, "device_type", "cpu");
    word(t, "reg", hart);
    string(t, "status", "okay");
    string(t, "compatible", "riscv");
    string(t, "riscv,isa", c->isa);
    isa_extensions(t, c->isa);
    if (c->mmu_type)
        string(t, "mmu-type", c->mmu_type);
    begin(t, "interrupt-controller");
    word(t, "#interrupt-cells", 1);
    word(t, "#address-cells", 0);
    flag(t, "interrupt-controller");
    string(t, "compatible", "riscv,cpu-intc");
    word(t, "phandle", intc_phandle(hart));
    end(t);
    end(t);
}

static void cpus(struct tree *t, const struct virt_config *c)
{
    begin(t, "cpus");
    cells(t, 1, 0);
    word(t, "timebase-frequency", VIRT_TIMEBASE);
    for (uint32_t h = 0; h < c->harts; h++)
        cpu(t, c, h);
    begin(t, "cpu-map");
    begin(t, "cluster0");
    for (uint32_t h = 0; h < c->harts; h++) {
        begin_numbered(t, "core", h);
        word(t, "cpu", cpu_phandle(h));
        end(t);
    }
    end(t);
    end(t);
    end(t);
}

static void interrupt_controllers(struct tree *t, uint32_t harts)
{
    begin_at(t, "clint", VIRT_CLINT, CLINT_SIZE);
    STRINGS(t, "compatible", "sifive,clint0\0riscv,clint0");
    hart_inputs(t, harts, INPUT_MSI, INPUT_MTI);
    end(t);
    begin_at(t, "plic", VIRT_PLIC, PLIC_SIZE);
    STRINGS(t, "compatible", "sifive,plic-1.0.0\0riscv,plic0");
    word(t, "phandle", PHANDLE_PLIC);
    word(t, "#interrupt-cells", 1);
    word(t, "#address-cells", 0);
    flag(t, "interrupt-controller");
    word(t, "riscv,ndev", PLIC_SOURCES);
    hart_inputs(t, harts, INPUT_MEI, INPUT_SEI);
    end(t);
}

static void serial_and_clock(struct tree *t)
{
    begin_at(t, "serial", VIRT_UART, UART_SIZE);
    string(t, "compatible", "ns16550a");
    word(t, "clock-frequency", UART_CLOCK);
    interrupt(t, VIRT_IRQ_UART);
    end(t);
    begin_at(t, "rtc", VIRT_RTC, REGISTER_PAGE);
    string(t, "compatible", "google,goldfish-rtc");
    interrupt(t, VIRT_IRQ_RTC);
    end(t);
    begin_at(t, "test", VIRT_FINISHER, REGISTER_PAGE);
    STRINGS(t, "compatible", "sifive,test1\0sifive,test0\0syscon");
    word(t, "phandle", PHANDLE_TEST);
    end(t);
}

static void virtio_slots(struct tree *t)
{
    for (uint32_t slot = 0; slot < VIRT_SLOTS; slot++) {
        begin_at(t, "virtio_mmio", VIRT_VIRTIO + (pa_t)slot * VIRTIO_SLOT_SIZE, VIRTIO_SLOT_SIZE);
        string(t, "compatible", "virtio,mmio");
        interrupt(t, VIRT_IRQ_VIRTIO + slot);
        end(t);
    }
}

static void soc(struct tree *t, uint32_t harts)
{
    begin(t, "soc");
    cells(t, 2, 2);
    string(t, "compatible", "simple-bus");
    flag(t, "ranges");
    serial_and_clock(t);
    virtio_slots(t);
    interrupt_controllers(t, harts);
    end(t);
}

static void syscon(struct tree *t, const char *name, const char *compatible, uint32_t value)
{
    begin(t, name);
    string(t, "compatible", compatible);
    word(t, "regmap", PHANDLE_TEST);
    word(t, "offset", 0);
    word(t, "value", value);
    end(t);
}

/* The seed of the kernel's random numbers is another stream than the entropy device's. */
static void rng_seed(struct tree *t, uint64_t seed)
{
    uint64_t state = ~seed, words[SEED_WORDS];
    for (unsigned i = 0; i < SEED_WORDS; i++)
        words[i] = splitmix64(&state);
    bytes(t, "rng-seed", words, sizeof words);
}

static void chosen(struct tree *t, const struct virt_config *c, const char *bootargs, pa_t initrd_start, pa_t initrd_end)
{
    begin(t, "chosen");
    string(t, "stdout-path", "/soc/serial@10000000");
    if (bootargs)
        string(t, "bootargs", bootargs);
    if (initrd_start != initrd_end) {
        wide(t, "linux,initrd-start", initrd_start);
        wide(t, "linux,initrd-end", initrd_end);
    }
    rng_seed(t, c->seed);
    end(t);
    begin(t, "aliases");
    string(t, "serial0", "/soc/serial@10000000");
    end(t);
}

static void board(struct tree *t, const struct virt_config *c)
{
    string(t, "model", "riscv-virtio,trapeze");
    string(t, "compatible", "riscv-virtio");
    cells(t, 2, 2);
    begin_at(t, "memory", VIRT_RAM, c->ram_size);
    string(t, "device_type", "memory");
    end(t);
    cpus(t, c);
    soc(t, c->harts);
    syscon(t, "poweroff", "syscon-poweroff", FINISHER_PASS);
    syscon(t, "reboot", "syscon-reboot", FINISHER_RESET);
}

int virt_fdt_build(const struct virt_config *c, const char *bootargs, pa_t initrd_start, pa_t initrd_end, uint8_t **out, size_t *size)
{
    for (int room = TREE_BYTES; room <= TREE_BYTES_MAX; room *= 2) {
        struct tree t = {.blob = malloc((size_t)room)};
        if (!t.blob)
            return -ENOMEM;
        keep(&t, fdt_create(t.blob, room));
        keep(&t, fdt_finish_reservemap(t.blob));
        begin(&t, "");
        board(&t, c);
        chosen(&t, c, bootargs, initrd_start, initrd_end);
        end(&t);
        keep(&t, fdt_finish(t.blob));
        if (!t.wrong) {
            *out = t.blob;
            *size = fdt_totalsize(t.blob);
            return 0;
        }
        free(t.blob);
        if (t.wrong != -FDT_ERR_NOSPACE)
            return -EINVAL;
    }
    return -E2BIG;
}
