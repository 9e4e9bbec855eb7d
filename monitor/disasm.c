/* disasm.c - one instruction as text: by Capstone where it can, else by the table's printer (isa->print). */
#include "monitor/disasm.h"

#include "isa/pg.h"
#include "isa/riscv.h"
#include "mmu/phys.h"
#include "mmu/pt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- by Capstone */

#ifdef TRAPEZE_CAPSTONE
#include <capstone.h>
#include <dlfcn.h>
#include <pthread.h>

/* The library is large, and most runs print no instruction: it is loaded when it is first wanted. Absent after all, or of another version
 * than its header: the table's printer serves. */
static struct capstone {
    bool there;
    __typeof__(cs_version) *version;
    __typeof__(cs_open) *open;
    __typeof__(cs_disasm) *disasm;
    __typeof__(cs_free) *free;
    __typeof__(cs_close) *close;
} capstone;

static bool load_symbol(void *library, const char *name, void *function /* a pointer to one */)
{
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static void capstone_load(void)
{
    int major = 0, minor;
    void *library = dlopen(TRAPEZE_CAPSTONE, RTLD_NOW | RTLD_LOCAL);
    capstone.there = library && load_symbol(library, "cs_version", &capstone.version) &&
                     load_symbol(library, "cs_open", &capstone.open) && load_symbol(library, "cs_disasm", &capstone.disasm) &&
                     load_symbol(library, "cs_free", &capstone.free) && load_symbol(library, "cs_close", &capstone.close);
    if (capstone.there)
        capstone.version(&major, &minor);
    capstone.there = major == CS_API_MAJOR;
}

static bool capstone_open(csh *handle)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, capstone_load);
    return capstone.there && capstone.open(CS_ARCH_RISCV, CS_MODE_RISCV64 | CS_MODE_RISCVC, handle) == CS_ERR_OK;
}

/* Capstone prints the distance of a jump; people want to know where it leads. The distance is the last operand. */
static void absolute_target(const struct insn_desc *row, va_t pc, char *operands, size_t size)
{
    static const char *const relative[] = {"B", "J", "C_B", "C_J"};
    for (unsigned i = 0; i < sizeof relative / sizeof relative[0]; i++) {
        if (strcmp(row->format, relative[i]) != 0)
            continue;
        char *comma = strrchr(operands, ','), *last = comma ? comma + 2 : operands;
        long long distance = strtoll(last, NULL, 0);
        snprintf(last, size - (size_t)(last - operands), "0x%llx", (unsigned long long)pc + (unsigned long long)distance);
    }
}

/* Capstone has fewer CSRs by name than the machine, and a wrong name for two. Pseudo-instructions like frcsr name theirs themselves. */
static bool names_csr(uint64_t bits, const cs_insn *insn)
{
    if (strncmp(insn->mnemonic, "csr", 3) != 0)
        return true;
    for (unsigned i = 0; i < isa_riscv.reg_count; i++)
        if (isa_riscv.regs[i].reg == RV_CSR + bits_get(bits, 20, 12))
            return strstr(insn->op_str, isa_riscv.regs[i].name) != NULL;
    return true; /* nobody's: a number is all there is */
}

static bool by_capstone(const struct machine *m, uint64_t bits, va_t pc, char *out, size_t size)
{
    unsigned length, row = m->isa->decode(m->config, bits, &length);
    uint8_t bytes[4] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16), (uint8_t)(bits >> 24)};
    csh handle;
    cs_insn *insn;
    bool done = false;
    if (m->isa != &isa_riscv || row == INSN_NONE || !capstone_open(&handle))
        return false;
    if (capstone.disasm(handle, bytes, length, pc, 1, &insn) == 1) {
        absolute_target(&m->isa->rows[row], pc, insn->op_str, sizeof insn->op_str);
        done = insn->size == length && !strstr(insn->op_str, "unknown") &&
               (strcmp(m->isa->rows[row].ext, "Zicsr") != 0 || names_csr(bits, insn));
        if (done)
            snprintf(out, size, "%s%s%s", insn->mnemonic, *insn->op_str ? " " : "", insn->op_str);
        capstone.free(insn, 1);
    }
    capstone.close(&handle);
    return done;
}
#else
static bool by_capstone(const struct machine *m, uint64_t bits, va_t pc, char *out, size_t size)
{
    (void)m, (void)bits, (void)pc, (void)out, (void)size;
    return false;
}
#endif

void disasm(const struct machine *m, uint64_t bits, va_t pc, char *out, size_t size)
{
    if (!by_capstone(m, bits, pc, out, size))
        m->isa->print(m->config, bits, pc, out, size);
}

/* --- the instruction at an address: reading only, nothing of the machine changes */

static bool read_pte(void *ctx, pa_t pa, uint64_t *pte) { return machine_load(ctx, pa, pte, sizeof *pte) == 0; }

/* Where the mode at hand fetches va from, without a look at PMP. */
static bool riscv_physical(const struct machine *m, va_t va, pa_t *pa)
{
    static const struct pt_format *const formats[] = {&pt_sv39, &pt_sv48};
    uint64_t satp = machine_get(m, RV_CSR + CSR_satp), mode = machine_get(m, MACHINE_MODE);
    *pa = va;
    if (mode == RV_M || satp >> 60 == 0)
        return true;
    for (unsigned i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        const struct pt_access fetch = {.kind = PT_FETCH, .user = mode == RV_U, .update_ad = true};
        struct pt_walk walk;
        if (formats[i]->mode != satp >> 60)
            continue;
        pt_walk(formats[i], bits_get(satp, 0, 44) << PAGE_SHIFT, va, &fetch, read_pte, (void *)(uintptr_t)m, &walk);
        *pa = walk.pa;
        return walk.result == PT_OK;
    }
    return false;
}

/* An instruction may lie across two pages, so it is read by halves. */
static bool riscv_fetch(const struct machine *m, va_t pc, uint64_t *bits)
{
    *bits = 0;
    for (unsigned at = 0; at < 4; at += 2) {
        uint16_t half;
        pa_t pa;
        if (!riscv_physical(m, pc + at, &pa) || machine_load(m, pa, &half, sizeof half) != 0)
            return false;
        *bits |= (uint64_t)half << 8 * at;
        if (at == 0 && (half & 3) != 3)
            break;
    }
    return true;
}

static bool pg_fetch(const struct machine *m, va_t pc, uint64_t *bits)
{
    return pc < machine_get(m, PG_B) && machine_load(m, (machine_get(m, PG_L) + pc) * PG_CELL, bits, sizeof *bits) == 0;
}

bool disasm_fetch(const struct machine *m, va_t pc, uint64_t *bits)
{
    *bits = 0;
    return m->isa == &isa_riscv ? riscv_fetch(m, pc, bits) : m->isa == &isa_pg && pg_fetch(m, pc, bits);
}

unsigned disasm_at(const struct machine *m, va_t pc, char *out, size_t size)
{
    uint64_t bits;
    unsigned length = 0;
    if (size)
        *out = '\0';
    if (!disasm_fetch(m, pc, &bits))
        return 0;
    (void)m->isa->decode(m->config, bits, &length);
    disasm(m, bits, pc, out, size);
    return length;
}
