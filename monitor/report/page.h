/* page.h - the parts of the page, files of this folder that embed.cmake puts into a C file at build time. */
#ifndef TRAPEZE_MONITOR_REPORT_PAGE_H
#define TRAPEZE_MONITOR_REPORT_PAGE_H

#include <stddef.h>
#include <stdio.h>

/* Bytes without an end mark, hence the sizes: what is embedded may hold any byte. */
extern const unsigned char report_page_html[], report_page_css[], report_page_js[], report_page_methods[];
extern const size_t report_page_html_size, report_page_css_size, report_page_js_size, report_page_methods_size;

/* Text for HTML, inside an element or a quoted attribute. */
void html_text(FILE *, const char *);

#endif
