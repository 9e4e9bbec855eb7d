/* evaluate.c - the value of an expression. Everything is computed in 64 bits, as C computes with long and unsigned long. */
#include "monitor/debug/expression_node.h"

#include <errno.h>

struct evaluation {
    const struct expression_context *context;
    struct error *error;
};

static int evaluate(const struct evaluation *, const struct expression *, struct value *);

/* The invariant of a value: its 64 bits are those that C would have after conversion to long or unsigned long.
 * (int8_t)0xff is 0xffffffffffffffff, (uint8_t)0x1ff is 0xff. So operators need not know how wide a value was. */
static uint64_t extend(uint64_t bits, struct value_type t)
{
    if (t.pointers || t.size == 8)
        return bits;
    return t.is_signed ? (uint64_t)sign_extend(bits, 8u * t.size) : bits_get(bits, 0, 8u * t.size);
}

/* Integers narrower than long become long, which holds them all [C17 6.3.1.8, with every type at least as wide as long]. */
static struct value widened(struct value v)
{
    if (!v.type.pointers && v.type.size < 8)
        v.type = (struct value_type){8, true, 0};
    return v;
}

static struct value truth(bool b) { return (struct value){b, {8, true, 0}}; }

/* A pointer to a pointer counts in pointers; the size in the type is that at the end of all stars. */
static uint64_t pointee_size(struct value_type t) { return t.pointers > 1 ? 8 : t.size; }

static bool is_unsigned(struct value v) { return v.type.pointers || !v.type.is_signed; }

/* --- memory */

/* What `v` points to: an integer that is no pointer points to a long. */
static struct value_type pointee(struct value v)
{
    if (!v.type.pointers)
        return (struct value_type){8, true, 0};
    return (struct value_type){v.type.size, v.type.is_signed, (uint8_t)(v.type.pointers - 1)};
}

static unsigned stored_size(struct value_type t) { return t.pointers ? 8 : (unsigned)t.size; }

static bool is_scalar(struct value_type t) { return t.pointers || t.size == 1 || t.size == 2 || t.size == 4 || t.size == 8; }

static int load(const struct evaluation *v, struct value from, struct value *out)
{
    out->type = pointee(from);
    if (!is_scalar(out->type))
        return error_set(v->error, EINVAL, "what is pointed to is a struct, and no number");
    int r = v->context->load(v->context->opaque, from.bits, stored_size(out->type), &out->bits, v->error);
    if (r == 0)
        out->bits = extend(out->bits, out->type);
    return r;
}

/* --- operators */

/* INT64_MIN / -1 does not fit, is undefined in C and ends the process on x86: it wraps here, as all arithmetic does. */
static int divide(const struct evaluation *v, enum node_op op, struct value a, struct value b, bool u, uint64_t *out)
{
    if (b.bits == 0)
        return error_set(v->error, EINVAL, "this divides by zero");
    if (u)
        *out = op == NODE_DIV ? a.bits / b.bits : a.bits % b.bits;
    else if (b.bits == UINT64_MAX) /* -1: the one quotient that may not fit */
        *out = op == NODE_DIV ? 0 - a.bits : 0;
    else
        *out = op == NODE_DIV ? (uint64_t)((int64_t)a.bits / (int64_t)b.bits) : (uint64_t)((int64_t)a.bits % (int64_t)b.bits);
    return 0;
}

static int shift(const struct evaluation *v, enum node_op op, struct value a, struct value b, struct value *out)
{
    if (b.bits > 63)
        return error_set(v->error, EINVAL, "a shift is by 0 to 63, not by %s%llu", !is_unsigned(b) && (int64_t)b.bits < 0 ? "-" : "",
                         (unsigned long long)(!is_unsigned(b) && (int64_t)b.bits < 0 ? 0 - b.bits : b.bits));
    out->type = a.type;
    if (op == NODE_SHL)
        out->bits = a.bits << b.bits;
    else
        out->bits = is_unsigned(a) ? a.bits >> b.bits : (uint64_t)((int64_t)a.bits >> b.bits);
    return 0;
}

static bool compare(enum node_op op, struct value a, struct value b, bool u)
{
    bool less = u ? a.bits < b.bits : (int64_t)a.bits < (int64_t)b.bits;
    switch (op) {
    case NODE_LT: return less;
    case NODE_GE: return !less;
    case NODE_LE: return less || a.bits == b.bits;
    case NODE_GT: return !less && a.bits != b.bits;
    case NODE_EQ: return a.bits == b.bits;
    default: return a.bits != b.bits;
    }
}

/* + and -: a pointer counts in units of what it points to [C17 6.5.6]. */
static void add(enum node_op op, struct value a, struct value b, struct value *out)
{
    bool both = a.type.pointers && b.type.pointers;
    uint64_t unit_a = b.type.pointers && !both ? pointee_size(b.type) : 1,
             unit_b = a.type.pointers && !both ? pointee_size(a.type) : 1;
    uint64_t x = a.bits * unit_a, y = b.bits * unit_b;
    out->bits = op == NODE_ADD ? x + y : x - y;
    out->type = a.type.pointers ? a.type : b.type.pointers ? b.type : out->type;
    if (both) {
        if (op == NODE_SUB)
            out->bits = (uint64_t)((int64_t)out->bits / (int64_t)pointee_size(a.type));
        out->type = (struct value_type){8, true, 0};
    }
}

static int operate(const struct evaluation *v, enum node_op op, struct value a, struct value b, struct value *out)
{
    a = widened(a);
    b = widened(b);
    if (op == NODE_FAR) {
        out->type = (struct value_type){8, false, 0};
        return v->context->far(v->context->opaque, a.bits, b.bits, &out->bits, v->error);
    }
    bool u = is_unsigned(a) || is_unsigned(b);
    out->type = (struct value_type){8, !u, 0};
    switch (op) {
    case NODE_MUL: out->bits = a.bits * b.bits; return 0;
    case NODE_DIV:
    case NODE_MOD: return divide(v, op, a, b, u, &out->bits);
    case NODE_ADD:
    case NODE_SUB: add(op, a, b, out); return 0;
    case NODE_INDEX: /* of what is no pointer: longs, as for * */
        if (!a.type.pointers)
            a.type = (struct value_type){8, true, 1};
        b.type.pointers = 0;
        add(NODE_ADD, a, b, out);
        return 0;
    case NODE_SHL:
    case NODE_SHR: return shift(v, op, a, b, out);
    case NODE_AND: out->bits = a.bits & b.bits; return 0;
    case NODE_XOR: out->bits = a.bits ^ b.bits; return 0;
    case NODE_OR: out->bits = a.bits | b.bits; return 0;
    default: *out = truth(compare(op, a, b, u)); return 0;
    }
}

/* A cast cuts and extends at once, so that the invariant of extend() holds for its result. */
static int unary(const struct evaluation *v, const struct expression *x, struct value *out)
{
    struct value a;
    int r = evaluate(v, x->a, &a);
    if (r)
        return r;
    if (x->op == NODE_LOAD)
        return load(v, a, out);
    if (x->op == NODE_CAST) {
        *out = (struct value){extend(a.bits, x->type), x->type};
        return 0;
    }
    a = widened(a);
    *out = x->op == NODE_NOT ? truth(!a.bits) : (struct value){x->op == NODE_NEGATE ? 0 - a.bits : ~a.bits, a.type};
    return 0;
}

/* Only as much is evaluated as C does. */
static int logical(const struct evaluation *v, const struct expression *x, struct value *out)
{
    int r = evaluate(v, x->a, out);
    if (r)
        return r;
    bool first = out->bits != 0;
    if (x->op == NODE_CHOOSE)
        return evaluate(v, first ? x->b : x->c, out);
    if (first == (x->op == NODE_LOGICAL_AND)) {
        r = evaluate(v, x->b, out);
        first = out->bits != 0;
    }
    *out = truth(first);
    return r;
}

/* The right side first; what is set changes when nothing can fail any more. */
static int assign(const struct evaluation *v, const struct expression *x, struct value *out)
{
    const struct expression_context *c = v->context;
    struct value to;
    int r = evaluate(v, x->b, out);
    if (r)
        return r;
    if (x->a->op == NODE_VARIABLE)
        return c->set_variable(c->opaque, x->a->name, out, v->error);
    if (x->a->op == NODE_REGISTER) {
        r = c->set(c->opaque, x->a->reg, out->bits, v->error);
        return r ? r : evaluate(v, x->a, out); /* as the register took it */
    }
    r = x->a->op == NODE_OBJECT ? c->object(c->opaque, x->a->name, true, &to, v->error) : evaluate(v, x->a->a, &to);
    if (r)
        return r;
    struct value_type t = pointee(to);
    if (!is_scalar(t))
        return error_set(v->error, EINVAL, "a struct cannot be set as a whole");
    r = c->store(c->opaque, to.bits, stored_size(t), out->bits, v->error);
    *out = (struct value){extend(out->bits, t), t};
    return r;
}

/* Where an object or what a LOAD loads lies, as a pointer to it. */
static int address(const struct evaluation *v, const struct expression *x, struct value *out)
{
    if (x->op == NODE_OBJECT)
        return v->context->object(v->context->opaque, x->name, true, out, v->error);
    int r = evaluate(v, x->a, out);
    if (r == 0 && !out->type.pointers)
        out->type = (struct value_type){8, true, 1};
    return r;
}

static int evaluate(const struct evaluation *v, const struct expression *x, struct value *out)
{
    struct value a, b;
    int r;
    switch (x->op) {
    case NODE_VALUE: *out = x->value; return 0;
    case NODE_REGISTER: *out = (struct value){extend(v->context->get(v->context->opaque, x->reg), x->type), x->type}; return 0;
    case NODE_VARIABLE: return v->context->variable(v->context->opaque, x->name, out, v->error);
    case NODE_OBJECT: return v->context->object(v->context->opaque, x->name, false, out, v->error);
    case NODE_ADDRESS: return address(v, x->a, out);
    case NODE_NEGATE:
    case NODE_NOT:
    case NODE_COMPLEMENT:
    case NODE_LOAD:
    case NODE_CAST: return unary(v, x, out);
    case NODE_LOGICAL_AND:
    case NODE_LOGICAL_OR:
    case NODE_CHOOSE: return logical(v, x, out);
    case NODE_ASSIGN: return assign(v, x, out);
    default:
        r = evaluate(v, x->a, &a);
        if (r == 0)
            r = evaluate(v, x->b, &b);
        return r ? r : operate(v, x->op, a, b, out);
    }
}

int expression_evaluate(const struct expression *x, const struct expression_context *context, struct value *out, struct error *e)
{
    const struct evaluation v = {context, e};
    return evaluate(&v, x, out);
}

bool expression_is_memory(const struct expression *x) { return x->op == NODE_LOAD; }
bool expression_is_object(const struct expression *x) { return x->op == NODE_OBJECT; }

int expression_address(const struct expression *x, const struct expression_context *context, struct value *out, struct error *e)
{
    const struct evaluation v = {context, e};
    return address(&v, x, out);
}
