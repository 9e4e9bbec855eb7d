/* fuzz_expression.c - whatever is typed for an expression or a format is parsed or refused with a sentence; what was parsed is evaluated
 * or refused, and nothing is read outside the text. Without an assignment nothing is set. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/debug/expression.h"
#include "monitor/debug/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An input that breaks a promise ends the process, as a fuzzer wants it. */
static void promise(bool kept, const char *what)
{
    if (kept)
        return;
    fprintf(stderr, "broken promise: %s\n", what);
    abort();
}

static int name(void *opaque, const char *text, bool is_dollar, struct named *out, struct error *e)
{
    (void)opaque;
    if (strcmp(text, "nothing") == 0)
        return error_set(e, EINVAL, "there is no symbol 'nothing'");
    *out = (struct named){.kind = is_dollar ? text[0] == 'v' ? NAMED_VARIABLE : NAMED_REGISTER : NAMED_VALUE,
                          .value = {strlen(text), {8, false, 0}},
                          .reg = (reg_t)strlen(text),
                          .type = {8, true, 0}};
    return 0;
}

static uint64_t get(void *opaque, reg_t r)
{
    (void)opaque;
    return r;
}

static int note_set(void *opaque)
{
    *(bool *)opaque = true;
    return 0;
}

static int set(void *opaque, reg_t r, uint64_t v, struct error *e)
{
    (void)r, (void)v, (void)e;
    return note_set(opaque);
}

static int load(void *opaque, uint64_t at, unsigned bytes, uint64_t *v, struct error *e)
{
    (void)opaque;
    promise(bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8, "a size of memory");
    *v = ~at;
    return at & 1 ? error_set(e, EFAULT, "cannot access memory") : 0;
}

static int store(void *opaque, uint64_t at, unsigned bytes, uint64_t v, struct error *e)
{
    (void)at, (void)v, (void)e;
    promise(bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8, "a size of memory");
    return note_set(opaque);
}

static int variable(void *opaque, const char *text, struct value *out, struct error *e)
{
    (void)opaque, (void)e;
    *out = (struct value){strlen(text), {8, true, 0}};
    return 0;
}

static int set_variable(void *opaque, const char *text, const struct value *v, struct error *e)
{
    (void)text, (void)v, (void)e;
    return note_set(opaque);
}

static int far(void *opaque, uint64_t segment, uint64_t offset, uint64_t *address, struct error *e)
{
    (void)opaque;
    *address = segment * 16 + offset;
    return segment > 0xffff ? error_set(e, EINVAL, "no segment") : 0;
}

static void evaluate(const struct expression_context *c, const struct expression *x, const bool *was_set)
{
    struct value v;
    struct error e = {""};
    char text[FORMAT_TEXT];
    if (expression_evaluate(x, c, &v, &e) != 0) {
        promise(e.text[0] != '\0', "a sentence for what cannot be evaluated");
        return;
    }
    promise(!*was_set || expression_assigns(x), "only an assignment sets");
    format_value(&v, text, sizeof text);
}

/* Bytes become the letters that expressions are made of more often than chance would have it. */
static char *text_of(const uint8_t *data, size_t size)
{
    static const char letters[] = "0123456789abcx$()[]{}*&+-/%<>=!?:|^~' uUlint.v_";
    char *text = malloc(size + 1);
    for (size_t i = 0; text && i < size; i++)
        text[i] = data[i] & 0x80 ? letters[data[i] % (sizeof letters - 1)] : (char)data[i];
    if (text)
        text[size] = '\0';
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool was_set = false;
    const struct expression_context c = {name, get, set, load, store, variable, set_variable, NULL, far, &was_set};
    struct expression *x;
    struct error e = {""};
    struct format f;
    const char *rest;
    char *text = text_of(data, size);
    if (!text)
        return 0;
    if (expression_parse(text, &c, &rest, &x, &e) == 0) {
        promise(rest >= text && rest <= text + strlen(text), "the rest is in the text");
        evaluate(&c, x, &was_set);
        expression_free(x);
    } else {
        promise(e.text[0] != '\0', "a sentence for what is refused");
    }
    e.text[0] = '\0';
    if (format_parse(text, &f, &e) != 0)
        promise(e.text[0] != '\0', "a sentence for a bad format");
    free(text);
    return 0;
}
