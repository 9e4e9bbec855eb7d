/* about_tables.c - descriptors, gates and the task state as people read them [SDM 3A 3.4.5, 6.11, 7.2]. Over the contract: the bits are
 * taken apart here once more, from the manual, and nothing of the CPU's own reading of them is used. */
#include "isa/ia32/about.h"

#include "isa/ia32.h"

#include <stdio.h>
#include <string.h>

/* --- descriptors in words */

static const char *const system_types[16] = {
    "reserved", "TSS 16", "LDT",      "TSS 16 busy", "call gate 16", "task gate", "interrupt gate 16", "trap gate 16",
    "reserved", "TSS 32", "reserved", "TSS 32 busy", "call gate 32", "reserved",  "interrupt gate 32", "trap gate 32",
};

/* 4-7, 12, 14 and 15; 13 is reserved, as 0, 8 and 10 are, which are printed like segments of that name. */
static bool is_gate(unsigned type) { return type >= 4 && type != 8 && type != 9 && type != 10 && type != 11 && type != 13; }

static const char *yes(bool is, const char *text) { return is ? text : ""; }

/* "code 32  r-x conforming  DPL 0 accessed". The rights are bits 8 and up of a descriptor's second word, as IA_RIGHTS_* have them. */
static void rights_text(uint32_t rights, char *out, size_t size)
{
    const unsigned type = rights & IA_RIGHTS_TYPE, dpl = (rights & IA_RIGHTS_DPL) >> 5;
    const char *absent = yes(!(rights & IA_RIGHTS_P), "  not present");
    if (rights & IA_RIGHTS_NULL)
        snprintf(out, size, "null");
    else if (!(rights & IA_RIGHTS_S))
        snprintf(out, size, "%s  DPL %u%s", system_types[type], dpl, absent);
    else if (type & 8)
        snprintf(out, size, "code %s %sx%s  DPL %u%s%s", rights & IA_RIGHTS_DB ? "32" : "16", type & 2 ? "r-" : "--",
                 yes(type & 4, " conforming"), dpl, yes(type & 1, "  accessed"), absent);
    else
        snprintf(out, size, "data %s r%s%s  DPL %u%s%s", rights & IA_RIGHTS_DB ? "32" : "16", type & 2 ? "w-" : "--",
                 yes(type & 4, " expand-down"), dpl, yes(type & 1, "  accessed"), absent);
}

static void segment_text(uint32_t base, uint32_t limit, uint32_t rights, char *out, size_t size)
{
    char words[64];
    rights_text(rights, words, sizeof words);
    snprintf(out, size, "base %08x  limit %08x  %s", base, limit, words);
}

/* A gate [SDM 3A 5.8.3, 6.11]: an address to go to, and who may.
 *
 *      63                48 47  46 45 44 43     40 39    37 36      32 31            16 15             0
 *     | offset 31:16       | P | DPL | 0 | type   | 0 0 0  | count    | selector       | offset 15:0    |
 *
 * Count is of call gates: how many parameters are copied to the inner stack. Types below 8 are those of a 286,
 * whose offsets have 16 bits; a task gate has a selector alone, of the TSS. */
static void gate_text(uint64_t d, char *out, size_t size)
{
    const unsigned type = d >> 40 & 15, dpl = d >> 45 & 3, selector = d >> 16 & 0xffff;
    const uint32_t offset = (uint32_t)((d & 0xffff) | (d >> 48 << 16));
    const char *absent = yes(!(d >> 47 & 1), "  not present");
    if (type == 5)
        snprintf(out, size, "task gate  TSS %04x  DPL %u%s", selector, dpl, absent);
    else if (type == 4 || type == 12)
        snprintf(out, size, "%s  %04x:%08x  %u parameters  DPL %u%s", system_types[type], selector,
                 type & 8 ? offset : offset & 0xffff, (unsigned)(d >> 32 & 31), dpl, absent);
    else
        snprintf(out, size, "%s  %04x:%08x  DPL %u%s", system_types[type], selector, type & 8 ? offset : offset & 0xffff, dpl, absent);
}

/* Segments have the layout that isa/ia32/segment.h draws; a TSS and an LDT have a base and a limit as segments do.
 * The rights are cut out as IA_RIGHTS_* has them: bits 15:8 and 23:20 of the upper word, the four of the limit
 * between them left out. */
static void descriptor_text(uint64_t d, char *out, size_t size)
{
    const uint32_t high = (uint32_t)(d >> 32);
    const unsigned type = high >> 8 & 15;
    if (!(high >> 12 & 1) && is_gate(type)) {
        gate_text(d, out, size);
        return;
    }
    const uint32_t base = (uint32_t)(d >> 16 & 0xffffff) | (high & 0xff000000), units = (uint32_t)(d & 0xffff) | (high & 0xf0000);
    segment_text(base, high >> 23 & 1 ? units << 12 | 0xfff : units, high >> 8 & 0xf0ff, out, size);
}

/* A table may lie where no page is mapped, as after a kernel took its early mapping away: that is worth a sentence
 * of its own. */
static void entry_at(const struct machine *m, uint32_t linear, struct about_entry *e)
{
    uint64_t d;
    if (!ia32_about_read(m, linear, 8, &d)) {
        e->used = true;
        snprintf(e->text, sizeof e->text, "cannot be read: nothing is mapped at linear %08x", linear);
        return;
    }
    e->used = d != 0;
    if (d)
        descriptor_text(d, e->text, sizeof e->text);
    else
        snprintf(e->text, sizeof e->text, "empty");
}

/* --- the tables */

static uint32_t segment_part(const struct machine *m, unsigned segment, unsigned part)
{
    return (uint32_t)machine_get(m, IA_SEG + 4 * segment + part);
}

static bool is_protected(const struct machine *m) { return machine_get(m, IA_CR0) & CR0_PE; }

static bool where_segments(const struct machine *m, char *out, size_t size)
{
    const char *how = !is_protected(m)                         ? "real mode: a selector is a paragraph"
                      : machine_get(m, MACHINE_MODE) == IA_V86 ? "virtual-8086 mode: a selector is a paragraph"
                                                               : "the hidden parts, as they were loaded";
    snprintf(out, size, "%s", how);
    return true;
}

/* The hidden parts are what the processor goes by until the next load; a table that was changed since then does not
 * show here. That is the reason why there is a table "segments" beside "gdt". */
static bool segment_entry(const struct machine *m, unsigned n, struct about_entry *e)
{
    static const struct {
        const char *name;
        unsigned segment;
    } all[] = {{"cs", IA_CS}, {"ss", IA_SS}, {"ds", IA_DS},     {"es", IA_ES},
               {"fs", IA_FS}, {"gs", IA_GS}, {"ldtr", IA_LDTR}, {"tr", IA_TR}};
    if (n >= sizeof all / sizeof all[0])
        return false;
    const unsigned s = all[n].segment;
    e->used = true;
    snprintf(e->name, sizeof e->name, "%-4s %04x", all[n].name, segment_part(m, s, IA_SELECTOR));
    segment_text(segment_part(m, s, IA_BASE), segment_part(m, s, IA_LIMIT), segment_part(m, s, IA_RIGHTS), e->text, sizeof e->text);
    return true;
}

static bool table_where(const char *name, uint32_t base, uint32_t limit, char *out, size_t size)
{
    snprintf(out, size, "%s: linear %08x, limit %x: %u %s", name, base, limit, (limit + 1) / 8, limit + 1 == 8 ? "entry" : "entries");
    return true;
}

static bool is_as_at_reset(const struct machine *m, reg_t base, reg_t limit)
{
    return !machine_get(m, base) && machine_get(m, limit) == 0xffff;
}

/* From reset until the first LGDT nobody has made a table where GDTR points: what lies there is other things. A table that a kernel has
 * loaded for protected mode is shown before, too. */
static bool where_gdt(const struct machine *m, char *out, size_t size)
{
    if (!is_protected(m) && is_as_at_reset(m, IA_GDTR_BASE, IA_GDTR_LIMIT)) {
        snprintf(out, size, "GDTR: linear 0, limit ffff, as at reset: real-address mode, which has no such table");
        return false;
    }
    return table_where("GDTR", (uint32_t)machine_get(m, IA_GDTR_BASE), (uint32_t)machine_get(m, IA_GDTR_LIMIT), out, size);
}

/* Named by the selector that finds it: index times 8, and 4 for the LDT. 8,192 entries are as many as an index of
 * 13 bits can name. */
static bool descriptor_entry(const struct machine *m, uint32_t base, uint32_t limit, unsigned n, unsigned kind, struct about_entry *e)
{
    if (n > 0x1fff || n * 8 + 7 > limit)
        return false;
    uint64_t d;
    const uint32_t at = base + n * 8;
    snprintf(e->name, sizeof e->name, "%04x", n * 8 + kind);
    entry_at(m, at, e);
    e->again = n && !ia32_about_read(m, at, 8, &d) && !ia32_about_read(m, at - 8, 8, &d); /* no page either: one is enough */
    return true;
}

static bool gdt_entry(const struct machine *m, unsigned n, struct about_entry *e)
{
    return descriptor_entry(m, (uint32_t)machine_get(m, IA_GDTR_BASE), (uint32_t)machine_get(m, IA_GDTR_LIMIT), n, 0, e);
}

static bool where_ldt(const struct machine *m, char *out, size_t size)
{
    if (!(segment_part(m, IA_LDTR, IA_SELECTOR) & ~3u)) {
        snprintf(out, size, "LDTR is null: there is no LDT");
        return false;
    }
    return table_where("LDTR", segment_part(m, IA_LDTR, IA_BASE), segment_part(m, IA_LDTR, IA_LIMIT), out, size);
}

static bool ldt_entry(const struct machine *m, unsigned n, struct about_entry *e)
{
    return descriptor_entry(m, segment_part(m, IA_LDTR, IA_BASE), segment_part(m, IA_LDTR, IA_LIMIT), n, 4, e);
}

enum { VECTORS = 256 };

/* In protected mode there are no gates before the first LIDT: IDTR still points at real mode's vectors, or where no firmware ran at
 * whatever lies at the bottom of memory. */
static bool where_idt(const struct machine *m, char *out, size_t size)
{
    const uint32_t base = (uint32_t)machine_get(m, IA_IDTR_BASE), limit = (uint32_t)machine_get(m, IA_IDTR_LIMIT);
    if (is_protected(m) && is_as_at_reset(m, IA_IDTR_BASE, IA_IDTR_LIMIT)) {
        snprintf(out, size, "IDTR: linear 0, limit ffff, as at reset: no gates were made, LIDT has not been executed");
        return false;
    }
    if (is_protected(m))
        return table_where("IDTR", base, limit, out, size);
    const uint32_t vectors = (limit + 1) / 4;
    snprintf(out, size, "IDTR: linear %08x, limit %x: %u vectors of real mode", base, limit, vectors < VECTORS ? vectors : VECTORS);
    return true;
}

/* In real mode an entry is the offset, then the segment, of 2 bytes each [386 14.4, SDM 3A 20.1.4]; in protected
 * mode a gate of 8 bytes. Firmware may lead all vectors to one place, by segments that tell it which it was. */
static uint32_t vector_target(uint64_t vector) { return (uint32_t)((vector >> 16) * 16 + (vector & 0xffff)); }

static bool idt_entry(const struct machine *m, unsigned n, struct about_entry *e)
{
    const uint32_t base = (uint32_t)machine_get(m, IA_IDTR_BASE), limit = (uint32_t)machine_get(m, IA_IDTR_LIMIT);
    const unsigned size = is_protected(m) ? 8 : 4;
    uint64_t vector, before;
    if (n >= VECTORS || n * size + size - 1 > limit)
        return false;
    snprintf(e->name, sizeof e->name, "%02x", n);
    if (is_protected(m)) {
        entry_at(m, base + n * 8, e);
        return true;
    }
    e->used = ia32_about_read(m, base + n * 4, 4, &vector) && vector;
    e->again = e->used && n && ia32_about_read(m, base + n * 4 - 4, 4, &before) && vector_target(before) == vector_target(vector);
    snprintf(e->text, sizeof e->text, "%04x:%04x", (unsigned)(vector >> 16), (unsigned)(vector & 0xffff));
    return true;
}

/* --- the task state */

/* A task state segment [SDM 3A 7.2.1, 7.6]: fields by their offset and size. Of four bytes that hold a selector the
 * upper two are reserved. The stacks of rings 0 to 2 are constant, and so are CR3 and LDT: a switch saves the rest.
 *
 *          32 bits                              16 bits (286)
 *     0    link   back to the task before       0   link
 *     4    esp0 ss0 esp1 ss1 esp2 ss2           2   sp0 ss0 sp1 ss1 sp2 ss2
 *    28    cr3                                  14   ip flags
 *    32    eip eflags                           18   ax cx dx bx sp bp si di
 *    40    eax ecx edx ebx esp ebp esi edi      34   es cs ss ds
 *    72    es cs ss ds fs gs                    42   ldt
 *    96    ldt
 *   100    trap (bit 0: #DB when it begins)
 *   102    iomap (offset of the bits for ports)
 */
struct tss_field {
    const char *name;
    uint8_t at, size;
};
static const struct tss_field tss32[] = {
    {"link", 0, 2}, {"esp0", 4, 4}, {"ss0", 8, 2},     {"esp1", 12, 4}, {"ss1", 16, 2},   {"esp2", 20, 4},   {"ss2", 24, 2},
    {"cr3", 28, 4}, {"eip", 32, 4}, {"eflags", 36, 4}, {"eax", 40, 4},  {"ecx", 44, 4},   {"edx", 48, 4},    {"ebx", 52, 4},
    {"esp", 56, 4}, {"ebp", 60, 4}, {"esi", 64, 4},    {"edi", 68, 4},  {"es", 72, 2},    {"cs", 76, 2},     {"ss", 80, 2},
    {"ds", 84, 2},  {"fs", 88, 2},  {"gs", 92, 2},     {"ldt", 96, 2},  {"trap", 100, 2}, {"iomap", 102, 2},
};
static const struct tss_field tss16[] = {
    {"link", 0, 2},   {"sp0", 2, 2}, {"ss0", 4, 2}, {"sp1", 6, 2}, {"ss1", 8, 2}, {"sp2", 10, 2}, {"ss2", 12, 2}, {"ip", 14, 2},
    {"flags", 16, 2}, {"ax", 18, 2}, {"cx", 20, 2}, {"dx", 22, 2}, {"bx", 24, 2}, {"sp", 26, 2},  {"bp", 28, 2},  {"si", 30, 2},
    {"di", 32, 2},    {"es", 34, 2}, {"cs", 36, 2}, {"ss", 38, 2}, {"ds", 40, 2}, {"ldt", 42, 2},
};

static bool is_32(const struct machine *m) { return segment_part(m, IA_TR, IA_RIGHTS) & 8; }

static bool where_tss(const struct machine *m, char *out, size_t size)
{
    const uint32_t selector = segment_part(m, IA_TR, IA_SELECTOR);
    if (!(selector & ~3u)) {
        snprintf(out, size, "TR is null: there is no task state");
        return false;
    }
    snprintf(out, size, "TR %04x: a TSS of %s bits at linear %08x, limit %x", selector, is_32(m) ? "32" : "16",
             segment_part(m, IA_TR, IA_BASE), segment_part(m, IA_TR, IA_LIMIT));
    return true;
}

/* Fields behind the limit are left out, as the processor would not find them either. */
static bool tss_entry(const struct machine *m, unsigned n, struct about_entry *e)
{
    const struct tss_field *f = is_32(m) ? tss32 : tss16;
    const uint32_t limit = segment_part(m, IA_TR, IA_LIMIT), at = segment_part(m, IA_TR, IA_BASE);
    uint64_t v;
    if (n >= (is_32(m) ? sizeof tss32 / sizeof tss32[0] : sizeof tss16 / sizeof tss16[0]) || (uint32_t)f[n].at + f[n].size - 1 > limit)
        return false;
    snprintf(e->name, sizeof e->name, "%s", f[n].name);
    e->used = true;
    if (!ia32_about_read(m, at + f[n].at, f[n].size, &v))
        snprintf(e->text, sizeof e->text, "cannot be read: nothing is mapped at linear %08x", at + f[n].at);
    else
        snprintf(e->text, sizeof e->text, "%0*llx", f[n].size * 2, (unsigned long long)v);
    return true;
}

const struct about_table ia32_about_tables[] = {
    {"segments", where_segments, segment_entry},
    {"gdt", where_gdt, gdt_entry},
    {"ldt", where_ldt, ldt_entry},
    {"idt", where_idt, idt_entry},
    {"tss", where_tss, tss_entry},
    {"float", ia32_about_float_where, ia32_about_float_entry},
    {0},
};
