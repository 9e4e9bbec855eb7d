/* location.c - where an object is: DWARF's expressions [DWARF 5, 2.5 and 2.6] over the registers of a frame and the guest's memory. */
#include "monitor/debug/object_private.h"

#ifdef TRAPEZE_DWARF
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { STACK = 64 };

/* DWARF describes a place by a program for a machine with a stack. Three variables, and what is left when their programs
 * have run:
 *
 *     DW_OP_fbreg -24                        frame base - 24 on the stack      IS_ADDRESS: it lies in memory there
 *     DW_OP_reg10                            nothing                           IS_REGISTER 10: it is the register
 *     DW_OP_breg10 0, DW_OP_lit1,            register 10 + 1 on the stack      IS_VALUE: that is its value; it lies nowhere
 *       DW_OP_plus, DW_OP_stack_value
 *
 * IS_BLOCK: its bytes stand in the file. IS_LOST: the compiler kept nothing of it, and the person is told "optimized
 * out". */
struct machine_stack {
    const struct object_view *view;
    const struct symbol_file *file;
    Dwarf_Attribute *attribute;
    uint64_t at[STACK];
    unsigned depth;
    enum { IS_ADDRESS, IS_REGISTER, IS_VALUE, IS_BLOCK, IS_LOST } kind;
    unsigned reg;
    Dwarf_Block block;
    bool frame_base; /* it is being found: DW_OP_fbreg may not stand in it */
};

static bool push(struct machine_stack *s, uint64_t v)
{
    if (s->depth == STACK)
        return false;
    s->at[s->depth++] = v;
    return true;
}

static bool pop(struct machine_stack *s, uint64_t *v)
{
    if (s->depth == 0)
        return false;
    *v = s->at[--s->depth];
    return true;
}

/* Registers beyond those that are unwound, as floating-point ones, are known of the innermost frame alone: the machine
 * has them. Of an outer frame their value of then is gone. */
static bool frame_register(const struct object_view *v, uint64_t n, uint64_t *out)
{
    reg_t reg;
    if (n < FRAME_REGISTERS) {
        *out = v->frame.regs.x[n];
        return v->frame.regs.known >> n & 1;
    }
    bool known = n <= UINT_MAX && about_numbered(debugger_isa(v->d), (unsigned)n, &reg);
    *out = known ? machine_get(debugger_machine(v->d), reg) : 0;
    return known && v->frame.level == 0;
}

static bool load(const struct machine_stack *s, uint64_t at, uint64_t size, uint64_t *out)
{
    struct error ignored;
    *out = 0;
    return size <= 8 && debugger_read(s->view->d, SPACE_VIRTUAL, at, out, size, &ignored) == 0;
}

static bool run(struct machine_stack *, const Dwarf_Op *, size_t count);

/* DW_AT_frame_base of the function: a register, or an expression. */
/* Mostly DW_OP_call_frame_cfa, so that DW_OP_fbreg counts from the stack pointer before the call. It is found by a
 * second machine: its own program must not have fbreg, which would ask for the frame base again, without end. */
static bool frame_base(struct machine_stack *s, uint64_t *out)
{
    const struct object_view *v = s->view;
    Dwarf_Attribute a;
    Dwarf_Op *op;
    size_t n;
    if (s->frame_base || !v->has_scopes)
        return false;
    for (unsigned i = v->first; i < v->scopes.count; i++) {
        Dwarf_Die die = v->scopes.die[i];
        if (dwarf_tag(&die) != DW_TAG_subprogram || !dwarf_attr_integrate(&die, DW_AT_frame_base, &a))
            continue;
        struct machine_stack base = {.view = v, .file = s->file, .attribute = &a, .frame_base = true};
        if (dwarf_getlocation_addr(&a, v->scopes.pc, &op, &n, 1) != 1 || !run(&base, op, n))
            return false;
        if (base.kind == IS_REGISTER)
            return frame_register(v, base.reg, out);
        return pop(&base, out);
    }
    return false;
}

/* The value on top becomes one of a base type: cut, and extended again. 0 is the type of addresses. */
static bool convert(struct machine_stack *s, const Dwarf_Op *op)
{
    Dwarf_Die type;
    uint64_t size, v;
    if (!pop(s, &v))
        return false;
    if (op->number == 0)
        return push(s, v);
    if (dwarf_getlocation_die(s->attribute, op, &type) != 0 || !ctype_size(&type, &size) || size == 0 || size > 8)
        return false;
    unsigned bits = 8 * (unsigned)size;
    return push(s, bits == 64 ? v : ctype_is_signed(&type) ? (uint64_t)sign_extend(v, bits) : bits_get(v, 0, bits));
}

/* An address of the file's own, moved as the file is (symbols_binding): a global of a program that was loaded elsewhere
 * lies elsewhere. */
static bool address_operand(const struct machine_stack *s, const Dwarf_Op *op, uint64_t *out)
{
    Dwarf_Attribute a;
    Dwarf_Addr at;
    if (op->atom == DW_OP_addr)
        at = op->number;
    else if (dwarf_getlocation_attr(s->attribute, op, &a) != 0 || dwarf_formaddr(&a, &at) != 0)
        return false;
    *out = at + s->file->binding.offset;
    return true;
}

/* Signed where DWARF says so [DWARF 5, 2.5.1.4 and 2.5.1.5]: div, shra and the comparisons; the second of two was pushed
 * last. What C leaves undefined, a shift by 64 or a division by 0, must not happen to us because a file says so. */
static bool binary(struct machine_stack *s, uint8_t atom)
{
    uint64_t a, b;
    if (!pop(s, &b) || !pop(s, &a))
        return false;
    switch (atom) {
    case DW_OP_and: return push(s, a & b);
    case DW_OP_or: return push(s, a | b);
    case DW_OP_xor: return push(s, a ^ b);
    case DW_OP_plus: return push(s, a + b);
    case DW_OP_minus: return push(s, a - b);
    case DW_OP_mul: return push(s, a * b);
    case DW_OP_div: return b && b != UINT64_MAX && push(s, (uint64_t)((int64_t)a / (int64_t)b));
    case DW_OP_mod: return b && push(s, a % b);
    case DW_OP_shl: return push(s, b < 64 ? a << b : 0);
    case DW_OP_shr: return push(s, b < 64 ? a >> b : 0);
    case DW_OP_shra: return push(s, (uint64_t)((int64_t)a >> (b < 64 ? b : 63)));
    case DW_OP_eq: return push(s, a == b);
    case DW_OP_ne: return push(s, a != b);
    case DW_OP_lt: return push(s, (int64_t)a < (int64_t)b);
    case DW_OP_le: return push(s, (int64_t)a <= (int64_t)b);
    case DW_OP_gt: return push(s, (int64_t)a > (int64_t)b);
    case DW_OP_ge: return push(s, (int64_t)a >= (int64_t)b);
    default: return false;
    }
}

static bool unary(struct machine_stack *s, const Dwarf_Op *op)
{
    uint64_t v = 0, more = 0;
    switch (op->atom) {
    case DW_OP_dup: return pop(s, &v) && push(s, v) && push(s, v);
    case DW_OP_drop: return pop(s, &v);
    case DW_OP_over: return s->depth > 1 && push(s, s->at[s->depth - 2]);
    case DW_OP_pick: return op->number < s->depth && push(s, s->at[s->depth - 1 - op->number]);
    case DW_OP_swap: return pop(s, &v) && pop(s, &more) && push(s, v) && push(s, more);
    case DW_OP_not: return pop(s, &v) && push(s, ~v);
    case DW_OP_neg: return pop(s, &v) && push(s, 0 - v);
    case DW_OP_abs: return pop(s, &v) && push(s, (int64_t)v < 0 ? 0 - v : v);
    case DW_OP_plus_uconst: return pop(s, &v) && push(s, v + op->number);
    case DW_OP_deref: return pop(s, &v) && load(s, v, 8, &more) && push(s, more);
    case DW_OP_deref_size: return pop(s, &v) && load(s, v, op->number, &more) && push(s, more);
    case DW_OP_convert: return convert(s, op);
    case DW_OP_reinterpret: return convert(s, op);
    default: return binary(s, op->atom);
    }
}

/* One operation. false: it is unknown, or its operands are: then nothing is known of the object. */
static bool step(struct machine_stack *s, const Dwarf_Op *op)
{
    uint64_t v;
    uint8_t atom = op->atom;
    if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
        return push(s, atom - DW_OP_lit0);
    if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
        return frame_register(s->view, atom - DW_OP_breg0, &v) && push(s, v + op->number);
    if ((atom >= DW_OP_reg0 && atom <= DW_OP_reg31) || atom == DW_OP_regx) {
        s->kind = IS_REGISTER;
        s->reg = atom == DW_OP_regx ? (unsigned)op->number : (unsigned)atom - DW_OP_reg0;
        return op->number < 64;
    }
    switch (atom) {
    case DW_OP_addr:
    case DW_OP_addrx:
    case DW_OP_GNU_addr_index: return address_operand(s, op, &v) && push(s, v);
    case DW_OP_bregx: return frame_register(s->view, op->number, &v) && push(s, v + op->number2);
    case DW_OP_regval_type: return frame_register(s->view, op->number, &v) && push(s, v);
    case DW_OP_fbreg: return frame_base(s, &v) && push(s, v + op->number);
    case DW_OP_call_frame_cfa: return s->view->has_cfa && push(s, s->view->cfa);
    case DW_OP_const1u:
    case DW_OP_const1s:
    case DW_OP_const2u:
    case DW_OP_const2s:
    case DW_OP_const4u:
    case DW_OP_const4s:
    case DW_OP_const8u:
    case DW_OP_const8s:
    case DW_OP_constu:
    case DW_OP_consts: return push(s, op->number); /* libdw has extended it */
    case DW_OP_stack_value: s->kind = IS_VALUE; return s->depth > 0;
    case DW_OP_implicit_value: s->kind = IS_BLOCK; return dwarf_getlocation_implicit_value(s->attribute, op, &s->block) == 0;
    case DW_OP_nop: return true;
    default: return unary(s, op);
    }
}

static bool run(struct machine_stack *s, const Dwarf_Op *op, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!step(s, &op[i]))
            return false;
    return true;
}

/* --- from a location to the object's bytes */

/* All bytes begin as lost; put() makes those known that it writes. So what no piece covers stays lost without further
 * ado. */
static bool reserve(struct object *o)
{
    size_t room = o->size ? (size_t)o->size : 1;
    if (o->size > OBJECT_MAX)
        return false;
    if (!o->bytes)
        o->bytes = calloc(1, room);
    if (!o->lost && o->bytes) {
        o->lost = malloc(room);
        if (o->lost)
            memset(o->lost, 1, room);
    }
    return o->bytes && o->lost;
}

static void put(struct object *o, uint64_t at, const void *from, uint64_t n)
{
    if (at >= o->size)
        return;
    n = n < o->size - at ? n : o->size - at;
    memcpy(o->bytes + at, from, n);
    memset(o->lost + at, 0, n);
}

/* `n` bytes of the object from `at` on are where the stack says. */
static void take_piece(const struct machine_stack *s, struct object *o, uint64_t at, uint64_t n)
{
    uint8_t memory[64] = {0};
    uint64_t v;
    struct error ignored;
    n = n < o->size - at ? n : o->size - at;
    switch (s->kind) {
    case IS_REGISTER:
        if (frame_register(s->view, s->reg, &v))
            put(o, at, &v, n < 8 ? n : 8);
        break;
    case IS_VALUE: put(o, at, &s->at[s->depth - 1], n < 8 ? n : 8); break;
    case IS_BLOCK: put(o, at, s->block.data, n < s->block.length ? n : s->block.length); break;
    case IS_ADDRESS:
        if (s->depth && n <= sizeof memory && debugger_read(s->view->d, SPACE_VIRTUAL, s->at[s->depth - 1], memory, n, &ignored) == 0)
            put(o, at, memory, n);
        break;
    case IS_LOST: break;
    }
}

/* A struct of two words, of which one is in a register and the other was optimized away [DWARF 5, 2.6.1.2]:
 *
 *     DW_OP_reg10  DW_OP_piece 8  DW_OP_piece 8
 *      `--- bytes 0 to 7 ------'   `- bytes 8 to 15: nothing stands before it, so they are lost */
/* One after the other; between two, DW_OP_piece. */
static void pieces(struct machine_stack *s, const Dwarf_Op *op, size_t count, struct object *o)
{
    uint64_t at = 0;
    size_t start = 0;
    for (size_t i = 0; i < count && at < o->size; i++) {
        if (op[i].atom != DW_OP_piece)
            continue;
        s->depth = 0;
        s->kind = IS_ADDRESS;
        if (i == start || !run(s, op + start, i - start))
            s->kind = IS_LOST;
        take_piece(s, o, at, op[i].number);
        at += op[i].number < o->size - at ? op[i].number : o->size - at;
        start = i + 1;
    }
}

static bool has_pieces(const Dwarf_Op *op, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (op[i].atom == DW_OP_piece || op[i].atom == DW_OP_bit_piece)
            return true;
    return false;
}

/* dwarf_getlocation_addr() picks the expression that holds at this pc: a variable may live in a register here and on the
 * stack there, or be dead, and then it gives none. An operation that is not known loses the object, for a wrong value
 * would be worse than none. */
static int by_location(const struct object_view *v, const struct symbol_file *f, Dwarf_Attribute *a, struct object *o, struct error *e)
{
    Dwarf_Op *op;
    size_t count;
    uint64_t pc = v->has_scopes ? v->scopes.pc : 0;
    struct machine_stack s = {.view = v, .file = f, .attribute = a};
    if (dwarf_getlocation_addr(a, pc, &op, &count, 1) != 1 || count == 0)
        return 0;
    bool whole = !has_pieces(op, count);
    if (whole && !run(&s, op, count))
        return 0;
    if (whole && s.kind == IS_ADDRESS) {
        o->in_memory = s.depth > 0;
        o->address = s.depth ? s.at[s.depth - 1] : 0;
        return 0;
    }
    if (!reserve(o))
        return o->size > OBJECT_MAX ? 0 : error_set(e, ENOMEM, "there is not enough memory for the value");
    if (whole)
        take_piece(&s, o, 0, o->size);
    else
        pieces(&s, op, count, o);
    return 0;
}

static int by_constant(Dwarf_Attribute *a, struct object *o, struct error *e)
{
    Dwarf_Sword number;
    Dwarf_Block block;
    if (!reserve(o))
        return error_set(e, ENOMEM, "there is not enough memory for the value");
    if (dwarf_formsdata(a, &number) == 0)
        put(o, 0, &number, o->size < 8 ? o->size : 8);
    else if (dwarf_formblock(a, &block) == 0)
        put(o, 0, block.data, block.length);
    return 0;
}

int location_find(const struct object_view *v, const struct symbol_file *f, Dwarf_Die *variable, struct object *o, struct error *e)
{
    Dwarf_Attribute a;
    *o = (struct object){.is_void = !ctype_of(variable, &o->type)};
    Dwarf_Die type;
    if (!o->is_void && ctype_of(variable, &type))
        o->type = type;
    if (!o->is_void)
        (void)!ctype_size(&o->type, &o->size);
    if (dwarf_attr_integrate(variable, DW_AT_location, &a))
        return by_location(v, f, &a, o, e);
    if (o->size <= OBJECT_MAX && dwarf_attr_integrate(variable, DW_AT_const_value, &a))
        return by_constant(&a, o, e);
    return 0;
}
#endif
