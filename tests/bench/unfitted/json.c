/* json.c - a parser for JSON [RFC 8259] that makes a tree of a text, and a printer that makes a text of the tree: the shortest form, in which
 * the text was, so that the two must be the same. In between, members are looked up and numbers summed.
 */
#include "tests/bench/work.h"

typedef enum { json_null, json_false, json_true, json_number, json_string, json_array, json_object } json_type;

typedef struct json_value json_value;
struct json_value {
    json_type type;
    json_value *next;  /* in its array or object */
    json_value *first; /* of an array or object */
    const char *key;   /* of a member, decoded */
    const char *text;  /* of a string, decoded */
    int64_t number;    /* in thousandths */
};

typedef struct {
    const char *at;
    char *pool, *pool_end; /* what values and strings are made of */
    const char *error;
    int depth;
} json_parser;

typedef struct {
    char *begin, *to;
} json_printer;

enum { JSON_MAX_DEPTH = 32 };

static void *json_alloc(json_parser *p, size_t size)
{
    char *block = p->pool;
    size = (size + 7) & ~(size_t)7;
    if (size > (size_t)(p->pool_end - p->pool)) {
        p->error = "out of memory";
        return NULL;
    }
    p->pool += size;
    return block;
}

static void json_skip(json_parser *p)
{
    while (*p->at == ' ' || *p->at == '\n' || *p->at == '\t' || *p->at == '\r')
        p->at++;
}

static int json_expect(json_parser *p, const char *word)
{
    for (; *word; word++, p->at++)
        if (*p->at != *word) {
            p->error = "unexpected character";
            return 0;
        }
    return 1;
}

static unsigned json_hex4(json_parser *p)
{
    unsigned v = 0;
    for (int i = 0; i < 4; i++) {
        char c = *p->at++;
        if (c >= '0' && c <= '9')
            v = v * 16 + (unsigned)(c - '0');
        else if (c >= 'a' && c <= 'f')
            v = v * 16 + (unsigned)(c - 'a' + 10);
        else
            p->error = "bad escape";
    }
    return v;
}

/* UTF-8 of a character below 65536. */
static char *json_utf8(char *to, unsigned c)
{
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
    } else {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
    }
    *to++ = (char)(0x80 | (c & 0x3f));
    return to;
}

static const char *json_parse_text(json_parser *p)
{
    const char *end = p->at + 1;
    while (*end && *end != '"')
        end += *end == '\\' && end[1] ? 2 : 1;
    char *text = json_alloc(p, (size_t)(end - p->at)), *to = text;
    if (!text || !json_expect(p, "\""))
        return NULL;
    while (*p->at && *p->at != '"') {
        if (*p->at != '\\') {
            *to++ = *p->at++;
            continue;
        }
        p->at++;
        switch (*p->at++) {
        case 'n': *to++ = '\n'; break;
        case 't': *to++ = '\t'; break;
        case 'u': to = json_utf8(to, json_hex4(p)); break;
        default: *to++ = p->at[-1];
        }
    }
    *to = '\0';
    return json_expect(p, "\"") ? text : NULL;
}

static int64_t json_parse_number(json_parser *p)
{
    int64_t v = 0;
    int negative = *p->at == '-', digits = 0, scale = 3;
    for (p->at += negative; *p->at >= '0' && *p->at <= '9'; p->at++, digits++)
        v = v * 10 + (*p->at - '0');
    if (*p->at == '.')
        for (p->at++; *p->at >= '0' && *p->at <= '9' && scale > 0; p->at++, scale--)
            v = v * 10 + (*p->at - '0');
    for (; scale > 0; scale--)
        v *= 10;
    if (!digits)
        p->error = "unexpected character";
    return negative ? -v : v;
}

static json_value *json_parse_value(json_parser *p);

static void json_parse_members(json_parser *p, json_value *v, char close)
{
    json_value **link = &v->first;
    p->at++;
    json_skip(p);
    if (*p->at == close) {
        p->at++;
        return;
    }
    while (!p->error) {
        const char *key = NULL;
        json_skip(p);
        if (close == '}') {
            key = json_parse_text(p);
            json_skip(p);
            json_expect(p, ":");
        }
        json_value *member = p->error ? NULL : json_parse_value(p);
        if (!member)
            return;
        member->key = key;
        *link = member;
        link = &member->next;
        json_skip(p);
        if (*p->at == close) {
            p->at++;
            return;
        }
        json_expect(p, ",");
    }
}

static json_value *json_parse_value(json_parser *p)
{
    json_value *v = json_alloc(p, sizeof *v);
    if (!v || ++p->depth > JSON_MAX_DEPTH)
        return NULL;
    v->next = v->first = NULL;
    v->text = v->key = NULL;
    v->number = 0;
    json_skip(p);
    switch (*p->at) {
    case '{': v->type = json_object, json_parse_members(p, v, '}'); break;
    case '[': v->type = json_array, json_parse_members(p, v, ']'); break;
    case '"': v->type = json_string, v->text = json_parse_text(p); break;
    case 't': v->type = json_true, json_expect(p, "true"); break;
    case 'f': v->type = json_false, json_expect(p, "false"); break;
    case 'n': v->type = json_null, json_expect(p, "null"); break;
    default: v->type = json_number, v->number = json_parse_number(p);
    }
    p->depth--;
    return p->error ? NULL : v;
}

/* --- printing */

static void json_put(json_printer *o, const char *s)
{
    while (*s)
        *o->to++ = *s++;
}

static void json_print_text(json_printer *o, const char *s)
{
    *o->to++ = '"';
    for (; *s; s++) {
        unsigned c = (uint8_t)*s;
        if (c == '"' || c == '\\') {
            *o->to++ = '\\';
            *o->to++ = *s;
        } else if (c == '\n') {
            json_put(o, "\\n");
        } else if (c == '\t') {
            json_put(o, "\\t");
        } else if (c >= 0xc0) {
            unsigned wide = c < 0xe0 ? (c & 0x1f) << 6 | (s[1] & 0x3f) : (c & 15) << 12 | (s[1] & 0x3f) << 6 | (s[2] & 0x3f);
            json_put(o, "\\u");
            for (int shift = 12; shift >= 0; shift -= 4)
                *o->to++ = "0123456789abcdef"[wide >> shift & 15];
            s += c < 0xe0 ? 1 : 2;
        } else {
            *o->to++ = *s;
        }
    }
    *o->to++ = '"';
}

static void json_print_number(json_printer *o, int64_t v)
{
    char digits[24];
    int n = 0, zeros = 1;
    uint64_t u = v < 0 ? (uint64_t)-v : (uint64_t)v;
    if (v < 0)
        *o->to++ = '-';
    for (int place = 0; u || place < 4; place++, u /= 10) {
        zeros &= u % 10 == 0 && place < 3;
        if (place == 3 && n)
            digits[n++] = '.';
        if (place >= 3 || !zeros)
            digits[n++] = (char)('0' + u % 10);
    }
    while (n > 0)
        *o->to++ = digits[--n];
}

static void json_print(json_printer *o, const json_value *v)
{
    static const char *const words[] = {"null", "false", "true"};
    switch (v->type) {
    case json_number: json_print_number(o, v->number); break;
    case json_string: json_print_text(o, v->text); break;
    case json_array:
    case json_object:
        *o->to++ = v->type == json_array ? '[' : '{';
        for (const json_value *m = v->first; m; m = m->next) {
            if (m != v->first)
                *o->to++ = ',';
            if (m->key) {
                json_print_text(o, m->key);
                *o->to++ = ':';
            }
            json_print(o, m);
        }
        *o->to++ = v->type == json_array ? ']' : '}';
        break;
    default: json_put(o, words[v->type]);
    }
}

/* --- looking */

static const json_value *json_member(const json_value *v, const char *key)
{
    for (const json_value *m = v->first; m; m = m->next) {
        size_t i = 0;
        while (key[i] && m->key[i] == key[i])
            i++;
        if (m->key[i] == key[i])
            return m;
    }
    return NULL;
}

static int64_t json_sum(const json_value *v)
{
    int64_t sum = v->number;
    for (const json_value *m = v->first; m; m = m->next)
        sum += json_sum(m);
    return sum;
}

/* --- a document: an array of records */

static void make_record(json_printer *o, uint64_t *seed, unsigned id)
{
    static const char *const names[] = {"Ada",    "Grace \\\"Amazing\\\"", "Erd\\u0151s",
                                        "Blaise", "\\u00c5ngstr\\u00f6m",  "a\\\\b\\tc\\n"};
    static const char *const flags[] = {"true", "false", "null"};
    uint64_t draw = random_next(seed);
    json_put(o, "{\"id\":");
    json_print_number(o, (int64_t)id * 1000);
    json_put(o, ",\"name\":\"");
    json_put(o, names[draw % 6]);
    json_put(o, "\",\"active\":");
    json_put(o, flags[draw >> 8 & 1]);
    json_put(o, ",\"balance\":");
    json_print_number(o, (int64_t)(draw >> 16 & 0xfffffff) - 0x7ffffff);
    json_put(o, ",\"points\":[");
    for (unsigned i = 0; i < (draw >> 4 & 7); i++) {
        json_put(o, i ? ",{\"x\":" : "{\"x\":");
        json_print_number(o, (int64_t)(draw >> i & 0xffff) * 10);
        json_put(o, ",\"y\":");
        json_print_number(o, (int64_t)(draw >> i & 0xff) * 500 - 1000);
        json_put(o, "}");
    }
    json_put(o, "],\"parent\":");
    json_put(o, flags[draw % 3]);
    json_put(o, ",\"tags\":[\"red\",\"green\",[]],\"more\":{}}");
}

static int64_t ids_of(const json_value *document)
{
    int64_t ids = 0;
    for (const json_value *record = document->first; record; record = record->next) {
        const json_value *id = json_member(record, "id"), *more = json_member(record, "more");
        ids += id && more && more->type == json_object && !json_member(record, "missing") ? id->number : 0;
    }
    return ids;
}

uint64_t work_json(uint64_t n)
{
    enum { RECORDS = 150 };
    uint64_t seed = 16, h = 6;
    for (uint64_t round = 0; round < n; round++) {
        json_printer text = {(char *)arena, (char *)arena}, again = {(char *)arena + (3 << 20), (char *)arena + (3 << 20)};
        json_parser p = {text.begin, (char *)arena + (1 << 20), (char *)arena + (3 << 20), NULL, 0};
        for (unsigned i = 0; i < RECORDS; i++) {
            json_put(&text, i ? "," : "[");
            make_record(&text, &seed, i);
        }
        json_put(&text, "]");
        *text.to = '\0';
        json_value *document = json_parse_value(&p);
        if (!document || *p.at || ids_of(document) != INT64_C(1000) * RECORDS * (RECORDS - 1) / 2)
            return UNFITTED_WRONG;
        json_print(&again, document);
        if (again.to - again.begin != text.to - text.begin)
            return UNFITTED_WRONG;
        for (const char *a = text.begin, *b = again.begin; a < text.to; a++, b++)
            if (*a != *b)
                return UNFITTED_WRONG;
        h = mix(h, (uint64_t)json_sum(document) + (uint64_t)(text.to - text.begin));
    }
    return h;
}
