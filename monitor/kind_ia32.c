/* kind_ia32.c - the machine ia32: an IA-32 CPU on a PC's board. Its options, in QEMU's words where QEMU has one, and how it is built.
 *
 * What is said, and what starts (core/boot_ia32.h):
 *
 *     -kernel FILE     the kernel, in protected mode, as a boot loader would leave it
 *     -bios FILE       the ROM, from the CPU's reset on; not both
 *     -drive ...       the first sector of the first drive, in real mode
 *     nothing          the embedded guest, with the commands below on its command line
 *
 * The board is a PC (devices/pc.h). -display text shows its screen on the terminal, and keys become the keyboard's; without it the
 * serial port is the console.
 */
#include "monitor/kind.h"

#include "core/boot_ia32.h"
#include "core/loader_pc.h"
#include "core/theory/theory.h"
#include "devices/pc.h"
#include "guests.h"
#include "isa/ia32.h"
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
struct ia32_options {
    struct ia32_config cpu;
    char variant[64]; /* "umip+cpuidf"; "": the plain machine */
};

static struct run_options *options(void *into) { return into; }
static struct ia32_options *own(const struct run_options *o) { return o->own; }

/* The board's drives are IDE disks (devices/ide.h): if=ide. */
static int set_drive(void *into, const char *value, struct error *e) { return run_drive_add(options(into), "ide", value, e); }

/* There is no firmware but what a file has, so "none" is what it is like without the option. */
static int set_bios(void *into, const char *value, struct error *e)
{
    if (strcmp(value, "builtin") == 0)
        return error_set(e, EINVAL, "a PC's firmware is none or a file: -bios none, or -bios FILE");
    options(into)->boot.bios = strcmp(value, "none") == 0 ? NULL : value;
    return 0;
}

/* Two models stand for the two ends of what kernels of the nineties ask for. */
static int set_cpu(void *into, const char *value, struct error *e)
{
    const bool old = strcmp(value, "386") == 0;
    if (!old && strcmp(value, "686") != 0)
        return error_set(e, EINVAL, "there is no CPU '%s'; there are 686 and 386", value);
    own(options(into))->cpu.model = old ? IA_MODEL_386 : IA_MODEL_686;
    return 0;
}

static int set_display(void *into, const char *value, struct error *e)
{
    const bool text = strcmp(value, "text") == 0;
    if (!text && strcmp(value, "none") != 0)
        return error_set(e, EINVAL, "the option -display is text or none, not '%s'", value);
    options(into)->display = text;
    return 0;
}

/* The last of -display and -nographic counts, as with QEMU. */
static int set_nographic(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    options(into)->display = false;
    return 0;
}

/* "umip, cpuidf ... and v86" */
static const char *variant_names(char *out, size_t size)
{
    size_t at = 0;
    for (unsigned n = 0; n < IA32_VARIANT_COUNT && at < size; n++)
        at += (size_t)snprintf(out + at, size - at, "%s%s",
                               n == 0                       ? ""
                               : n + 1 < IA32_VARIANT_COUNT ? ", "
                                                            : " and ",
                               ia32_variants[n].name);
    return out;
}

/* ":VARIANT", and more of them behind a '+' each. The name is kept as it is to be shown, in the order of the table:
 * ":cpuidf+umip" and ":umip+cpuidf" are one machine. */
static int rest_set(struct run_options *o, const char *value, struct error *e)
{
    struct ia32_options *own_options = own(o);
    const char *name;
    size_t length;
    char all[64];
    if (ia32_variants_parse(*value ? value + 1 : "", &own_options->cpu.variants, &name, &length) != 0)
        return error_set(e, EINVAL, "the machine ia32 has no variant '%.*s'; there are %s, and several with a '+' between them",
                         (int)length, name, variant_names(all, sizeof all));
    ia32_variants_name(own_options->cpu.variants, own_options->variant, sizeof own_options->variant);
    return 0;
}

static const struct option_desc table[] = {
    {"kernel", VALUE_NEEDED, "FILE", run_set_kernel, "bzImage, or kernel with a multiboot header (or just name it)"},
    {"guest", VALUE_NEEDED, "pc", run_set_guest, "the guest that the command carries: so it is without -kernel, -bios and -drive"},
    {"initrd", VALUE_NEEDED, "FILE", run_set_initrd, "initial RAM disk, or multiboot module"},
    {"append", VALUE_NEEDED, "TEXT", run_set_append, "kernel command line"},
    {"bios", VALUE_NEEDED, "none|FILE", set_bios, "ROM of 64, 128 or 256 KiB, which the CPU begins in (none)"},
    {"drive", VALUE_NEEDED, "LIST", set_drive, "file=PATH,format=raw,if=ide[,snapshot=on][,readonly=on]"},
    {"snapshot", VALUE_NONE, NULL, run_set_snapshot, "as snapshot=on for every drive: nothing is written to them"},
    {"m", VALUE_NEEDED, "SIZE", run_set_memory, "RAM, as in 64M or 1G; a plain number is MiB (128M)"},
    {"M", VALUE_NEEDED, "ia32[:VARIANT]", run_set_machine, "this machine, or one that differs from it; others: -M virt, -M pg"},
    {"machine", VALUE_NEEDED, "ia32", run_set_machine, NULL},
    {"cpu", VALUE_NEEDED, "686|386", set_cpu, "686: with FPU TSC MSR CX8 CMOV PSE"},
    {"display", VALUE_NEEDED, "text|none", set_display, "text: the screen on the terminal, keys are the keyboard's"},
    {"nographic", VALUE_NONE, NULL, set_nographic, "serial console on stdin and stdout: so it is without -display"},
    {"serial", VALUE_NEEDED, "stdio", run_set_serial, NULL},
    {"shadow", VALUE_NEEDED, "flush|trace|adapt", run_set_shadow, "shadow page tables; adapt is the default"},
    {"ring", VALUE_NEEDED, "3|1", run_set_ring, "real ring of the guest's ring 0, with trap and patch; 3 is the default"},
    {"no-reboot", VALUE_NONE, NULL, run_set_no_reboot, "end where the guest would reboot"},
    {"engine", VALUE_NEEDED, ENGINE_SYNTAX, run_set_engine,
     "what executes instructions (interpreter); simple does one at a time, for comparison"},
    {"no-fuse", VALUE_NONE, NULL, run_set_no_fuse, "for comparison: each instruction by itself, with all its flags"},
    {"no-chain", VALUE_NONE, NULL, run_set_no_chain, "for comparison: no jump stays in the inner loop"},
    {"script", VALUE_NEEDED, "FILE", run_set_script, "talk to the guest by a script: wait TEXT, send TEXT, quit"},
    {"gdb", VALUE_NEEDED, "DEVICE", run_set_gdb, "let GDB come in at tcp::PORT or unix:PATH, on this host alone"},
    {"gdb-files", VALUE_NEEDED, "FOLDER", run_set_gdb_files, "its `monitor` commands may name files below FOLDER; else none"},
    {"s", VALUE_NONE, NULL, run_set_gdb_default, "as -gdb tcp::1234"},
    {"S", VALUE_NONE, NULL, run_set_hold, "do not start before GDB says so"},
    RUN_SETTERS_COMMON(
        "patch: instructions are inspected first; or virtual rings 0 to 2 are translated (translate), or interpreted (hybrid)"),
    {0},
};

static void help(void)
{
    options_prose("usage: trapeze run -M ia32[:VARIANT] [OPTION...] [KERNEL]\n\n"
                  "Runs an IA-32 kernel, a ROM or a disk's boot sector on a PC: an 8259 pair, 8254, local and I/O APIC, clock, "
                  "keyboard, text screen, one serial port, four IDE disks; no PCI, no BIOS. "
                  "Options may have one dash or two.\n\n");
    options_help(table);
    printf("\nVariants, most with bits by which instructions trap outside of ring 0; several: umip+cpuidf.\n");
    for (unsigned n = 0; n < IA32_VARIANT_COUNT; n++)
        options_row(ia32_variants[n].name, ia32_variants[n].about);
    options_prose(
        "\nA guest that halts with interrupts off has switched the machine off. What it writes to port 0xf4 ends the run with "
        "twice that and one as its status.\n");
}

static const char *knows(const uint8_t *data, size_t size)
{
    const bool elf = size >= 20 && memcmp(data, "\177ELF", 4) == 0 && pc_get(data + 18, 2) == 3;
    if (is_bzimage(data, size))
        return "a PC's kernel (bzImage)";
    return elf ? "an i386 ELF file" : is_boot_disk(data, size) ? "a PC's disk with a boot sector" : NULL;
}

/* Unless it is said what to start: the small kernel, which does these of its commands. */
static bool carried(const struct run_options *o) { return !o->boot.kernel && !o->boot.bios && (o->guest || !o->drives); }

/* It is started as a kernel is, so it needs no firmware either. */
static const struct carried_guest guests[] = {
    {.name = "pc", .called = "the embedded guest", .data = trapeze_guest_pc, .size = &trapeze_guest_pc_size},
    {0},
};
static const char guest_commands[] = "ticks fault off";

/* A real ring 1 is for monitors that run the guest's ring 0 directly, where it has no mode of its own. */
static int check_ring(const struct run_options *o, struct error *e)
{
    const enum vmm_monitor m = o->each.monitor;
    if (!o->each.ring)
        return 0;
    if (o->bare)
        return error_set(e, EINVAL, "--bare and --ring 1 exclude each other: the bare machine's ring 0 is itself");
    if (m == VMM_HYBRID || m == VMM_TRANSLATE)
        return error_set(e, EINVAL, "--ring 1 goes with --vmm trap and --vmm patch: %s runs nothing of the guest's ring 0 directly",
                         vmm_monitor_name(m));
    if (m == VMM_TRAP && own(o)->cpu.variants & IA32_VT)
        return error_set(
            e, EINVAL,
            "--ring 1 and the variant vt exclude each other: in guest mode the guest's rings are the real ones; --vmm patch, "
            "which does without that mode, goes with both");
    if (own(o)->cpu.model == IA_MODEL_386)
        return error_set(e, EINVAL, "--ring 1 needs CR0.WP, which -cpu 386 has not: real ring 1 would write where pages forbid it");
    return 0;
}

/* What each option says is fine by itself; here is what they must be together. */
static int check(const struct run_options *o, struct error *e)
{
    const struct boot_config *b = &o->boot;
    if (b->bios && b->kernel)
        return error_set(e, EINVAL, "a kernel is started in the place of firmware: -kernel or -bios, not both");
    if (!b->kernel && !carried(o) && (b->initrd || b->append))
        return error_set(e, EINVAL, "%s needs a kernel: -kernel FILE", b->initrd ? "-initrd" : "-append");
    if (o->display && o->gdb)
        return error_set(e, EINVAL, "-display text and a debugger exclude each other: `info screen` shows the screen there");
    if (own(o)->cpu.model == IA_MODEL_386 && own(o)->cpu.variants)
        return error_set(e, EINVAL, "variants are of the CPU 686: -cpu 386 has none of their bits");
    const char *apart = theory_find("ia32")->variants_apart(own(o)->variant);
    if (apart)
        return error_set(e, EINVAL, "%s", apart);
    return check_ring(o, e);
}

static void defaults(struct run_options *o) { own(o)->cpu = ia32_config_default; }

static const char *variant(const struct run_options *o) { return *own(o)->variant ? own(o)->variant : NULL; }

/* All but the one that is this very machine, asked about its 8086 mode only. */
static const char *mended(unsigned index)
{
    const unsigned n = index + (index >= IA32_V86_NUMBER);
    return n < IA32_VARIANT_COUNT ? ia32_variants[n].name : NULL;
}

/* All of them trap where a bit says so, or leave the mode for guests. */
static bool unseen(const struct run_options *o) { return !(own(o)->cpu.variants & (IA32_TRAPS | IA32_VT)); }

static struct insn_desc row(const struct run_options *o, unsigned n) { return ia32_row_of(own(o)->cpu.variants, n); }

/* In the order in which boot() looks for something to start; without all of these, the drive is there. */
static const char *guest_name(const struct run_options *o)
{
    if (carried(o))
        return run_options_guest(o)->called;
    return o->boot.kernel ? o->boot.kernel : o->boot.bios ? o->boot.bios : o->drive[0].path;
}

static uint64_t guest_ram(const struct run_options *o) { return o->ram_size; }

/* Ports are the CPU's own space (NULL: made with it); the board finds it there. */
static int bare(const struct run_options *o, struct phys *phys, uint64_t size, struct machine **out, struct error *e)
{
    int r = ia32_create_with(out, phys, NULL, &own(o)->cpu, &o->engine);
    return r ? error_set(e, -r, "the host has no memory for a machine with %llu KiB of RAM", (unsigned long long)(size >> 10)) : 0;
}

/* PC_HZ units are a second, and a tick of the host's side is 100 ns, as on the other boards: ten units. */
static int plug(struct session *s, struct chardev console, struct error *e)
{
    const struct run_options *o = s->options;
    struct pc_config board = {.ram_size = o->ram_size, .console = console, .keyboard = o->display};
    for (unsigned n = 0; n < o->drives; n++)
        board.drive[n] = (struct pc_drive){o->drive[n].path, o->drive[n].snapshot, o->drive[n].readonly};
    return system_create(&s->system, stack_top(&s->stack), pc_create, &board, PC_HZ / CLOCK_TICK_HZ, e);
}

static int boot(struct session *s, struct error *e)
{
    struct boot_config b = s->options->boot;
    const struct carried_guest *g = run_options_guest(s->options);
    if (g) {
        b.kernel_data = g->data;
        b.kernel_size = *g->size;
        b.append = b.append ? b.append : guest_commands;
    }
    return boot_ia32(s->system, &b, &s->booted, e);
}

/* The kernel's symbols. That a file has none is no failure. */
static int read_symbols(const struct run_options *o, struct symbols *symbols, struct error *e)
{
    const struct symbols_binding any = {0};
    const struct carried_guest *g = run_options_guest(o);
    unsigned count;
    int r = 0;
    if (g)
        r = symbols_add_data(symbols, g->called, g->data, *g->size, &any, &count, e);
    else if (o->boot.kernel)
        r = symbols_add_file(symbols, o->boot.kernel, pipes_typed(o, o->boot.kernel), &any, &count, e);
    return r == -ENOEXEC ? 0 : r;
}

const struct kind kind_ia32 = {
    .machine = "ia32",
    .shown = "ia32[:VARIANT]",
    .separator = ':',
    .isa = &isa_ia32,
    .player = trapeze_guest_witness_ia32,
    .player_size = &trapeze_guest_witness_ia32_size,
    .own_size = sizeof(struct ia32_options),
    .defaults = defaults,
    .options = table,
    .rest_set = rest_set,
    .word = run_set_kernel,
    .check = check,
    .help = help,
    .knows = knows,
    .variant = variant,
    .mended = mended,
    .unseen = unseen,
    .row = row,
    .carried = carried,
    .guests = guests,
    .guest_name = guest_name,
    .has_pages = true,
    .has_rings = true,
    .ram_most = PC_RAM_MOST,
    .guest_ram = guest_ram,
    .bare = bare,
    .symbols = read_symbols,
    .plug = plug,
    .boot = boot,
};
