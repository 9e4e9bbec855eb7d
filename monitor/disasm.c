/* disasm.c - one instruction as text: by Capstone where it can, else by the table's printer (isa->print).
 *
 * Which printer a text is from:
 *
 *     disasm() --> Capstone was there when this was built? its library loads? it knows the set? --no--> isa->print
 *                    |yes
 *                    its text is of the same length, names the register that the machine has, leads where the machine goes? --no-->
 * isa->print
 *                    |yes
 *                    Capstone's
 *
 * A text that is wrong about this machine would be worse than a plain one, so each of Capstone's is compared with what the tables
 * know.
 */
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

/* What of Capstone's is one of our instruction sets. */
static const struct capstone_set {
    const char *isa;
    bool narrow;
    cs_arch arch;
    int mode;
} capstone_set[] = {
    {"riscv", false, CS_ARCH_RISCV, CS_MODE_RISCV64 | CS_MODE_RISCVC},
    {"ia32", false, CS_ARCH_X86, CS_MODE_32},
    {"ia32", true, CS_ARCH_X86, CS_MODE_16},
    {"x86-64", false, CS_ARCH_X86, CS_MODE_64}, /* of no machine: the host's */
};
enum { CAPSTONE_SETS = sizeof capstone_set / sizeof capstone_set[0] };

/* The library is large, and most runs print no instruction: it is loaded when it is first wanted. Absent after all, or of another version
 * than its header: the table's printer serves. */
static struct capstone {
    bool there;
    __typeof__(cs_version) *version;
    __typeof__(cs_open) *open;
    __typeof__(cs_option) *option;
    __typeof__(cs_malloc) *malloc;
    __typeof__(cs_disasm_iter) *disasm_iter;
    __typeof__(cs_free) *free;
    __typeof__(cs_close) *close;
    /* Opened once, closed when the process ends, all by one thread at a time. */
    csh handle[CAPSTONE_SETS];
    cs_insn *insn;
    pthread_mutex_t lock;
} capstone = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ISO C has no conversion from void * to a pointer to a function; POSIX says that the bytes are the same. */
static bool load_symbol(void *library, const char *name, void *function /* a pointer to one */)
{
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

static void capstone_close(void)
{
    if (capstone.insn)
        capstone.free(capstone.insn, 1);
    for (unsigned n = 0; n < CAPSTONE_SETS; n++)
        if (capstone.handle[n])
            capstone.close(&capstone.handle[n]);
}

/* The types are those of the header that this was built with; another major version of the library may have other ones. */
static bool capstone_load(void)
{
    int major = 0, minor;
    void *library = dlopen(TRAPEZE_CAPSTONE, RTLD_NOW | RTLD_LOCAL);
    if (!library || !load_symbol(library, "cs_version", &capstone.version) || !load_symbol(library, "cs_open", &capstone.open) ||
        !load_symbol(library, "cs_option", &capstone.option) || !load_symbol(library, "cs_malloc", &capstone.malloc) ||
        !load_symbol(library, "cs_disasm_iter", &capstone.disasm_iter) || !load_symbol(library, "cs_free", &capstone.free) ||
        !load_symbol(library, "cs_close", &capstone.close))
        return false;
    capstone.version(&major, &minor);
    return major == CS_API_MAJOR;
}

static void capstone_begin(void)
{
    capstone.there = capstone_load();
    if (capstone.there)
        atexit(capstone_close);
}

/* Of an instruction set that is met for the first time. */
static bool opens(unsigned set)
{
    if (!capstone.handle[set] &&
        capstone.open(capstone_set[set].arch, (cs_mode)capstone_set[set].mode, &capstone.handle[set]) != CS_ERR_OK)
        return false;
    if (!capstone.insn)
        capstone.insn = capstone.malloc(capstone.handle[set]);
    return capstone.insn != NULL;
}

/* Of RISC-V Capstone prints the distance of a jump; people want to know where it leads. The distance is the last operand. */
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

/* Where an instruction of an address of two parts jumps to is in both texts the last number. */
static bool leads_elsewhere(const struct machine *m, insn_t bits, unsigned row, va_t pc, const char *operands)
{
    char own[DISASM_TEXT];
    const char *last = strrchr(operands, ' '), *own_last;
    if (m->isa->rows[row].format[0] != 'J' || !about_is_far(m->isa))
        return false;
    machine_print(m, bits, pc, own, sizeof own);
    own_last = strrchr(own, ' ');
    return !own_last || strtoull(last ? last + 1 : operands, NULL, 0) != strtoull(own_last + 1, NULL, 0);
}

/* An instruction as a machine has it. */
struct insn_here {
    const struct machine *m;
    insn_t bits;
    unsigned row, length;
    va_t pc;
};

/* One instruction, from bytes as they lie in memory. false: the text is not to be trusted, for one of the reasons above. */
static bool printed(const struct insn_here *h, unsigned set, char *out, size_t size)
{
    const struct machine *m = h->m;
    uint8_t bytes[sizeof h->bits];
    const uint8_t *at = bytes;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(h->bits >> 8 * i);
    cs_insn *insn = capstone.insn;
    size_t left = h->length;
    uint64_t address = h->pc;
    if (!capstone.disasm_iter(capstone.handle[set], &at, &left, &address, insn))
        return false;
    if (capstone_set[set].arch == CS_ARCH_RISCV)
        absolute_target(&m->isa->rows[h->row], h->pc, insn->op_str, sizeof insn->op_str);
    if (insn->size != h->length || strstr(insn->op_str, "unknown") || !names_register(m, h->bits, insn) ||
        leads_elsewhere(m, h->bits, h->row, h->pc, insn->op_str))
        return false;
    snprintf(out, size, "%s%s%s", insn->mnemonic, *insn->op_str ? " " : "", insn->op_str);
    return true;
}

/* Of the syntaxes the first is Capstone's own. */
static bool by_set(const struct insn_here *h, unsigned set, unsigned syntax, char *out, size_t size)
{
    pthread_mutex_lock(&capstone.lock);
    bool done = opens(set);
    if (done && capstone_set[set].arch == CS_ARCH_X86)
        done = capstone.option(capstone.handle[set], CS_OPT_SYNTAX, syntax ? CS_OPT_SYNTAX_ATT : CS_OPT_SYNTAX_INTEL) == CS_ERR_OK;
    done = done && printed(h, set, out, size);
    pthread_mutex_unlock(&capstone.lock);
    return done;
}

const char *disasm_library(void) { return TRAPEZE_CAPSTONE; }

bool disasm_library_loads(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, capstone_begin);
    return capstone.there;
}

static unsigned set_of(const char *name, bool narrow)
{
    unsigned set = 0;
    while (set < CAPSTONE_SETS && (strcmp(name, capstone_set[set].isa) != 0 || narrow != capstone_set[set].narrow))
        set++;
    return set;
}

bool disasm_host_known(const char *host)
{
    const unsigned set = set_of(host, false);
    if (set == CAPSTONE_SETS || !disasm_library_loads())
        return false;
    pthread_mutex_lock(&capstone.lock);
    const bool known = opens(set);
    pthread_mutex_unlock(&capstone.lock);
    return known;
}

unsigned disasm_host(const char *host, const uint8_t *bytes, size_t size, uint64_t at, char *out, size_t room)
{
    unsigned length = 0;
    if (!disasm_host_known(host))
        return 0;
    pthread_mutex_lock(&capstone.lock);
    if (capstone.disasm_iter(capstone.handle[set_of(host, false)], &bytes, &size, &at, capstone.insn)) {
        length = capstone.insn->size;
        snprintf(out, room, "%s%s%s", capstone.insn->mnemonic, *capstone.insn->op_str ? " " : "", capstone.insn->op_str);
    }
    pthread_mutex_unlock(&capstone.lock);
    return length;
}

static bool by_capstone(const struct machine *m, unsigned syntax, insn_t bits, va_t pc, char *out, size_t size)
{
    struct insn_here h = {.m = m, .bits = bits, .pc = pc};
    const bool narrow = about_of(m->isa)->narrow && about_of(m->isa)->narrow(m);
    const unsigned set = set_of(m->isa->name, narrow);
    h.row = machine_decode(m, bits, &h.length);
    return set < CAPSTONE_SETS && h.row != INSN_NONE && disasm_library_loads() && by_set(&h, set, syntax, out, size);
}
#else
const char *disasm_library(void) { return NULL; }
bool disasm_library_loads(void) { return false; }
bool disasm_host_known(const char *host) { return (void)host, false; }
unsigned disasm_host(const char *host, const uint8_t *bytes, size_t size, uint64_t at, char *out, size_t room)
{
    (void)host, (void)bytes, (void)size, (void)at, (void)out, (void)room;
    return 0;
}

static bool by_capstone(const struct machine *m, unsigned syntax, insn_t bits, va_t pc, char *out, size_t size)
{
    (void)m, (void)syntax, (void)bits, (void)pc, (void)out, (void)size;
    return false;
}
#endif

void disasm_in(const struct machine *m, unsigned syntax, insn_t bits, va_t pc, char *out, size_t size)
{
    const unsigned context = machine_context(m) | syntax * about_of(m->isa)->syntax_context;
    const uint64_t offset = about_offset(m, MACHINE_PC, pc); /* what jumps are made of, and lead to */
    if (!by_capstone(m, syntax, bits, offset, out, size))
        m->isa->print(m->config, context, bits, offset, out, size);
}

void disasm(const struct machine *m, insn_t bits, va_t pc, char *out, size_t size) { disasm_in(m, 0, bits, pc, out, size); }

bool disasm_fetch(const struct machine *m, va_t pc, insn_t *bits) { return about_fetch(m, pc, bits) != 0; }

/* 0 and an empty text also where the page is not there: looking at code must not make the guest fault. */
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
