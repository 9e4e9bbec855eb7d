/* kind_riscv.c - the machine virt: a RISC-V hart on QEMU's board. Its options, in QEMU's words where QEMU has one, and how it is built.
 *
 * What is said, and what starts (core/boot.h has where it lies):
 *
 *     -kernel   -bios       hart 0 begins in                                    besides
 *     -         -           the built-in firmware, with the embedded guest
 *     -         none        -                                                   refused: there is nothing to start
 *     FILE      -           the built-in firmware, with FILE in S-mode           a program that brings HTIF: as with none
 *     FILE      none        FILE, in M-mode
 *     FILE      FW          FW, in M-mode, which finds FILE
 *     -         FW          FW, in M-mode, alone
 *
 * --guest busy is a kernel that wants no firmware: it brings its own -bios none.
 */
#include "monitor/kind.h"

#include "core/theory/theory.h"
#include "devices/virt.h"
#include "guests.h"
#include "isa/riscv.h"
#include "monitor/debug/symbols.h"
#include "monitor/pipes.h"
#include "monitor/run_drive.h"
#include "monitor/run_setters.h"
#include "monitor/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What no other machine has. */
struct virt_options {
    struct riscv_config cpu;
    enum plic_gateway gateway;
    char isa[64]; /* what the device tree says of the CPU */
};

static struct run_options *options(void *into) { return into; }
static struct virt_options *own(const struct run_options *o) { return o->own; }

/* Setters of a plain string. */
#define STRING_SETTER(function, member)                                                                                               \
    static int function(void *into, const char *value, struct error *e)                                                               \
    {                                                                                                                                 \
        (void)e;                                                                                                                      \
        options(into)->member = value;                                                                                                \
        return 0;                                                                                                                     \
    }
STRING_SETTER(set_dtb, boot.dtb)
STRING_SETTER(set_signature, signature)
#undef STRING_SETTER

/* QEMU's command lines have it, and mean what is so here anyway. */
static int set_nographic(void *into, const char *value, struct error *e)
{
    (void)into, (void)value, (void)e; /* there is nothing else */
    return 0;
}

/* Which gateway the PLIC has (devices/plic.h): drivers that leave an interrupt standing are told of it once, or again and again. */
static int board_property(struct run_options *o, const char *key, const char *value, struct error *e)
{
    if (strcmp(key, "plic") != 0)
        return error_set(e, EINVAL, "-M virt knows plic=, not '%s'", key);
    bool strict = value && strcmp(value, "strict") == 0;
    if (!strict && !(value && strcmp(value, "qemu") == 0))
        return error_set(e, EINVAL, "-M virt,plic= is qemu or strict, not '%s'", value ? value : "");
    own(o)->gateway = strict ? PLIC_STRICT : PLIC_ASSERTED;
    return 0;
}

/* ",plic=strict" */
static int rest_set(struct run_options *o, const char *value, struct error *e)
{
    char *copy = strdup(value), *rest = copy, *key, *word;
    int r = copy ? 0 : error_set(e, ENOMEM, "there is not enough memory");
    if (r == 0)
        rest += *rest == ',';
    while (r == 0 && option_pair(&rest, &key, &word))
        r = board_property(o, key, word, e);
    free(copy);
    return r;
}

/* The names are those that the CPU's own table has, so a new one is known here as soon as it is there. */
static int cpu_feature(struct riscv_config *c, const char *key, const char *value, struct error *e)
{
    for (unsigned n = 0; riscv_choice(n); n++)
        if (strcmp(key, riscv_choice(n)) == 0)
            return option_on_off(key, value, riscv_choice_of(c, n), e);
    return error_set(e, EINVAL, "there is no '%s' to a CPU; there is %s", key, riscv_cpu_syntax);
}

/* "rv64,sv48=off,sstc=off": the name first, then features of it, as with QEMU. */
static int set_cpu(void *into, const char *value, struct error *e)
{
    char *copy = strdup(value), *rest = copy, *key, *word;
    int r = copy ? 0 : error_set(e, ENOMEM, "there is not enough memory");
    if (r == 0 && (!option_pair(&rest, &key, &word) || word || strcmp(key, "rv64") != 0))
        r = error_set(e, EINVAL, "there is no CPU '%s'; there is %s", value, riscv_cpu_syntax);
    while (r == 0 && option_pair(&rest, &key, &word))
        r = cpu_feature(&own(options(into))->cpu, key, word, e);
    free(copy);
    return r;
}

/* The board's drives are virtio devices (devices/virt.h): if=virtio. */
static int set_drive(void *into, const char *value, struct error *e) { return run_drive_add(options(into), "virtio", value, e); }

/* Lines of the signature hold so many bytes: 4 is what the architecture tests compare with. */
static int set_granularity(void *into, const char *value, struct error *e)
{
    uint64_t n;
    int r = option_number("--signature-granularity", value, false, &n, e);
    if (r == 0 && (n == 0 || n > 64 || (n & (n - 1))))
        r = error_set(e, EINVAL, "the option --signature-granularity wants a power of two up to 64, not %s", value);
    if (r == 0)
        options(into)->signature_granularity = (unsigned)n;
    return r;
}

static const struct option_desc table[] = {
    {"kernel", VALUE_NEEDED, "FILE", run_set_kernel, "ELF file, Linux Image or raw image (or just name it)"},
    {"initrd", VALUE_NEEDED, "FILE", run_set_initrd, "initial RAM disk"},
    {"append", VALUE_NEEDED, "TEXT", run_set_append, "kernel command line"},
    {"bios", VALUE_NEEDED, "WHAT", run_set_bios, "builtin, none, or a firmware file for M-mode"},
    {"dtb", VALUE_NEEDED, "FILE", set_dtb, "device tree instead of the board's own"},
    {"drive", VALUE_NEEDED, "LIST", set_drive, "file=PATH,format=raw,if=virtio[,snapshot=on][,readonly=on]"},
    {"snapshot", VALUE_NONE, NULL, run_set_snapshot, "as snapshot=on for every drive: nothing is written to them"},
    {"m", VALUE_NEEDED, "SIZE", run_set_memory, "RAM, as in 256M or 1G; a plain number is MiB (128M)"},
    {"M", VALUE_NEEDED, "virt", run_set_machine, "QEMU's virt[,plic=qemu|strict]; or pg, ia32 (-M pg --help)"},
    {"machine", VALUE_NEEDED, "virt", run_set_machine, NULL},
    {"cpu", VALUE_NEEDED, "LIST", set_cpu, riscv_cpu_syntax},
    {"smp", VALUE_NEEDED, "1", run_set_smp, "processors: one"},
    {"nographic", VALUE_NONE, NULL, set_nographic, "serial console on stdin and stdout: it always is"},
    {"serial", VALUE_NEEDED, "stdio", run_set_serial, NULL},
    {"no-reboot", VALUE_NONE, NULL, run_set_no_reboot, "end where the guest would reboot"},
    {"bare", VALUE_NONE, NULL, run_set_bare, "run on the machine itself, without a virtual machine"},
    {"depth", VALUE_NEEDED, "N", run_set_depth, "N virtual machines, each in the one before (1)"},
    {"shadow", VALUE_NEEDED, "flush|trace|adapt", run_set_shadow, "shadow page tables; adapt is the default"},
    {"ring", VALUE_NEEDED, "3|1", run_set_ring, NULL},
    {"vmm", VALUE_NEEDED, "trap|hybrid", run_set_vmm, "hybrid: virtual privileged modes are interpreted; trap is the default"},
    {"max-insns", VALUE_NEEDED, "N", run_set_max_insns, "end after N instructions; 5M and 2G mean millions and billions"},
    {"stats", VALUE_OPTIONAL, "text|json|time|off", run_set_stats, "account after the run, on stderr; json:FILE: in a file"},
    {"trace-out", VALUE_NEEDED, "FILE", run_set_trace_out, "every exit as a trace event, for Perfetto or chrome://tracing"},
    {"trace-limit", VALUE_NEEDED, "SIZE", run_set_trace_limit, "of that file (64M); later events are counted, not written"},
    {"guest", VALUE_NEEDED, "hello|busy", run_set_guest, "which of the guests that the command carries; hello if not said"},
    {"engine", VALUE_NEEDED, ENGINE_SYNTAX, run_set_engine,
     "what executes instructions (native); simple does one at a time, for comparison"},
    {"no-fuse", VALUE_NONE, NULL, run_set_no_fuse, "for comparison: no two instructions in one body"},
    {"no-chain", VALUE_NONE, NULL, run_set_no_chain, "for comparison: no jump stays in the inner loop"},
    {"seed", VALUE_NEEDED, "N", run_set_seed, "of the guest's random number device (0)"},
    {"script", VALUE_NEEDED, "FILE", run_set_script, "talk to the guest by a script: wait TEXT, send TEXT, quit"},
    {"gdb", VALUE_NEEDED, "DEVICE", run_set_gdb, "let GDB come in at tcp::PORT or unix:PATH, on this host alone"},
    {"gdb-files", VALUE_NEEDED, "FOLDER", run_set_gdb_files, "its `monitor` commands may name files below FOLDER; else none"},
    {"s", VALUE_NONE, NULL, run_set_gdb_default, "as -gdb tcp::1234"},
    {"S", VALUE_NONE, NULL, run_set_hold, "do not start before GDB says so"},
    {"signature", VALUE_NEEDED, "FILE", set_signature, "write begin_signature..end_signature at power-off"},
    {"signature-granularity", VALUE_NEEDED, "N", set_granularity, "bytes on a line of it (4)"},
    {"help", VALUE_NONE, NULL, run_set_help, "this help"},
    {"h", VALUE_NONE, NULL, run_set_help, NULL},
    {"version", VALUE_NONE, NULL, run_set_version, "the version"},
    {0},
};

static void help(void)
{
    options_prose("usage: trapeze run [OPTION...] [KERNEL]\n\n"
                  "Runs a RISC-V kernel in a virtual machine: every instruction of the guest executes in user mode.\n"
                  "Without a kernel it runs the small guest it carries. Options may have one dash or two.\n"
                  "Other machines have options of their own: trapeze run -M pg --help, trapeze run -M ia32 --help.\n\n");
    options_help(table);
    options_prose("\nKeys at a terminal: Ctrl-A x ends, Ctrl-A h helps, Ctrl-A Ctrl-A sends Ctrl-A.\n"
                  "Exit status: the guest's own at power-off, else 1 failure of trapeze, 2 bad usage, 119 script not\n"
                  "met, 120 stopped by the VMM, 121 --max-insns reached, 122 stuck, 128+N ended by signal N.\n");
}

/* By the name's end, since the file is not read yet; a kernel that is called so may be renamed. */
static bool is_pg_program(const char *path)
{
    size_t n = strlen(path);
    return n > 3 && strcmp(path + n - 3, ".pg") == 0;
}

/* What each option says is fine by itself; here is what they must be together. The first sentence is for the most frequent
 * mistake. */
static int check(const struct run_options *o, struct error *e)
{
    if (o->boot.kernel && is_pg_program(o->boot.kernel))
        return error_set(e, EINVAL, "%s is a program of the paper's machine, not a RISC-V kernel: trapeze run -M pg %s",
                         o->boot.kernel, o->boot.kernel);
    bool none = o->boot.bios && strcmp(o->boot.bios, "none") == 0;
    if (none && !o->boot.kernel)
        return error_set(e, EINVAL, "-bios none needs a kernel to start");
    bool file = o->boot.bios && !none && strcmp(o->boot.bios, "builtin") != 0;
    if (!o->boot.kernel && !file && (o->boot.initrd || o->boot.append))
        return error_set(e, EINVAL, "%s needs a kernel: -kernel FILE", o->boot.initrd ? "-initrd" : "-append");
    if (!o->signature && o->signature_granularity)
        return error_set(e, EINVAL, "--signature-granularity needs --signature FILE");
    return 0;
}

/* By e_machine, or by one of the two marks in the header of an Image. */
static const char *knows(const uint8_t *data, size_t size)
{
    const bool elf = size >= 20 && memcmp(data, "\177ELF", 4) == 0 && data[18] == 243 && data[19] == 0;
    const bool image = size >= 60 && (memcmp(data + 48, "RISCV\0\0", 8) == 0 || memcmp(data + 56, "RSC\5", 4) == 0);
    return elf ? "a RISC-V ELF file" : image ? "a Linux Image for RISC-V" : NULL;
}

static void defaults(struct run_options *o) { own(o)->cpu = riscv_config_default; }

/* The firmware must be the built-in one, or none be said: another one would have nothing to start it by. */
static bool carried(const struct run_options *o) { return !o->boot.kernel && (!o->boot.bios || strcmp(o->boot.bios, "builtin") == 0); }

static const struct carried_guest guests[] = {
    {.name = "hello", .called = "the embedded guest", .data = trapeze_guest_hello, .size = &trapeze_guest_hello_size},
    {.name = "busy", .called = "the busy guest", .data = trapeze_guest_busy, .size = &trapeze_guest_busy_size, .bios = "none"},
    {0},
};

/* One of the three is there: check() has refused the rest. */
static const char *guest_name(const struct run_options *o)
{
    if (carried(o))
        return run_options_guest(o)->called;
    if (o->boot.kernel)
        return o->boot.kernel;
    return o->boot.bios;
}

/* What -m says; virtual machines below need more, which stack_create() adds up. */
static uint64_t guest_ram(const struct run_options *o) { return o->ram_size; }

static int bare(const struct run_options *o, struct phys *phys, uint64_t size, struct machine **out, struct error *e)
{
    int r = riscv_create_with(out, phys, &own(o)->cpu, &o->engine);
    return r ? error_set(e, -r, "the host has no memory for a machine with %llu KiB of RAM", (unsigned long long)(size >> 10)) : 0;
}

/* The device tree has to say of the CPU what the CPU is: both are made from the same configuration. */
static int plug(struct session *s, struct chardev console, struct error *e)
{
    const struct run_options *o = s->options;
    struct virt_options *v = own(o);
    riscv_isa_string(&v->cpu, v->isa, sizeof v->isa);
    struct virt_config board = {
        .ram_size = o->ram_size,
        .harts = 1,
        .isa = v->isa,
        .mmu_type = v->cpu.sv48 ? "riscv,sv48" : "riscv,sv39",
        .console = console,
        .seed = o->seed,
        .gateway = v->gateway,
    };
    memcpy(board.drive, o->drive, sizeof board.drive);
    return system_create(&s->system, stack_top(&s->stack), virt_create, &board, v->cpu.units_per_tick, e);
}

/* The guest that the command carries is an image in memory, and stands on the firmware that it was written for. */
static int boot(struct session *s, struct error *e)
{
    struct boot_config b = s->options->boot;
    const struct carried_guest *g = run_options_guest(s->options);
    if (g) {
        b.kernel_data = g->data;
        b.kernel_size = *g->size;
        b.bios = g->bios ? g->bios : b.bios;
    }
    return boot_system(s->system, &b, &s->booted, e);
}

/* The kernel's symbols, and a firmware's. That a file has none is no failure. */
static int read_symbols(const struct run_options *o, struct symbols *symbols, struct error *e)
{
    const struct boot_config *b = &o->boot;
    struct symbols_binding any = {0}, machine = {.has_mode = true, .mode = RV_M};
    unsigned count;
    int r = 0;
    const struct carried_guest *g = run_options_guest(o);
    if (g)
        r = symbols_add_data(symbols, g->called, g->data, *g->size, &any, &count, e);
    else if (b->kernel)
        r = symbols_add_file(symbols, b->kernel, pipes_typed(o, b->kernel), &any, &count, e);
    if ((r == 0 || r == -ENOEXEC) && b->bios && strcmp(b->bios, "builtin") != 0 && strcmp(b->bios, "none") != 0)
        r = symbols_add_file(symbols, b->bios, pipes_typed(o, b->bios), &machine, &count, e);
    return r == -ENOEXEC ? 0 : r;
}

const struct kind kind_riscv = {
    .machine = "virt",
    .shown = "virt",
    .separator = ',',
    .isa = &isa_riscv,
    .player = trapeze_guest_witness,
    .player_size = &trapeze_guest_witness_size,
    .own_size = sizeof(struct virt_options),
    .defaults = defaults,
    .options = table,
    .rest_set = rest_set,
    .word = run_set_kernel,
    .check = check,
    .help = help,
    .knows = knows,
    .carried = carried,
    .guests = guests,
    .guest_name = guest_name,
    .has_pages = true,
    .ram_base = VIRT_RAM,
    .ram_most = UINT64_C(1) << 40,
    .guest_ram = guest_ram,
    .bare = bare,
    .symbols = read_symbols,
    .plug = plug,
    .boot = boot,
};
