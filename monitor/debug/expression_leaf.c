/* expression_leaf.c - what stands alone in an expression, the leaves of its tree: numbers, characters, names; and names of types. */
#include "monitor/debug/expression_node.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* --- types */

static size_t word_length(const char *at)
{
    size_t n = 0;
    while (expression_is_word(at[n]))
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
bool expression_type_name(struct parser *p, struct value_type *t)
{
    bool any = false, has_size = false;
    *t = (struct value_type){4, true, 0};
    for (;;) {
        expression_blanks(p);
        size_t n = word_length(p->at);
        if (!n || !type_word(p->at, n, t, &has_size))
            break;
        any = true;
        p->at += n;
    }
    for (expression_blanks(p); any && *p->at == '*'; expression_blanks(p)) {
        p->at++;
        t->pointers = (uint8_t)(t->pointers + (t->pointers < 8));
    }
    return any;
}

/* --- what stands alone */

static const struct value_type type_long = {8, true, 0}, type_unsigned_long = {8, false, 0};

static struct expression *constant(struct parser *p, uint64_t bits, struct value_type type)
{
    struct expression *x = expression_node(p, NODE_VALUE, NULL, NULL, NULL);
    if (x)
        x->value = (struct value){bits, type};
    return x;
}

/* 0x10 is 16, 0b101 is 5, 017 is 15, 42u is unsigned. What does not fit a long is unsigned, as 0xffffffff80000000 is;
 * what does not fit 64 bits is refused, and so is 12ab, which would otherwise be 12 and the name ab. */
struct expression *expression_number(struct parser *p)
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
    if (bad || expression_is_word(*end))
        return expression_fail(p, error_set(p->error, EINVAL, "'%.*s' is not a number", (int)word_length(p->at), p->at));
    p->at = end;
    return constant(p, v, is_unsigned || v > INT64_MAX ? type_unsigned_long : type_long);
}

/* The escapes stand in pairs: the letter behind the backslash, and what it means. A char is signed, as gdb has it:
 * '\377' is no escape here, and bytes above 0x7f are negative. */
struct expression *expression_character(struct parser *p)
{
    static const char escapes[] = "n\nt\tr\r0\0\\\\''a\ab\bf\fv\ve\033";
    char c = p->at[1];
    const char *end = p->at + 2;
    if (c == '\\') {
        const char *e = escapes;
        while (e < escapes + sizeof escapes - 1 && *e != p->at[2])
            e += 2;
        if (e == escapes + sizeof escapes - 1)
            return expression_wanted(p, "a character such as 'a' or '\\n'");
        c = e[1];
        end = p->at + 3;
    }
    if (!p->at[1] || *end != '\'')
        return expression_wanted(p, "a character such as 'a' or '\\n'");
    p->at = end + 1;
    return constant(p, (uint64_t)(int64_t)(signed char)c, (struct value_type){1, true, 0});
}

/* What follows the name of an object: .member, ->member, [index]. */
/* The path is only measured here, and given to the program's objects as text (object_path.c). In "a[b[1]].c + 1" it ends
 * before " + 1"; an index is passed over by counting brackets, not by reading what is in it. */
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
        } else if ((*at == '.' && expression_is_word(at[1])) || (at[0] == '-' && at[1] == '>' && expression_is_word(at[2]))) {
            at += *at == '.' ? 1 : 2;
            n = (size_t)(at - text) + word_length(at);
        } else {
            return n;
        }
    }
}

static struct expression *object(struct parser *p, const char *start)
{
    struct expression *x = expression_node(p, NODE_OBJECT, NULL, NULL, NULL);
    p->at += path_length(p->at);
    if (x && !(x->name = strndup(start, (size_t)(p->at - start)))) {
        expression_free(x);
        return expression_fail(p, error_set(p->error, ENOMEM, "there is not enough memory"));
    }
    return x;
}

/* Names are looked up while parsing: a condition keeps the address of a symbol or the number of a register, and need not
 * search at each instruction. Variables and objects stay names, for their values change. */
struct expression *expression_named(struct parser *p)
{
    bool dollar = *p->at == '$';
    char name[VALUE_NAME];
    size_t n = 0;
    p->at += dollar;
    const char *start = p->at;
    while (expression_is_word(start[n]) || (!dollar && start[n] == '.') || start[n] == '$')
        n++;
    if (n >= sizeof name)
        return expression_fail(p, error_set(p->error, EINVAL, "the name '%.40s...' is too long", start));
    memcpy(name, start, n);
    name[n] = '\0';
    p->at += n;
    struct named what = {0};
    int r = p->context->name(p->context->opaque, name, dollar, &what, p->error);
    if (r)
        return expression_fail(p, r);
    if (what.kind == NAMED_OBJECT)
        return object(p, start);
    if (what.kind == NAMED_VALUE)
        return constant(p, what.value.bits, what.value.type);
    struct expression *x = expression_node(p, what.kind == NAMED_REGISTER ? NODE_REGISTER : NODE_VARIABLE, NULL, NULL, NULL);
    if (!x)
        return NULL;
    x->reg = what.reg;
    x->type = what.type;
    x->name = strdup(name);
    if (!x->name) {
        expression_free(x);
        return expression_fail(p, error_set(p->error, ENOMEM, "there is not enough memory"));
    }
    return x;
}
