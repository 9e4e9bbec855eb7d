/* page.c - the comparison as a page, and as a part of that of `trapeze report`: it needs no program to be read. */
#include "monitor/compare/compare.h"

#include "monitor/kind.h"
#include "monitor/pipes.h"
#include "monitor/report/page.h"

#include <inttypes.h>

static void cell(FILE *f, const char *text)
{
    fputs("<td>", f);
    html_text(f, text);
    fputs("</td>", f);
}

static void number(FILE *f, uint64_t n) { fprintf(f, "<td class=\"number\">%" PRIu64 "</td>", n); }

/* "out 42, halt 1" */
static void rows_cell(FILE *f, const struct compare_counts *k)
{
    fputs("<td>", f);
    for (unsigned n = 0; n < k->tops; n++) {
        fputs(n ? ", " : "", f);
        html_text(f, k->top[n].row);
        fprintf(f, " %" PRIu64, k->top[n].runs);
    }
    fputs("</td>", f);
}

/* How far they are the same is said with "none", too: after ten instructions it would mean little. */
static void difference_cell(FILE *f, const struct verify_outcome *v)
{
    const struct lockstep_report *r = &v->report;
    char text[800];
    if (r->verdict != LOCKSTEP_DIVERGED)
        snprintf(text, sizeof text, "none in %" PRIu64 " instructions", r->retired);
    else if (r->exact && v->insn.known)
        snprintf(text, sizeof text, "instruction %" PRIu64 ", pc 0x%" PRIx64 ": %s. %s", r->seen, r->pc, v->insn.text, v->explanation);
    else
        snprintf(text, sizeof text, "between instruction %" PRIu64 " and %" PRIu64 ". %s", r->retired, r->seen, v->explanation);
    cell(f, text);
}

static void time_cell(FILE *f, const struct compare *c, const struct compare_result *r)
{
    const double bare = c->result[0].seconds;
    if (c->time && bare > 0)
        fprintf(f, "<td class=\"number\">%.2f</td>", r->seconds / bare);
    else if (c->time)
        fputs("<td></td>", f);
}

/* The word says it and not the colour alone, for who prints the page or cannot see the two apart. */
static void row(FILE *f, const struct compare *c, const struct compare_result *r)
{
    char name[80], end[160];
    const bool mark = !r->way.bare && !r->survives;
    fputs("<tr><th scope=\"row\">", f);
    html_text(f, compare_way_name(c, &r->way, name, sizeof name));
    fputs("</th>", f);
    if (*r->refused) {
        fputs("<td colspan=\"10\">", f);
        html_text(f, r->refused);
        fputs("</td></tr>\n", f);
        return;
    }
    fprintf(f, "<td%s>%s: ", mark ? " class=\"no\"" : "", compare_word(r));
    html_text(f, compare_end_text(r, end, sizeof end));
    fputs("</td>", f);
    if (r->way.bare) {
        fputs("<td></td>", f);
        number(f, r->retired);
        fputs("<td></td><td></td><td></td><td></td><td></td><td></td>", f);
    } else {
        difference_cell(f, &r->verify);
        number(f, r->counts.direct);
        number(f, r->counts.translated);
        number(f, r->counts.interpreted + r->counts.emulated);
        number(f, r->counts.inspected);
        number(f, r->counts.exits);
        rows_cell(f, &r->counts);
        number(f, r->counts.fills);
    }
    time_cell(f, c, r);
    fputs("</tr>\n", f);
}

/* A section that has no style of its own: it stands in a page of its own as well as in that of `trapeze report`. */
void compare_fragment(FILE *f, const struct compare *c)
{
    static const char *const head[] = {
        "survives?", "first difference from bare", "directly", "translated", "by the monitor", "inspected", "exits", "most by row",
        "leaves"};
    fputs("<section aria-labelledby=\"compare-head\" id=\"compare\">\n<h2 id=\"compare-head\">One kernel, each way to run it</h2>\n"
          "<p class=\"lead\">",
          f);
    html_text(f, pipes_typed(c->options, c->options->kind->guest_name(c->options)));
    fprintf(
        f,
        ": on the bare machine, and under each monitor that there is, %u deep. “By the monitor” are instructions that it interpreted "
        "or emulated; “leaves” are those of shadow tables%s.</p>\n<div class=\"scroll\"><table class=\"machines\">\n<thead><tr>"
        "<th scope=\"col\">machine, monitor</th>",
        c->options->depth, c->time ? "; the time is that of the bare machine’s run times so much" : "");
    for (unsigned n = 0; n < sizeof head / sizeof *head; n++)
        fprintf(f, "<th scope=\"col\">%s</th>", head[n]);
    fputs(c->time ? "<th scope=\"col\">time</th></tr></thead>\n<tbody>\n" : "</tr></thead>\n<tbody>\n", f);
    for (unsigned n = 0; n < c->count; n++)
        row(f, c, &c->result[n]);
    fputs("</tbody></table></div>\n</section>\n", f);
}

int compare_page(FILE *f, const void *compare, struct error *e)
{
    const struct compare *c = compare;
    (void)e;
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light "
          "dark\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>",
          f);
    html_text(f, c->result[0].way.machine);
    fputs(": one kernel, each way to run it</title>\n<style>\n", f);
    fwrite(report_page_css, 1, report_page_css_size, f);
    fputs("</style>\n</head>\n<body>\n<header class=\"page\"><div class=\"eyebrow\"><span>Trapeze " TRAPEZE_VERSION
          "</span></div>\n<h1>",
          f);
    html_text(f, c->result[0].way.machine);
    fputs("</h1></header>\n<main>\n", f);
    compare_fragment(f, c);
    fputs("</main>\n</body>\n</html>\n", f);
    return 0;
}
