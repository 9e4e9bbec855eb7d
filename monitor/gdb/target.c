/* target.c - see target.h. What the registers are called and where they stand the instruction set says; only what the machine has is
 * described. It is no Linux program: of one GDB thinks that it must step by breakpoints, and loses its way at the first trap.
 */
#define _GNU_SOURCE /* open_memstream */
#include "monitor/gdb/target.h"

#include "isa/about.h"
#include "mmu/phys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool gdb_register(const struct machine *m, uint64_t number, reg_t *reg, unsigned *bytes)
{
    struct about_gdb r;
    if (!about_of(m->isa)->gdb_register || !about_of(m->isa)->gdb_register(number, &r))
        return false;
    *reg = r.reg;
    *bytes = r.bytes;
    return machine_has(m, r.reg);
}

static void put(FILE *f, const struct machine *m, const struct about_gdb *r)
{
    const struct reg_desc *desc = about_desc(m->isa, r->reg);
    const char *name = r->name ? r->name : desc ? desc->name : "";
    if (machine_has(m, r->reg))
        fprintf(f, "<reg name=\"%s\" bitsize=\"%u\" regnum=\"%u\" type=\"%s\"/>\n", name, r->bytes * 8, (unsigned)r->number, r->type);
}

static void put_features(FILE *f, const struct machine *m)
{
    struct about_gdb r;
    const char *feature = NULL;
    for (unsigned i = 0; about_of(m->isa)->gdb_listed && about_of(m->isa)->gdb_listed(i, &r); i++) {
        if (!feature || strcmp(feature, r.feature) != 0)
            fprintf(f, "%s<feature name=\"%s\">\n", feature ? "</feature>\n" : "", r.feature);
        feature = r.feature;
        put(f, m, &r);
    }
    fprintf(f, "%s", feature ? "</feature>\n" : "");
}

static const char *architecture(const struct machine *m)
{
    const struct about *a = about_of(m->isa);
    if (a->narrow && a->narrow(m))
        return a->gdb_narrow;
    return a->gdb_architecture ? a->gdb_architecture : m->isa->name;
}

/*     <target version="1.0">
 *     <architecture>...</architecture>
 *     <osabi>none</osabi>
 *     <feature name="org.gnu.gdb....cpu">
 *     <reg name="ra" bitsize="64" regnum="1" type="code_ptr"/>
 *     ...
 *
 * GDB refuses a description that lacks a register of the features which it knows by name; others it shows as they are
 * described. It asks once, when it connects, and goes by the architecture from then on: a person may set i386 where i8086
 * was said, but the other way round GDB disassembles as before. */
char *gdb_target_xml(const struct machine *m)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    fprintf(f,
            "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">\n"
            "<architecture>%s</architecture>\n<osabi>none</osabi>\n",
            architecture(m));
    put_features(f, m);
    fprintf(f, "</target>\n");
    return fclose(f) == 0 ? text : (free(text), NULL);
}

static void put_memory(FILE *f, unsigned long long first, unsigned long long size)
{
    if (size)
        fprintf(f, "<memory type=\"ram\" start=\"0x%llx\" length=\"0x%llx\"/>\n", first, size);
}

/* GDB holds an address that is in no region to be no memory at all; but the map is of physical memory, and what it asks for is
 * virtual. So all is RAM, in regions that begin and end where the ranges do. */
char *gdb_memory_map(const struct machine *m)
{
    char *text = NULL;
    size_t size;
    uint64_t at = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    fprintf(f, "<?xml version=\"1.0\"?>\n<!DOCTYPE memory-map PUBLIC \"+//IDN gnu.org//DTD GDB Memory Map V1.0//EN\"\n"
               "  \"http://sourceware.org/gdb/gdb-memory-map.dtd\">\n<memory-map>\n");
    for (unsigned i = 0; i < phys_count(m->phys); i++) {
        const struct phys_range *r = phys_range(m->phys, i);
        put_memory(f, at, r->base - at);
        put_memory(f, r->base, r->size);
        at = r->base + r->size;
    }
    put_memory(f, at, UINT64_MAX - at);
    fprintf(f, "</memory-map>\n");
    return fclose(f) == 0 ? text : (free(text), NULL);
}
