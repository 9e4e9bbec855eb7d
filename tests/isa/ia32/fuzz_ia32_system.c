/* fuzz_ia32_system.c - any bytes at all as the tables of an IA-32 machine: descriptors, gates, task states, page tables, stacks. Events are
 * delivered and far transfers made through them. Whatever they are: it ends, what is refused has changed nothing, and CPL, CS and SS agree.
 */
#include "isa/ia32/bodies.h"
#include "isa/ia32/segment.h"

#include <stdlib.h>
#include <string.h>

enum { MEMORY = 0x8000, WORDS = 0x2000 /* above: selectors and the like; below: descriptors */, STEPS = 24, ATTEMPTS = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool held)
{
    if (!held)
        abort();
}

struct bytes {
    const uint8_t *at;
    size_t left;
    uint32_t drawn; /* goes on where the input ends */
};
static uint32_t draw(struct bytes *b)
{
    b->drawn = b->drawn * 1664525 + 1013904223;
    if (b->left == 0)
        return b->drawn >> 24;
    b->left--;
    return *b->at++;
}
static uint32_t draw_word(struct bytes *b) { return draw(b) | draw(b) << 8 | draw(b) << 16 | draw(b) << 24; }

/* A descriptor or a gate that means something more often than bytes do. Gates name entries of the table, segments lie where words are. */
static uint64_t draw_entry(struct bytes *b)
{
    static const uint8_t accesses[16] = {0x89, 0x89, 0x81, 0x85, 0xe5, 0x8b, 0x82, 0x8e,
                                         0xee, 0x8f, 0xec, 0x9b, 0xfb, 0x93, 0xf3, 0x9e};
    const uint32_t kind = draw(b), place = draw(b);
    if ((kind & 3) == 0)
        return (uint64_t)draw_word(b) << 32 | draw_word(b);
    const uint64_t access = accesses[kind >> 2 & 15], limit = kind & 0x40 ? 0xff : 0xffff | UINT64_C(0xcf) << 48;
    const bool segment = (access & 0x10) || (access & 7) < 4;
    return access << 40 | limit | (uint64_t)(segment ? WORDS + 16 * place : place & 0xfc) << 16;
}

static void fill(struct phys *phys, struct bytes *b)
{
    for (pa_t at = 0; at < MEMORY; at += 8) {
        const uint64_t entry = at < WORDS ? draw_entry(b) : draw(b) | (uint64_t)draw(b) << 32;
        demand(phys_write(phys, at, &entry, 8) == 0);
    }
}

static struct ia_segment draw_segment(struct bytes *b, unsigned access)
{
    const uint32_t kind = draw(b);
    return (struct ia_segment){.selector = (uint16_t)(draw(b) & 0xfc),
                               .base = kind & 1 ? 0 : draw(b) << 4,
                               .limit = kind & 2 ? UINT32_MAX : draw(b) << 8 | 0xff,
                               .rights = access | (kind & 4 ? IA_RIGHTS_DB : 0)};
}

static void arrange(struct ia_cpu *c, struct bytes *b)
{
    const uint32_t mode = draw(b), cpl = mode & 3;
    const bool real = (mode & 0x70) == 0x70, v86 = !real && (mode & 0x8c) == 0x8c, paging = !real && (mode & 0x30) == 0;
    c->gdtr = (struct ia_table){.base = draw(b) << 4, .limit = draw(b) & 3 ? 0x3ff : (uint16_t)draw_word(b)};
    c->idtr = (struct ia_table){.base = draw(b) << 4, .limit = draw(b) & 7 ? 0x7ff : (uint16_t)draw_word(b)};
    c->ldtr = draw_segment(b, 0x82);
    c->cr0 &= ~CR0_TS;
    c->tr = draw_segment(b, mode & 4 ? 0x8b : 0x83);
    for (unsigned n = 0; n < IA_SEGS; n++)
        c->seg[n] = draw_segment(b, n == IA_CS ? 0x9b : 0x93);
    for (unsigned n = 0; n < 8; n++)
        c->r[n] = draw(b) & 1 ? draw(b) : draw_word(b) & 0xffff;
    c->cpl = real ? 0 : (uint8_t)cpl;
    c->seg[IA_CS].selector |= c->cpl;
    c->seg[IA_SS].selector |= c->cpl;
    c->cr0 = (real ? 0 : CR0_PE) | (paging ? CR0_PG : 0) | (draw(b) & 1 ? CR0_WP : 0);
    c->cr3 = draw(b) << 8 & 0x7000;
    c->cr4 = draw(b) & 1 ? CR4_PSE : 0;
    c->flags.system = draw_word(b) & (EFLAGS_TF | EFLAGS_IF | EFLAGS_IOPL | EFLAGS_NT | EFLAGS_DF);
    if (v86) {
        c->flags.system |= EFLAGS_VM;
        c->cpl = 3;
    }
    c->eip = draw_word(b) & 0xffff;
    c->next = c->eip + 2;
    ia_context_changed(c);
}

/* What a refusal leaves alone. */
struct state {
    uint32_t r[8], eip, flags, cr0, cr3, cpl;
    struct ia_segment described[IA_DESCRIBED];
};
static void save(const struct ia_cpu *c, struct state *s)
{
    *s = (struct state){.eip = c->eip, .flags = ia_flags_get(c), .cr0 = c->cr0, .cr3 = c->cr3, .cpl = c->cpl};
    memcpy(s->r, c->r, sizeof s->r);
    memcpy(s->described, c->described, sizeof s->described);
}

static void expect_sound(const struct ia_cpu *c)
{
    demand(c->cpl <= 3);
    if (!ia_is_protected(c)) {
        demand(c->cpl == 0);
        return;
    }
    if (ia_is_v86(c)) {
        demand(c->cpl == 3);
        return;
    }
    demand((c->seg[IA_CS].selector & 3) == c->cpl);
    demand((c->seg[IA_SS].rights & IA_RIGHTS_NULL) || (c->seg[IA_SS].selector & 3) == c->cpl);
}

/* Refused: all is as it was; but where another task had become the current one first, the fault is that task's. */
static void expect_unchanged(const struct ia_cpu *c, const struct state *before)
{
    const struct ia_segment *tr = &before->described[IA_TR];
    if (c->tr.selector != tr->selector || c->tr.base != tr->base || (c->cr0 ^ before->cr0) & CR0_TS)
        return;
    struct state now;
    save(c, &now);
    demand(memcmp(&now, before, sizeof now) == 0);
}

static bool deliver(struct ia_cpu *c, struct bytes *b)
{
    const uint32_t kind = draw(b), asked = (kind & 3) == 0;
    struct trap t = {.kind = kind & 4 ? TRAP_INTERRUPT : TRAP_EXCEPTION,
                     .reason = asked ? REASON_REQUESTED : REASON_RESOURCE,
                     .cause = kind & 4 || asked ? draw(b) : draw(b) & 31,
                     .error = asked ? 0 : draw_word(b) & 0xffff,
                     .length = 2};
    struct state before;
    unsigned attempts = 0;
    enum delivery d;
    do {
        save(c, &before);
        demand(++attempts <= ATTEMPTS);
        d = ia_deliver(&c->machine, &t);
        if (d == DELIVERY_TRAPPED) {
            demand(t.kind == TRAP_EXCEPTION && t.during);
            expect_unchanged(c, &before);
        }
    } while (d == DELIVERY_TRAPPED);
    c->next = c->eip + 2;
    return d == DELIVERED;
}

static void execute(struct ia_cpu *c, struct bytes *b)
{
    static ia_body *const body[] = {ia_body_call_far, ia_body_jmp_far, ia_body_ret_far, ia_body_iret, ia_body_iret, ia_body_mov_to_seg,
                                    ia_body_lldt,     ia_body_ltr,     ia_body_lar,     ia_body_lsl,  ia_body_verr, ia_body_verw,
                                    ia_body_pop_seg,  ia_body_popf,    ia_body_int_n,   ia_body_ins};
    static const uint8_t segments[] = {IA_ES, IA_SS, IA_DS, IA_FS, IA_GS};
    const unsigned n = draw(b) % (sizeof body / sizeof *body);
    const ia_insn i = {.opsize = draw(b) & 1 ? 4 : 2,
                       .adsize = 4,
                       .length = 2,
                       .seg = IA_DS,
                       .reg = segments[draw(b) % sizeof segments],
                       .rm = draw(b) & 7,
                       .opcode = 0x07,
                       .base = IA_NO_REGISTER,
                       .index = IA_NO_REGISTER,
                       .imm = n == 2 ? draw(b) : draw_word(b) & 0xffff,
                       .imm2 = (uint16_t)draw(b)};
    const bool system = body[n] == ia_body_lldt || body[n] == ia_body_ltr || body[n] == ia_body_lar || body[n] == ia_body_lsl ||
                        body[n] == ia_body_verr || body[n] == ia_body_verw;
    if (system && ia_is_paragraphs(c))
        return; /* not there (#UD) */
    struct state before;
    save(c, &before);
    if (body[n](c, &i))
        c->eip = c->next;
    else
        expect_unchanged(c, &before);
    c->next = c->eip + 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {.at = data, .left = size, .drawn = (uint32_t)size};
    struct machine *m;
    struct phys *phys;
    struct ram *ram;
    if (ram_create(&ram, MEMORY) != 0 || phys_create(&phys) != 0 || phys_add_ram(phys, "ram", 0, MEMORY, ram, 0) != 0 ||
        ia32_create(&m, phys, NULL, &ia32_config_default) != 0)
        exit(1);
    struct ia_cpu *c = ia_cpu_of(m);
    fill(phys, &b);
    arrange(c, &b);
    for (unsigned n = 0; n < STEPS; n++) {
        if (draw(&b) & 1)
            execute(c, &b);
        else if (!deliver(c, &b))
            break; /* shutdown */
        expect_sound(c);
    }
    machine_destroy(m);
    phys_destroy(phys);
    ram_destroy(ram);
    return 0;
}
