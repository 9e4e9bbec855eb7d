/* plic.c - gateways, pending bits, claim and completion.
 *
 * A gateway passes one request on, and no other before the first is completed [PLIC 5]. What has been passed on stays pending until
 * claimed, even when the wire falls meanwhile. Registers are 32 bits wide and answer only such accesses, as on QEMU's board.
 */
#include "devices/plic.h"

#include <assert.h>
#include <string.h>

enum { PENDING = 0x1000, ENABLE = 0x2000, ENABLE_STRIDE = 0x80, CONTEXT = 0x200000, CONTEXT_STRIDE = 0x1000 };
enum { CONTEXT_THRESHOLD = 0, CONTEXT_CLAIM = 4 };

static bool test(const uint32_t *words, unsigned n) { return words[n / 32] >> (n % 32) & 1; }
static void put(uint32_t *words, unsigned n, bool value)
{
    words[n / 32] = (words[n / 32] & ~(UINT32_C(1) << n % 32)) | (uint32_t)value << n % 32;
}

/* The pending, enabled source of highest priority, the lowest number first among equals; 0: none [PLIC 4, 7]. */
static unsigned best(const struct plic *p, unsigned context)
{
    unsigned found = 0;
    for (unsigned w = 0; w < PLIC_WORDS; w++) {
        for (uint32_t left = p->pending[w] & ~p->claimed[w] & p->enable[context][w]; left; left &= left - 1) {
            unsigned source = w * 32 + (unsigned)__builtin_ctz(left);
            if (p->priority[source] > p->priority[found])
                found = source;
        }
    }
    return found; /* priority[0] is 0, and 0 means never interrupt */
}

/* All contexts, since a source may be enabled for several: the first one that claims it has it, and the others' wires fall. */
static void update(const struct plic *p)
{
    for (unsigned c = 0; c < p->contexts; c++)
        irq_set(&p->target[c], p->priority[best(p, c)] > p->threshold[c]);
}

/* The wire is high: seen by a strict gateway whenever it is free, by the other when the device asserts it. */
static void request(struct plic *p, unsigned source)
{
    if (test(p->level, source) && (p->gateway == PLIC_ASSERTED || !test(p->claimed, source)))
        put(p->pending, source, true);
}

/*T:130 A wire from a device changes. What becomes an interrupt of it is the board's business, and the board that guests were written for
 * decides: a request for each time a device asserts. :*/
static void source_set(void *opaque, unsigned source, bool level)
{
    struct plic *p = opaque;
    put(p->level, source, level);
    request(p, source);
    update(p);
}

bool plic_would_interrupt(const struct plic *p, unsigned source, unsigned context)
{
    return test(p->enable[context], source) && !test(p->claimed, source) && p->priority[source] > p->threshold[context];
}

struct irq_line plic_source(struct plic *p, unsigned source)
{
    return (struct irq_line){.set = source_set, .opaque = p, .number = source};
}

/* [PLIC 7] the threshold has no say in what is claimed. */
static unsigned claim(struct plic *p, unsigned context)
{
    unsigned source = best(p, context);
    if (source) {
        put(p->pending, source, false);
        put(p->claimed, source, true);
    }
    return source;
}

/* [PLIC 8] a number that is not enabled for this context is silently ignored. */
static void complete(struct plic *p, unsigned context, uint64_t source)
{
    if (source == 0 || source > PLIC_SOURCES || !test(p->enable[context], (unsigned)source))
        return;
    put(p->claimed, (unsigned)source, false);
    if (p->gateway == PLIC_STRICT)
        request(p, (unsigned)source);
}

static uint32_t context_read(struct plic *p, unsigned context, uint64_t offset)
{
    switch (offset) {
    case CONTEXT_THRESHOLD: return p->threshold[context];
    case CONTEXT_CLAIM: return claim(p, context);
    default: return 0;
    }
}

static uint32_t register_read(struct plic *p, uint64_t offset)
{
    if (offset >= CONTEXT) {
        uint64_t context = (offset - CONTEXT) / CONTEXT_STRIDE;
        return context < p->contexts ? context_read(p, (unsigned)context, offset % CONTEXT_STRIDE) : 0;
    }
    if (offset >= ENABLE) {
        uint64_t context = (offset - ENABLE) / ENABLE_STRIDE, word = offset % ENABLE_STRIDE / 4;
        return context < p->contexts && word < PLIC_WORDS ? p->enable[context][word] : 0;
    }
    if (offset >= PENDING)
        return offset - PENDING < 4 * PLIC_WORDS ? p->pending[(offset - PENDING) / 4] : 0;
    return offset / 4 <= PLIC_SOURCES ? p->priority[offset / 4] : 0;
}

static void context_write(struct plic *p, unsigned context, uint64_t offset, uint64_t value)
{
    if (offset == CONTEXT_THRESHOLD)
        p->threshold[context] = value & PLIC_PRIORITY_MASK;
    else if (offset == CONTEXT_CLAIM)
        complete(p, context, value);
}

/* Pending bits are read-only: only claims clear them [PLIC 4]. */
static void register_write(struct plic *p, uint64_t offset, uint32_t value)
{
    if (offset >= CONTEXT) {
        uint64_t context = (offset - CONTEXT) / CONTEXT_STRIDE;
        if (context < p->contexts)
            context_write(p, (unsigned)context, offset % CONTEXT_STRIDE, value);
    } else if (offset >= ENABLE) {
        uint64_t context = (offset - ENABLE) / ENABLE_STRIDE, word = offset % ENABLE_STRIDE / 4;
        if (context < p->contexts && word < PLIC_WORDS)
            p->enable[context][word] = word ? value : value & ~UINT32_C(1);
    } else if (offset < PENDING && offset && offset / 4 <= PLIC_SOURCES) {
        p->priority[offset / 4] = value & PLIC_PRIORITY_MASK;
    }
}

static bool plic_io_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct plic *p = opaque;
    if (size != 4)
        return false;
    *value = register_read(p, offset);
    update(p);
    return true;
}

static bool plic_io_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct plic *p = opaque;
    if (size != 4)
        return false;
    register_write(p, offset, (uint32_t)value);
    update(p);
    return true;
}

const struct phys_io plic_io = {.read = plic_io_read, .write = plic_io_write};

static_assert(PLIC_SOURCES < PLIC_WORDS * 32, "every source has its bit");

/* A device that holds its wire up is not asked again, so the level is kept, and what it stands for is pending. */
void plic_reset(struct plic *p)
{
    struct plic fresh = {.gateway = p->gateway, .contexts = p->contexts};
    memcpy(fresh.target, p->target, sizeof fresh.target);
    for (unsigned w = 0; w < PLIC_WORDS; w++)
        fresh.level[w] = fresh.pending[w] = p->level[w];
    *p = fresh;
    update(p);
}

void plic_init(struct plic *p, enum plic_gateway gateway, unsigned contexts)
{
    *p = (struct plic){.gateway = gateway, .contexts = contexts};
}

void plic_connect(struct plic *p, unsigned context, struct irq_line line)
{
    p->target[context] = line;
    update(p);
}

void plic_drive(const struct plic *p) { update(p); }

static void words_state(struct state *s, uint32_t words[PLIC_WORDS])
{
    for (unsigned w = 0; w < PLIC_WORDS; w++)
        state_u32(s, &words[w]);
    state_refuse_unless(s, !(words[0] & 1)); /* source 0 does not exist */
}

void plic_state(struct plic *p, struct state *s)
{
    state_bytes(s, p->priority, sizeof p->priority);
    state_refuse_unless(s, p->priority[0] == 0);
    words_state(s, p->level);
    words_state(s, p->pending);
    words_state(s, p->claimed);
    for (unsigned c = 0; c < p->contexts; c++) {
        words_state(s, p->enable[c]);
        state_u8(s, &p->threshold[c]);
    }
    if (s->restoring)
        plic_drive(p);
}
