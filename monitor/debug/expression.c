/* expression.c - from text to a tree: recursive descent for what is unary, precedence climbing for what is binary. */
#include "monitor/debug/expression_node.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MAX = 100,   /* of what is nested: parentheses, unary operators, ?: and = to the right */
    HEIGHT_MAX = 1000, /* of the tree, which a sum makes high to the left: evaluating and freeing go down it */
};

void expression_free(struct expression *x)
{
    if (!x)
        return;
    expression_free(x->a);
    expression_free(x->b);
    expression_free(x->c);
    free(x->name);
    free(x);
}

bool expression_assigns(const struct expression *x)
{
    return x && (x->op == NODE_ASSIGN || expression_assigns(x->a) || expression_assigns(x->b) || expression_assigns(x->c));
}

bool expression_is_constant(const struct expression *x)
{
    bool changes = x && (x->op == NODE_REGISTER || x->op == NODE_VARIABLE || x->op == NODE_OBJECT || x->op == NODE_LOAD);
    return !x || (!changes && expression_is_constant(x->a) && expression_is_constant(x->b) && expression_is_constant(x->c));
}

/* `until $pc == 0x80200000 && $a0 == 3` need not step: where the pc is that a trigger tells, and the rest is asked
 * there. Only && passes the demand on; with || the other side may hold anywhere. */
bool expression_demands(const struct expression *x, reg_t reg, uint64_t *number)
{
    if (x->op == NODE_LOGICAL_AND)
        return expression_demands(x->a, reg, number) || expression_demands(x->b, reg, number);
    if (x->op != NODE_EQ)
        return false;
    const struct expression *r = x->a->op == NODE_REGISTER ? x->a : x->b, *n = r == x->a ? x->b : x->a;
    if (r->op != NODE_REGISTER || r->reg != reg || n->op != NODE_VALUE)
        return false;
    *number = n->value.bits;
    return true;
}

/* --- building */

void expression_blanks(struct parser *p)
{
    while (isspace((unsigned char)*p->at))
        p->at++;
}

/* The first failure stays. Always NULL. */
struct expression *expression_fail(struct parser *p, int result)
{
    if (!p->failed)
        p->failed = result;
    return NULL;
}

/* What is wrong is said from the text that is left, up to 40 letters of it: a position in columns would have to be
 * counted by the reader. */
struct expression *expression_wanted(struct parser *p, const char *what)
{
    if (p->failed)
        return NULL;
    if (*p->at)
        return expression_fail(p, error_set(p->error, EINVAL, "%s is expected at '%.40s'", what, p->at));
    return expression_fail(p, error_set(p->error, EINVAL, "%s is expected at the end", what));
}

static unsigned height_of(const struct expression *x) { return x ? x->height : 0; }
static unsigned above(unsigned a, unsigned b) { return a > b ? a : b; }

/* Takes its operands over, whether or not it succeeds. */
struct expression *expression_node(struct parser *p, enum node_op op, struct expression *a, struct expression *b, struct expression *c)
{
    struct expression *x = p->failed ? NULL : calloc(1, sizeof *x);
    unsigned height = 1 + above(above(height_of(a), height_of(b)), height_of(c));
    if (!x || height > HEIGHT_MAX) {
        free(x);
        expression_free(a);
        expression_free(b);
        expression_free(c);
        if (p->failed)
            return NULL;
        return expression_fail(
            p, x ? error_set(p->error, EINVAL, "the expression is too long: %d operations in a row are the most", HEIGHT_MAX - 1)
                 : error_set(p->error, ENOMEM, "there is not enough memory"));
    }
    x->op = op;
    x->height = height;
    x->a = a;
    x->b = b;
    x->c = c;
    return x;
}

/* --- unary */

static struct expression *assignment(struct parser *);
static struct expression *unary(struct parser *);

static bool closes(struct parser *p, char c)
{
    expression_blanks(p);
    if (*p->at == c) {
        p->at++;
        return true;
    }
    const char what[] = {'\'', c, '\'', '\0'};
    expression_wanted(p, what);
    return false;
}

/* Between ? and : a colon ends the middle part, and SEGMENT:OFFSET cannot stand there without parentheses, which begin
 * anew. */
static struct expression *inside(struct parser *p, char close)
{
    const bool outer = p->choosing;
    p->choosing = close == ':';
    struct expression *x = assignment(p);
    p->choosing = outer;
    if (x && !closes(p, close)) {
        expression_free(x);
        return NULL;
    }
    return x;
}

static struct expression *cast(struct parser *p, struct value_type type, struct expression *a)
{
    struct expression *x = expression_node(p, NODE_CAST, a, NULL, NULL);
    if (x)
        x->type = type;
    return x;
}

/* {type} address is *(type *)address. */
static struct expression *braces(struct parser *p)
{
    struct value_type t;
    p->at++;
    if (!expression_type_name(p, &t))
        return expression_wanted(p, "a type such as int or uint64_t");
    if (!closes(p, '}'))
        return NULL;
    t.pointers++;
    struct expression *a = unary(p);
    return a ? expression_node(p, NODE_LOAD, cast(p, t, a), NULL, NULL) : NULL;
}

static struct expression *parenthesis(struct parser *p)
{
    struct value_type t;
    p->at++;
    if (expression_type_name(p, &t)) {
        struct expression *a = closes(p, ')') ? unary(p) : NULL;
        return a ? cast(p, t, a) : NULL;
    }
    return inside(p, ')');
}

static struct expression *primary(struct parser *p)
{
    if (isdigit((unsigned char)*p->at))
        return expression_number(p);
    if (*p->at == '\'')
        return expression_character(p);
    if (*p->at == '(')
        return parenthesis(p);
    if (*p->at == '{')
        return braces(p);
    if (*p->at == '$' || *p->at == '.' || expression_is_word(*p->at))
        return expression_named(p);
    return expression_wanted(p, "a number, a $register or a symbol");
}

/* a[i] is *(a + i) in the tree, as in C: INDEX computes the address, LOAD takes what lies there, and & before it undoes
 * the LOAD. */
static struct expression *postfix(struct parser *p)
{
    struct expression *x = primary(p);
    for (;;) {
        expression_blanks(p);
        if (!x || *p->at != '[')
            return x;
        p->at++;
        struct expression *index = inside(p, ']');
        if (!index) {
            expression_free(x);
            return NULL;
        }
        x = expression_node(p, NODE_LOAD, expression_node(p, NODE_INDEX, x, index, NULL), NULL, NULL);
    }
}

static struct expression *prefixed(struct parser *p, enum node_op op)
{
    p->at++;
    struct expression *a = unary(p);
    return a ? expression_node(p, op, a, NULL, NULL) : NULL;
}

/* A symbol is its address already; an object has one, and so has what is loaded from memory: &*p is p [C17 6.5.3.2]. */
static struct expression *address(struct parser *p)
{
    p->at++;
    struct expression *a = unary(p);
    return a && (a->op == NODE_OBJECT || a->op == NODE_LOAD) ? expression_node(p, NODE_ADDRESS, a, NULL, NULL) : a;
}

static struct expression *unary_inner(struct parser *p)
{
    switch (*p->at) {
    case '-': return prefixed(p, NODE_NEGATE);
    case '!': return prefixed(p, NODE_NOT);
    case '~': return prefixed(p, NODE_COMPLEMENT);
    case '*': return prefixed(p, NODE_LOAD);
    case '&': return address(p);
    case '+': p->at++; return unary(p);
    default: return postfix(p);
    }
}

/* One level further in; false: that is too deep, and it was said. */
static bool go_in(struct parser *p)
{
    if (p->failed)
        return false;
    if (p->depth == DEPTH_MAX) {
        expression_fail(p, error_set(p->error, EINVAL, "the expression is nested too deeply"));
        return false;
    }
    p->depth++;
    return true;
}

static struct expression *unary(struct parser *p)
{
    if (!go_in(p))
        return NULL;
    expression_blanks(p);
    struct expression *x = unary_inner(p);
    p->depth--;
    return x;
}

/* --- binary */

/* C's table of precedence, C17 6.5.5 to 6.5.14, without the comma. The longer of two that begin alike stands first: <<
 * before <. */
static const struct operator
{
    const char *text;
    uint8_t level; /* binds the tighter the higher */
    enum node_op op;
}
operators[] = {
    {"||", 1, NODE_LOGICAL_OR}, {"&&", 2, NODE_LOGICAL_AND}, {"<<", 8, NODE_SHL}, {">>", 8, NODE_SHR}, {"==", 6, NODE_EQ},
    {"!=", 6, NODE_NE},         {"<=", 7, NODE_LE},          {">=", 7, NODE_GE},  {"<", 7, NODE_LT},   {">", 7, NODE_GT},
    {"|", 3, NODE_OR},          {"^", 4, NODE_XOR},          {"&", 5, NODE_AND},  {"+", 9, NODE_ADD},  {"-", 9, NODE_SUB},
    {"*", 10, NODE_MUL},        {"/", 10, NODE_DIV},         {"%", 10, NODE_MOD},
};

static const struct operator* operator_at(struct parser *p)
{
    expression_blanks(p);
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (strncmp(p->at, operators[i].text, strlen(operators[i].text)) == 0)
            return &operators[i];
    return NULL;
}

/* Precedence climbing: takes operators of at least this level, and what is to the right of one must bind tighter, so
 * that equals group to the left. 1 + 2 * 3 - 4 with level(+) = level(-) = 9, level(*) = 10:
 *
 *     binary(0): 1, then +, right side binary(10): 2 * 3      ->  (1 + (2 * 3))
 *                then -, right side binary(10): 4             ->  ((1 + (2 * 3)) - 4) */
static struct expression *binary(struct parser *p, unsigned least)
{
    struct expression *x = unary(p);
    const struct operator* o;
    while (x && (o = operator_at(p)) && o->level >= least) {
        p->at += strlen(o->text);
        struct expression *right = binary(p, o->level + 1u);
        if (!right) {
            expression_free(x);
            return NULL;
        }
        x = expression_node(p, o->op, x, right, NULL);
    }
    return x;
}

static struct expression *address_of_parts(struct parser *p)
{
    struct expression *x = binary(p, 0);
    expression_blanks(p);
    if (!x || *p->at != ':' || p->choosing || !p->context->far)
        return x;
    p->at++;
    struct expression *offset = binary(p, 0);
    if (offset)
        return expression_node(p, NODE_FAR, x, offset, NULL);
    expression_free(x);
    return NULL;
}

static struct expression *choice(struct parser *p)
{
    struct expression *x = address_of_parts(p);
    expression_blanks(p);
    if (!x || *p->at != '?')
        return x;
    p->at++;
    struct expression *yes = NULL, *no = NULL;
    if (go_in(p)) {
        yes = inside(p, ':');
        no = yes ? choice(p) : NULL;
        p->depth--;
    }
    if (yes && no)
        return expression_node(p, NODE_CHOOSE, x, yes, no);
    expression_free(x);
    expression_free(yes);
    return expression_wanted(p, "another part of ?:");
}

static struct expression *assignment(struct parser *p)
{
    struct expression *x = choice(p);
    expression_blanks(p);
    if (!x || p->at[0] != '=' || p->at[1] == '=')
        return x;
    if (x->op != NODE_REGISTER && x->op != NODE_VARIABLE && x->op != NODE_OBJECT && x->op != NODE_LOAD) {
        expression_free(x);
        return expression_fail(p, error_set(p->error, EINVAL, "only a $register, a $variable or memory ({int}ADDRESS) can be set"));
    }
    p->at++;
    struct expression *right = NULL;
    if (go_in(p)) {
        right = assignment(p);
        p->depth--;
    }
    if (right)
        return expression_node(p, NODE_ASSIGN, x, right, NULL);
    expression_free(x);
    return expression_wanted(p, "a value");
}

int expression_parse(const char *text, const struct expression_context *context, const char **rest, struct expression **out,
                     struct error *e)
{
    struct parser p = {.at = text, .context = context, .error = e};
    *out = NULL;
    struct expression *x = assignment(&p);
    expression_blanks(&p);
    if (x && !rest && *p.at) {
        expression_free(x);
        x = expression_wanted(&p, "an operator");
    }
    if (!x)
        return p.failed ? p.failed : -EINVAL;
    if (rest)
        *rest = p.at;
    *out = x;
    return 0;
}
