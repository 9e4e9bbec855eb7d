/* expression.c - from text to a tree: recursive descent for what is unary, precedence climbing for what is binary. */
#include "monitor/debug/expression_node.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MAX = 100,   /* of what is nested: parentheses, unary operators, ?: and = to the right */
    HEIGHT_MAX = 1000, /* of the tree, which a sum makes high to the left: evaluating and freeing go down it */
};

struct parser {
    const char *at;
    const struct expression_context *context;
    struct error *error;
    int failed; /* -errno */
    unsigned depth;
};

static const struct value_type type_long = {8, true, 0}, type_unsigned_long = {8, false, 0};

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

static void blanks(struct parser *p)
{
    while (isspace((unsigned char)*p->at))
        p->at++;
}

/* The first failure stays. Always NULL. */
static struct expression *fail(struct parser *p, int result)
{
    if (!p->failed)
        p->failed = result;
    return NULL;
}

static struct expression *wanted(struct parser *p, const char *what)
{
    if (p->failed)
        return NULL;
    if (*p->at)
        return fail(p, error_set(p->error, EINVAL, "%s is expected at '%.40s'", what, p->at));
    return fail(p, error_set(p->error, EINVAL, "%s is expected at the end", what));
}

static unsigned height_of(const struct expression *x) { return x ? x->height : 0; }
static unsigned above(unsigned a, unsigned b) { return a > b ? a : b; }

/* Takes its operands over, whether or not it succeeds. */
static struct expression *node(struct parser *p, enum node_op op, struct expression *a, struct expression *b, struct expression *c)
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
        return fail(p,
                    x ? error_set(p->error, EINVAL, "the expression is too long: %d operations in a row are the most", HEIGHT_MAX - 1)
                      : error_set(p->error, ENOMEM, "there is not enough memory"));
    }
    x->op = op;
    x->height = height;
    x->a = a;
    x->b = b;
    x->c = c;
    return x;
}

static struct expression *constant(struct parser *p, uint64_t bits, struct value_type type)
{
    struct expression *x = node(p, NODE_VALUE, NULL, NULL, NULL);
    if (x)
        x->value = (struct value){bits, type};
    return x;
}

/* --- types */

static bool is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

static size_t word_length(const char *at)
{
    size_t n = 0;
    while (is_word(at[n]))
        n++;
    return n;
}

static bool is_this(const char *at, size_t length, const char *word)
{
    return strlen(word) == length && strncmp(at, word, length) == 0;
}

/* One word of a type; false: it is none. long long is as long as long. */
static bool type_word(const char *at, size_t n, struct value_type *t, bool *has_size)
{
    static const struct {
        const char *name;
        struct value_type type;
    } names[] = {
        {"char", {1, true, 0}},     {"short", {2, true, 0}},      {"int", {4, true, 0}},       {"long", {8, true, 0}},
        {"int8_t", {1, true, 0}},   {"int16_t", {2, true, 0}},    {"int32_t", {4, true, 0}},   {"int64_t", {8, true, 0}},
        {"uint8_t", {1, false, 0}}, {"uint16_t", {2, false, 0}},  {"uint32_t", {4, false, 0}}, {"uint64_t", {8, false, 0}},
        {"size_t", {8, false, 0}},  {"uintptr_t", {8, false, 0}},
    };
    if (is_this(at, n, "unsigned") || is_this(at, n, "signed")) {
        t->is_signed = at[0] == 's';
        return true;
    }
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (!is_this(at, n, names[i].name))
            continue;
        bool keep = is_this(at, n, "int") && *has_size; /* long int, short int */
        t->size = keep ? t->size : names[i].type.size;
        t->is_signed = i < 4 ? t->is_signed : names[i].type.is_signed;
        return *has_size = true;
    }
    return false;
}

/* A type at p->at, which moves past it; false: there is none, and it does not move. */
static bool type_name(struct parser *p, struct value_type *t)
{
    bool any = false, has_size = false;
    *t = (struct value_type){4, true, 0};
    for (;;) {
        blanks(p);
        size_t n = word_length(p->at);
        if (!n || !type_word(p->at, n, t, &has_size))
            break;
        any = true;
        p->at += n;
    }
    for (blanks(p); any && *p->at == '*'; blanks(p)) {
        p->at++;
        t->pointers = (uint8_t)(t->pointers + (t->pointers < 8));
    }
    return any;
}

/* --- what stands alone */

static struct expression *number(struct parser *p)
{
    const char *start = p->at;
    char *end;
    int base = 0;
    if (start[0] == '0' && (start[1] == 'b' || start[1] == 'B')) {
        base = 2;
        start += 2;
    }
    errno = 0;
    uint64_t v = strtoumax(start, &end, base);
    bool bad = end == start || errno != 0, is_unsigned = false;
    for (; *end == 'u' || *end == 'U' || *end == 'l' || *end == 'L'; end++)
        is_unsigned |= (*end | 0x20) == 'u';
    if (bad || is_word(*end))
        return fail(p, error_set(p->error, EINVAL, "'%.*s' is not a number", (int)word_length(p->at), p->at));
    p->at = end;
    return constant(p, v, is_unsigned || v > INT64_MAX ? type_unsigned_long : type_long);
}

static struct expression *character(struct parser *p)
{
    static const char escapes[] = "n\nt\tr\r0\0\\\\''a\ab\bf\fv\ve\033";
    char c = p->at[1];
    const char *end = p->at + 2;
    if (c == '\\') {
        const char *e = escapes;
        while (e < escapes + sizeof escapes - 1 && *e != p->at[2])
            e += 2;
        if (e == escapes + sizeof escapes - 1)
            return wanted(p, "a character such as 'a' or '\\n'");
        c = e[1];
        end = p->at + 3;
    }
    if (!p->at[1] || *end != '\'')
        return wanted(p, "a character such as 'a' or '\\n'");
    p->at = end + 1;
    return constant(p, (uint64_t)(int64_t)(signed char)c, (struct value_type){1, true, 0});
}

/* What follows the name of an object: .member, ->member, [index]. */
static size_t path_length(const char *text)
{
    size_t n = 0;
    for (;;) {
        const char *at = text + n + strspn(text + n, " \t");
        if (*at == '[') {
            unsigned depth = 0;
            do
                depth += (unsigned)(*at == '[') - (unsigned)(*at == ']');
            while (depth && *++at);
            if (!*at)
                return n;
            n = (size_t)(at + 1 - text);
        } else if ((*at == '.' && is_word(at[1])) || (at[0] == '-' && at[1] == '>' && is_word(at[2]))) {
            at += *at == '.' ? 1 : 2;
            n = (size_t)(at - text) + word_length(at);
        } else {
            return n;
        }
    }
}

static struct expression *object(struct parser *p, const char *start)
{
    struct expression *x = node(p, NODE_OBJECT, NULL, NULL, NULL);
    p->at += path_length(p->at);
    if (x && !(x->name = strndup(start, (size_t)(p->at - start)))) {
        expression_free(x);
        return fail(p, error_set(p->error, ENOMEM, "there is not enough memory"));
    }
    return x;
}

static struct expression *named(struct parser *p)
{
    bool dollar = *p->at == '$';
    char name[VALUE_NAME];
    size_t n = 0;
    p->at += dollar;
    const char *start = p->at;
    while (is_word(start[n]) || (!dollar && start[n] == '.') || start[n] == '$')
        n++;
    if (n >= sizeof name)
        return fail(p, error_set(p->error, EINVAL, "the name '%.40s...' is too long", start));
    memcpy(name, start, n);
    name[n] = '\0';
    p->at += n;
    struct named what = {0};
    int r = p->context->name(p->context->opaque, name, dollar, &what, p->error);
    if (r)
        return fail(p, r);
    if (what.kind == NAMED_OBJECT)
        return object(p, start);
    if (what.kind == NAMED_VALUE)
        return constant(p, what.value.bits, what.value.type);
    struct expression *x = node(p, what.kind == NAMED_REGISTER ? NODE_REGISTER : NODE_VARIABLE, NULL, NULL, NULL);
    if (!x)
        return NULL;
    x->reg = what.reg;
    x->type = what.type;
    x->name = strdup(name);
    if (!x->name) {
        expression_free(x);
        return fail(p, error_set(p->error, ENOMEM, "there is not enough memory"));
    }
    return x;
}

/* --- unary */

static struct expression *assignment(struct parser *);
static struct expression *unary(struct parser *);

static bool closes(struct parser *p, char c)
{
    blanks(p);
    if (*p->at == c) {
        p->at++;
        return true;
    }
    const char what[] = {'\'', c, '\'', '\0'};
    wanted(p, what);
    return false;
}

static struct expression *inside(struct parser *p, char close)
{
    struct expression *x = assignment(p);
    if (x && !closes(p, close)) {
        expression_free(x);
        return NULL;
    }
    return x;
}

static struct expression *cast(struct parser *p, struct value_type type, struct expression *a)
{
    struct expression *x = node(p, NODE_CAST, a, NULL, NULL);
    if (x)
        x->type = type;
    return x;
}

/* {type} address is *(type *)address. */
static struct expression *braces(struct parser *p)
{
    struct value_type t;
    p->at++;
    if (!type_name(p, &t))
        return wanted(p, "a type such as int or uint64_t");
    if (!closes(p, '}'))
        return NULL;
    t.pointers++;
    struct expression *a = unary(p);
    return a ? node(p, NODE_LOAD, cast(p, t, a), NULL, NULL) : NULL;
}

static struct expression *parenthesis(struct parser *p)
{
    struct value_type t;
    p->at++;
    if (type_name(p, &t)) {
        struct expression *a = closes(p, ')') ? unary(p) : NULL;
        return a ? cast(p, t, a) : NULL;
    }
    return inside(p, ')');
}

static struct expression *primary(struct parser *p)
{
    if (isdigit((unsigned char)*p->at))
        return number(p);
    if (*p->at == '\'')
        return character(p);
    if (*p->at == '(')
        return parenthesis(p);
    if (*p->at == '{')
        return braces(p);
    if (*p->at == '$' || *p->at == '.' || is_word(*p->at))
        return named(p);
    return wanted(p, "a number, a $register or a symbol");
}

static struct expression *postfix(struct parser *p)
{
    struct expression *x = primary(p);
    for (;;) {
        blanks(p);
        if (!x || *p->at != '[')
            return x;
        p->at++;
        struct expression *index = inside(p, ']');
        if (!index) {
            expression_free(x);
            return NULL;
        }
        x = node(p, NODE_LOAD, node(p, NODE_INDEX, x, index, NULL), NULL, NULL);
    }
}

static struct expression *prefixed(struct parser *p, enum node_op op)
{
    p->at++;
    struct expression *a = unary(p);
    return a ? node(p, op, a, NULL, NULL) : NULL;
}

/* A symbol is its address already; an object has one. */
static struct expression *address(struct parser *p)
{
    p->at++;
    struct expression *a = unary(p);
    return a && a->op == NODE_OBJECT ? node(p, NODE_ADDRESS, a, NULL, NULL) : a;
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
        fail(p, error_set(p->error, EINVAL, "the expression is nested too deeply"));
        return false;
    }
    p->depth++;
    return true;
}

static struct expression *unary(struct parser *p)
{
    if (!go_in(p))
        return NULL;
    blanks(p);
    struct expression *x = unary_inner(p);
    p->depth--;
    return x;
}

/* --- binary */

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
    blanks(p);
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (strncmp(p->at, operators[i].text, strlen(operators[i].text)) == 0)
            return &operators[i];
    return NULL;
}

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
        x = node(p, o->op, x, right, NULL);
    }
    return x;
}

static struct expression *choice(struct parser *p)
{
    struct expression *x = binary(p, 0);
    blanks(p);
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
        return node(p, NODE_CHOOSE, x, yes, no);
    expression_free(x);
    expression_free(yes);
    return wanted(p, "another part of ?:");
}

static struct expression *assignment(struct parser *p)
{
    struct expression *x = choice(p);
    blanks(p);
    if (!x || p->at[0] != '=' || p->at[1] == '=')
        return x;
    if (x->op != NODE_REGISTER && x->op != NODE_VARIABLE && x->op != NODE_OBJECT && x->op != NODE_LOAD) {
        expression_free(x);
        return fail(p, error_set(p->error, EINVAL, "only a $register, a $variable or memory ({int}ADDRESS) can be set"));
    }
    p->at++;
    struct expression *right = NULL;
    if (go_in(p)) {
        right = assignment(p);
        p->depth--;
    }
    if (right)
        return node(p, NODE_ASSIGN, x, right, NULL);
    expression_free(x);
    return wanted(p, "a value");
}

int expression_parse(const char *text, const struct expression_context *context, const char **rest, struct expression **out,
                     struct error *e)
{
    struct parser p = {.at = text, .context = context, .error = e};
    *out = NULL;
    struct expression *x = assignment(&p);
    blanks(&p);
    if (x && !rest && *p.at) {
        expression_free(x);
        x = wanted(&p, "an operator");
    }
    if (!x)
        return p.failed ? p.failed : -EINVAL;
    if (rest)
        *rest = p.at;
    *out = x;
    return 0;
}
