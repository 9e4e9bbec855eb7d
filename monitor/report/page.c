/* page.c - the report as one page: page.html with its style, its program and the data put in. Nothing is loaded from anywhere.
 *
 *    page.html      ...<style>@STYLE@</style>...<title>@TITLE@</title>...@SUMMARY@...@METHODS@...@DATA@...<script>@SCRIPT@...
 *                              |                       |                                    |
 *                        style_write()           title_write()                        data_write(): report_json(), made small
 *
 * embed.cmake makes arrays of page.html, its style and its program at build time (page.h). The page refuses by its own security policy
 * to fetch anything, so it can be handed on as a file and opens the same in ten years.
 */
#include "monitor/report/page.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/compare/compare.h"
#include "monitor/report/report.h"
#include "monitor/report/words.h"

/* '<' and '&' begin something in HTML; quotes end an attribute. */
void html_text(FILE *f, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '&': fputs("&amp;", f); break;
        case '<': fputs("&lt;", f); break;
        case '>': fputs("&gt;", f); break;
        case '"': fputs("&quot;", f); break;
        default: fputc(*s, f);
        }
    }
}

/* "pg:JRST1", as the command line has it. */
static void name_write(FILE *f, const struct report *r, const char *variant)
{
    html_text(f, r->theory->isa);
    if (variant && *variant) {
        fputc(':', f);
        html_text(f, variant);
    }
}

static int style_write(FILE *f, const struct report *r)
{
    (void)r;
    fwrite(report_page_css, 1, report_page_css_size, f);
    return 0;
}

static int script_write(FILE *f, const struct report *r)
{
    (void)r;
    fwrite(report_page_js, 1, report_page_js_size, f);
    return 0;
}

static int methods_write(FILE *f, const struct report *r)
{
    (void)r;
    fwrite(report_page_methods, 1, report_page_methods_size, f);
    return 0;
}

static int title_write(FILE *f, const struct report *r)
{
    fputs("Is ", f);
    name_write(f, r, r->variant);
    fputs(" virtualizable", f);
    if (r->ring)
        fprintf(f, ", its ring 0 in real ring %u", r->ring);
    fputc('?', f);
    return 0;
}

static int generator_write(FILE *f, const struct report *r)
{
    (void)r;
    html_text(f, "Trapeze " TRAPEZE_VERSION);
    return 0;
}

/* A list item for each machine, "pg:JRST1: Theorem 1 holds, Theorem 2 holds, ...; sensitive and not privileged: ...".
 * For those without JavaScript. */
static int summary_write(FILE *f, const struct report *r)
{
    for (unsigned n = 0; n < r->count; n++) {
        const struct verdict *v = &r->machine[n].verdict;
        const bool holds[] = {v->theorem1, v->theorem2, v->theorem3};
        fputs("<li>", f);
        name_write(f, r, r->machine[n].variant);
        for (unsigned t = 0; t < 3; t++)
            fprintf(f, "%s Theorem %u %s", t ? "," : ":", t + 1, holds[t] ? "holds" : "does not hold");
        for (unsigned i = 0; i < v->critical_count; i++) {
            fputs(i ? ", " : "; sensitive and not privileged: ", f);
            html_text(f, v->critical[i]->subject);
        }
        fputs(".</li>\n", f);
    }
    return 0;
}

/* Through memory: what is to be made small must be seen as a whole first. A FILE in memory fails for want of memory alone. */
static int data_write(FILE *f, const struct report *r)
{
    char *text = NULL;
    size_t size = 0;
    FILE *memory = open_memstream(&text, &size);
    if (!memory)
        return -ENOMEM;
    int error = report_json(memory, r);
    if (ferror(memory))
        error = -ENOMEM;
    if (fclose(memory))
        error = -ENOMEM;
    if (!error)
        error = words_write(f, text, size);
    free(text);
    return error;
}

/* Nothing where no kernel was run: the section is then not there at all. */
static int compare_write(FILE *f, const struct report *r)
{
    if (r->compare)
        compare_fragment(f, r->compare);
    return 0;
}

static const struct slot {
    const char *name;
    int (*write)(FILE *, const struct report *);
} slots[] = {
    {"@STYLE@", style_write}, {"@SCRIPT@", script_write},   {"@TITLE@", title_write},     {"@GENERATOR@", generator_write},
    {"@DATA@", data_write},   {"@SUMMARY@", summary_write}, {"@METHODS@", methods_write}, {"@COMPARE@", compare_write},
};

/* A '@' that begins no slot, as one in an address would, stays as it is. */
static const struct slot *slot_at(const char *s, size_t left)
{
    for (unsigned n = 0; n < sizeof slots / sizeof *slots; n++) {
        size_t length = strlen(slots[n].name);
        if (length <= left && memcmp(s, slots[n].name, length) == 0)
            return &slots[n];
    }
    return NULL;
}

int report_page(FILE *f, const struct report *r)
{
    const char *s = (const char *)report_page_html, *end = s + report_page_html_size;
    int error = 0;
    while (s < end && !error) {
        const struct slot *slot = *s == '@' ? slot_at(s, (size_t)(end - s)) : NULL;
        if (slot) {
            error = slot->write(f, r);
            s += strlen(slot->name);
        } else {
            fputc(*s++, f);
        }
    }
    return error;
}
