/* disasm.c - one instruction as text: by Capstone where it can, else by the table's printer (isa->print). */
#include "monitor/disasm.h"

#include "isa/about.h"

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
    __typeof__(cs_malloc) *malloc;
    __typeof__(cs_disasm_iter) *disasm_iter;
    __typeof__(cs_free) *free;
    __typeof__(cs_close) *close;
    /* Opened once, closed when the process ends. A handle is of one thread at a time. */
    csh handle;
    cs_insn *insn;
    pthread_mutex_t lock;
} capstone = {.lock = PTHREAD_MUTEX_INITIALIZER};

static bool load_symbol(void *library, const char *name, void *function /* a pointer to one */)
{
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static void capstone_close(void)
{
    capstone.free(capstone.insn, 1);
    capstone.close(&capstone.handle);
}

static bool capstone_load(void)
{
    int major = 0, minor;
    void *library = dlopen(TRAPEZE_CAPSTONE, RTLD_NOW | RTLD_LOCAL);
    if (!library || !load_symbol(library, "cs_version", &capstone.version) || !load_symbol(library, "cs_open", &capstone.open) ||
        !load_symbol(library, "cs_malloc", &capstone.malloc) || !load_symbol(library, "cs_disasm_iter", &capstone.disasm_iter) ||
        !load_symbol(library, "cs_free", &capstone.free) || !load_symbol(library, "cs_close", &capstone.close))
        return false;
    capstone.version(&major, &minor);
    return major == CS_API_MAJOR;
}

/* What of Capstone's is one of our instruction sets. */
#define CAPSTONE_ISA "riscv"
#define CAPSTONE_ARCH CS_ARCH_RISCV, CS_MODE_RISCV64 | CS_MODE_RISCVC

static void capstone_begin(void)
{
    if (!capstone_load() || capstone.open(CAPSTONE_ARCH, &capstone.handle) != CS_ERR_OK)
        return;
    capstone.insn = capstone.malloc(capstone.handle);
    capstone.there = capstone.insn != NULL;
    if (!capstone.there)
        capstone.close(&capstone.handle);
    else
        atexit(capstone_close);
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
static bool names_register(const struct machine *m, insn_t bits, const cs_insn *insn)
{
    struct about_named named;
    if (strncmp(insn->mnemonic, "csr", 3) != 0 || !about_named(m, bits, &named))
        return true;
    const struct reg_desc *r = about_desc(m->isa, named.reg);
    return !r || strstr(insn->op_str, r->name) != NULL; /* nobody's: a number is all there is */
}

static bool printed(const struct machine *m, insn_t bits, unsigned row, unsigned length, va_t pc, char *out, size_t size)
{
    uint8_t bytes[sizeof bits];
    const uint8_t *at = bytes;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(bits >> 8 * i);
    cs_insn *insn = capstone.insn;
    size_t left = length;
    uint64_t address = pc;
    if (!capstone.disasm_iter(capstone.handle, &at, &left, &address, insn))
        return false;
    absolute_target(&m->isa->rows[row], pc, insn->op_str, sizeof insn->op_str);
    if (insn->size != length || strstr(insn->op_str, "unknown") || !names_register(m, bits, insn))
        return false;
    snprintf(out, size, "%s%s%s", insn->mnemonic, *insn->op_str ? " " : "", insn->op_str);
    return true;
}

const char *disasm_library(void) { return TRAPEZE_CAPSTONE; }

bool disasm_library_loads(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, capstone_begin);
    return capstone.there;
}

static bool by_capstone(const struct machine *m, insn_t bits, va_t pc, char *out, size_t size)
{
    unsigned length, row = machine_decode(m, bits, &length);
    if (strcmp(m->isa->name, CAPSTONE_ISA) != 0 || row == INSN_NONE)
        return false;
    if (!disasm_library_loads())
        return false;
    pthread_mutex_lock(&capstone.lock);
    bool done = printed(m, bits, row, length, pc, out, size);
    pthread_mutex_unlock(&capstone.lock);
    return done;
}
#else
const char *disasm_library(void) { return NULL; }
bool disasm_library_loads(void) { return false; }

static bool by_capstone(const struct machine *m, insn_t bits, va_t pc, char *out, size_t size)
{
    (void)m, (void)bits, (void)pc, (void)out, (void)size;
    return false;
}
#endif

void disasm_in(const struct machine *m, unsigned syntax, insn_t bits, va_t pc, char *out, size_t size)
{
    const unsigned context = machine_context(m) | syntax * about_of(m->isa)->syntax_context;
    if (!by_capstone(m, bits, pc, out, size))
        m->isa->print(m->config, context, bits, pc, out, size);
}

void disasm(const struct machine *m, insn_t bits, va_t pc, char *out, size_t size) { disasm_in(m, 0, bits, pc, out, size); }

bool disasm_fetch(const struct machine *m, va_t pc, insn_t *bits) { return about_fetch(m, pc, bits) != 0; }

unsigned disasm_at(const struct machine *m, va_t pc, char *out, size_t size)
{
    insn_t bits;
    unsigned length = about_fetch(m, pc, &bits);
    if (size)
        *out = '\0';
    if (length)
        disasm(m, bits, pc, out, size);
    return length;
}
