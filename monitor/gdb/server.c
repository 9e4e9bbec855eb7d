/* server.c - see server.h. */
#define _GNU_SOURCE /* accept4 */
#include "monitor/gdb/server.h"

#include "monitor/terminal.h"

#include "monitor/gdb/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_S = 10 }; /* with a client that does not read */

/* --- where */

static int no_device(const char *text, struct error *e)
{
    return error_set(e, EINVAL, "the option -gdb wants tcp::PORT or unix:PATH, not '%s'", text);
}

/* Without what QEMU has behind the address: server=on, wait=off and their short forms, which are what happens here anyway. */
static int strip(char *copy, const char *text, struct error *e)
{
    static const char *const known[] = {"server", "server=on", "wait=off", "nowait", "nodelay=on", "nodelay"};
    char *option = strchr(copy, ',');
    if (option)
        *option++ = '\0';
    for (char *next; option; option = next) {
        unsigned i = 0;
        next = strchr(option, ',');
        if (next)
            *next++ = '\0';
        while (i < sizeof known / sizeof *known && strcmp(option, known[i]) != 0)
            i++;
        if (i == sizeof known / sizeof *known)
            return error_set(e, EINVAL, "the option -gdb %s: '%s' is nothing it could do", text, option);
    }
    return 0;
}

/* Loopback alone, for whoever comes in has the guest in his hands. */
static int parse_tcp(char *copy, const char *text, struct gdb_device *out, struct error *e)
{
    char *host = copy + strlen("tcp:"), *colon = strrchr(host, ':'), *end;
    if (!colon)
        return no_device(text, e);
    *colon++ = '\0';
    if (*host && strcmp(host, "localhost") != 0 && strcmp(host, "127.0.0.1") != 0)
        return error_set(e, EINVAL, "the option -gdb listens on this host alone (tcp::PORT), not on '%s'", host);
    unsigned long port = strtoul(colon, &end, 10);
    if (*colon < '0' || *colon > '9' || *end || port > 65535)
        return error_set(e, EINVAL, "the option -gdb wants a port of 0 to 65535, not '%s'", text);
    out->port = (uint16_t)port;
    return 0;
}

static int parse(char *copy, const char *text, struct gdb_device *out, struct error *e)
{
    int r = strip(copy, text, e);
    if (r)
        return r;
    if (strncmp(copy, "tcp:", 4) == 0)
        return parse_tcp(copy, text, out, e);
    if (strncmp(copy, "unix:", 5) != 0)
        return no_device(text, e);
    if (!copy[5] || strlen(copy + 5) >= sizeof out->path)
        return error_set(e, EINVAL, "the option -gdb wants a path of 1 to %zu bytes after unix:", sizeof out->path - 1);
    strcpy(out->path, copy + 5);
    return 0;
}

/*     tcp::1234                  TCP port 1234 of this host
 *     tcp:localhost:0            any port that is free; the user is told which
 *     unix:/tmp/gdb.sock         a Unix socket
 *     tcp::1234,server=on,wait=off   as people have it in their scripts for QEMU */
int gdb_device_parse(const char *text, struct gdb_device *out, struct error *e)
{
    char *copy = strdup(text);
    *out = (struct gdb_device){.port = 0};
    int r = copy ? parse(copy, text, out, e) : error_set(e, ENOMEM, "there is not enough memory");
    free(copy);
    return r;
}

/* --- listening */

/* SO_REUSEADDR: a port whose last connection has just been closed can be had again at once, as a person who starts anew
 * expects. */
static int listen_tcp(struct gdb_server *s, uint16_t port, struct error *e)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port)};
    socklen_t size = sizeof at;
    const int on = 1;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || setsockopt(s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(s->listener, (struct sockaddr *)&at, size) < 0 || listen(s->listener, 1) < 0 ||
        getsockname(s->listener, (struct sockaddr *)&at, &size) < 0)
        return error_set(e, errno, "a debugger cannot be waited for at TCP port %u: %s", port, strerror(errno));
    snprintf(s->name, sizeof s->name, "localhost:%u", ntohs(at.sin_port));
    return 0;
}

/* A socket that nobody listens at any more is in the way; anything else stays. */
static void clear_stale(const struct sockaddr_un *at)
{
    struct stat st;
    if (lstat(at->sun_path, &st) < 0 || !S_ISSOCK(st.st_mode))
        return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) < 0 && errno == ECONNREFUSED)
        unlink(at->sun_path);
    if (fd >= 0)
        close(fd);
}

/* s->path is set only when the socket is ours: gdb_server_close() removes what it names. */
static int listen_unix(struct gdb_server *s, const char *path, struct error *e)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    strcpy(at.sun_path, path);
    clear_stale(&at);
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->listener < 0 || bind(s->listener, (struct sockaddr *)&at, sizeof at) < 0)
        return error_set(e, errno, "%s: a debugger cannot be waited for here: %s", path, strerror(errno));
    s->path = strdup(path);
    if (!s->path || listen(s->listener, 1) < 0)
        return error_set(e, s->path ? errno : ENOMEM, "%s: a debugger cannot be waited for here", path);
    snprintf(s->name, sizeof s->name, "%s", path);
    return 0;
}

int gdb_server_open(struct gdb_server *s, const struct gdb_device *device, struct error *e)
{
    _Static_assert(sizeof device->path == sizeof((struct sockaddr_un *)0)->sun_path, "a path that was parsed fits");
    *s = (struct gdb_server){.listener = -1, .client = -1, .refused = -1};
    int r = device->path[0] ? listen_unix(s, device->path, e) : listen_tcp(s, device->port, e);
    if (r)
        gdb_server_close(s);
    return r;
}

static void forget_refused(struct gdb_server *s)
{
    if (s->refused >= 0)
        close(s->refused);
    s->refused = -1;
}

void gdb_server_close(struct gdb_server *s)
{
    gdb_server_hang_up(s);
    forget_refused(s);
    if (s->listener >= 0)
        close(s->listener);
    if (s->path)
        unlink(s->path);
    free(s->path);
    *s = (struct gdb_server){.listener = -1, .client = -1, .refused = -1};
}

/* --- the client */

void gdb_server_hang_up(struct gdb_server *s)
{
    if (s->client >= 0)
        close(s->client);
    s->client = -1;
}

/* --- a second one */

/* GDB shows an error reply to its first packet. It is closed when it has gone itself: closing sooner could drop what was said. */
static void refuse_client(struct gdb_server *s, int fd)
{
    static const char why[] = "E.this guest has a debugger already";
    char frame[2 * sizeof why + 8];
    frame[0] = '+';
    size_t n = 1 + gdb_frame(why, sizeof why - 1, frame + 1, sizeof frame - 1);
    forget_refused(s);
    s->refused = fd;
    (void)!send(fd, frame, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)!shutdown(fd, SHUT_WR);
}

static void hear_refused(struct gdb_server *s)
{
    uint8_t bytes[1024];
    ssize_t n = recv(s->refused, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        forget_refused(s);
}

/* Packets are short and wait for their answer, so they must not be held back to be sent together (TCP_NODELAY). */
static bool take_in(struct gdb_server *s)
{
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    const int on = 1;
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0 && s->client >= 0) {
        refuse_client(s, fd);
        return false;
    }
    if (fd < 0)
        return false;
    (void)!setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    (void)!setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* of TCP only: fails elsewhere */
    s->client = fd;
    return true;
}

enum gdb_arrival gdb_server_wait(struct gdb_server *s, bool patiently)
{
    struct pollfd p[3] = {
        {.fd = s->listener, .events = POLLIN}, {.fd = s->client, .events = POLLIN}, {.fd = s->refused, .events = POLLIN}};
    (void)terminal_take_continued(); /* nothing of ours is at the terminal now that would have to be drawn again */
    if (patiently ? !terminal_poll_attentive(p, 3, NULL, NULL) : poll(p, 3, 0) <= 0)
        return GDB_NOBODY;
    if (p[2].revents)
        hear_refused(s);
    if (p[1].revents) /* first: it may be about to leave */
        return GDB_SPOKE;
    return p[0].revents && take_in(s) ? GDB_CAME : GDB_NOBODY;
}

bool gdb_server_ready(const struct gdb_server *s)
{
    struct pollfd p = {.fd = s->client >= 0 ? s->client : s->listener, .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

size_t gdb_server_read(struct gdb_server *s, uint8_t *bytes, size_t room)
{
    ssize_t n;
    do
        n = recv(s->client, bytes, room, 0);
    while (n < 0 && errno == EINTR);
    return n > 0 ? (size_t)n : 0;
}

/* MSG_NOSIGNAL: a debugger that has disappeared is no reason to end the command by SIGPIPE. One that does not read for
 * ten seconds is dropped, for the guest stands meanwhile. */
void gdb_server_write(struct gdb_server *s, const char *bytes, size_t n)
{
    while (n && s->client >= 0) {
        ssize_t sent = send(s->client, bytes, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR && !terminal_signal())
            continue;
        if (sent <= 0) { /* it has gone, does not read, or is not waited for any more */
            gdb_server_hang_up(s);
            return;
        }
        bytes += sent;
        n -= (size_t)sent;
    }
}
