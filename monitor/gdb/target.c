/* target.c - see target.h. The features are GDB's own for RISC-V: org.gnu.gdb.riscv.cpu, .fpu, .csr and .virtual, which holds the
 * privilege as `priv`. Only what the machine has is in them, misa always. It is no Linux program: of one GDB thinks that it must
 * step by breakpoints, and loses its way at the first trap.
 */
#define _GNU_SOURCE /* open_memstream */
#include "monitor/gdb/target.h"

#include "isa/riscv.h"
#include "mmu/phys.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_fcsr(uint64_t csr) { return csr == CSR_fflags || csr == CSR_frm || csr == CSR_fcsr; }

bool gdb_register(const struct machine *m, uint64_t number, reg_t *reg, unsigned *bytes)
{
    *bytes = 8;
    if (number < GDB_PC)
        *reg = RV_X + (reg_t)number;
    else if (number == GDB_PC)
        *reg = MACHINE_PC;
    else if (number < GDB_CSR)
        *reg = RV_F + (reg_t)(number - GDB_F);
    else if (number < GDB_PRIV)
        *reg = RV_CSR + (reg_t)(number - GDB_CSR);
    else if (number == GDB_PRIV)
        *reg = MACHINE_MODE;
    else
        return false;
    if (number >= GDB_CSR && is_fcsr(number - GDB_CSR))
        *bytes = 4;
    return machine_has(m, *reg);
}

static const char *name_of(const struct isa *isa, reg_t reg)
{
    for (unsigned i = 0; i < isa->reg_count; i++)
        if (isa->regs[i].reg == reg)
            return isa->regs[i].name;
    return "";
}

static void put(FILE *f, const struct machine *m, unsigned number, const char *name, const char *type)
{
    reg_t reg;
    unsigned bytes;
    if (gdb_register(m, number, &reg, &bytes))
        fprintf(f, "<reg name=\"%s\" bitsize=\"%u\" regnum=\"%u\" type=\"%s\"/>\n", name ? name : name_of(m->isa, reg), bytes * 8,
                number, type);
}

static void begin(FILE *f, const char *name) { fprintf(f, "<feature name=\"org.gnu.gdb.riscv.%s\">\n", name); }
static void end(FILE *f) { fprintf(f, "</feature>\n"); }

/* x1 is ra and so on; the names are the table's. */
static void put_cpu(FILE *f, const struct machine *m)
{
    begin(f, "cpu");
    for (unsigned n = 0; n < GDB_PC; n++)
        put(f, m, n, NULL, n == 1 ? "code_ptr" : n >= 2 && n <= 4 ? "data_ptr" : "int");
    put(f, m, GDB_PC, "pc", "code_ptr");
    end(f);
}

static void put_fpu(FILE *f, const struct machine *m)
{
    begin(f, "fpu");
    for (unsigned n = GDB_F; n < GDB_CSR; n++)
        put(f, m, n, NULL, "ieee_double");
    for (unsigned csr = CSR_fflags; csr <= CSR_fcsr; csr++)
        put(f, m, GDB_CSR + csr, NULL, "int");
    end(f);
}

static void put_csr(FILE *f, const struct machine *m)
{
    begin(f, "csr");
    for (unsigned csr = 0; csr < 4096; csr++)
        if (!is_fcsr(csr))
            put(f, m, GDB_CSR + csr, NULL, "int");
    end(f);
}

char *gdb_target_xml(const struct machine *m)
{
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    fprintf(f, "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">\n"
               "<architecture>riscv:rv64</architecture>\n<osabi>none</osabi>\n");
    put_cpu(f, m);
    put_fpu(f, m);
    put_csr(f, m);
    begin(f, "virtual");
    put(f, m, GDB_PRIV, "priv", "int");
    end(f);
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
