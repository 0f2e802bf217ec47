/*
 * Does syscall programs of several tasks on Linux itself. Tasks are threads and processes that
 * really sleep; after each step it is waited until nobody moves any more.
 *
 * In: "program WATCH PACE", then a line a step ("TASK CALL FDS name… NUMBERS n… MAKES name…", each
 * list after its length), then "end". Out: a line of JSON a step, then "end" and the milliseconds
 * that the program took, but for those in which it was to sleep.
 *
 * One process (the director) reads programs and forks a family for each: a first process with tasks
 * 0 and 1, and what those fork. They share a page with the director, in which every task has a slot
 * for what it is asked to do and what came of it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/futex.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TASKS_MAX 16
#define OBSERVERS_MAX 8
#define SLOTS_MAX (TASKS_MAX + OBSERVERS_MAX)
#define FDS_MAX 8
#define NUMBERS_MAX 16
#define NAMES_MAX 512
#define STEPS_MAX 1024
#define RESULT_BYTES 4096
#define WORDS 8
/* Programs have so many ports: from PORT_FIRST on in steps, mapped to free ones here. */
#define PORT_FIRST 7001
#define PORTS 8
/* Nobody has come to rest after so long: told as such. */
#define RESTLESS_MS 4000

/* Numbers in steps that stand for addresses, as in program.ts. */
#define UNSPECIFIED (-1)
#define NO_ADDRESS (-2)
#define NAME_FIRST (-10)
#define ANY_ADDRESS 100000
#define SECOND_ADDRESS 200000

enum phase { ABSENT, IDLE, POSTED, IN_CALL, DONE };

struct command {
  char call[24];
  int fds[FDS_MAX], fd_count;
  long numbers[NUMBERS_MAX];
  int number_count;
  long bytes_sent;
};

struct slot {
  volatile int phase; /* also the futex that an idle task sleeps on */
  volatile int pid, tid;
  struct command command;
  /* Of the call that was begun last: its step, for the names of what it makes. */
  int step;
  int made[2], made_count;
  char result[RESULT_BYTES];
};

struct family {
  struct slot slots[SLOTS_MAX];
  volatile int observer_count;
  int words[WORDS];
};

struct step {
  int task;
  char call[24];
  char fds[FDS_MAX][16];
  int fd_count;
  long numbers[NUMBERS_MAX];
  int number_count;
  char makes[2][16];
  int make_count;
};

static struct family *family;
static int port_base;
static int director_pid;
static __thread struct slot *own;

static double now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static long futex(volatile int *word, int op, int value) {
  return syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

/* ---- results, as JSON ---- */

static void say(const char *format, ...) {
  va_list list;
  size_t used = strlen(own->result);
  va_start(list, format);
  vsnprintf(own->result + used, RESULT_BYTES - used, format, list);
  va_end(list);
}

static void say_number(long result) {
  if (result < 0) say("{\"e\":%d}", errno);
  else say("%ld", result);
}

static void say_fd(long fd) {
  if (fd >= 0) own->made[own->made_count++] = fd;
  say_number(fd);
}

static void say_bytes(const unsigned char *bytes, long size) {
  say("{\"size\":%ld,\"hex\":\"", size);
  for (long i = 0; i < size && i < 8; i++) say("%02x", bytes[i]);
  say("\"}");
}

static int port_of_program(int port) {
  return port >= port_base && port < port_base + PORTS ? port - port_base + PORT_FIRST : port;
}

static void say_address(const struct sockaddr_storage *address, socklen_t length) {
  if (length < sizeof(sa_family_t)) {
    say("null");
  } else if (address->ss_family == AF_INET) {
    const struct sockaddr_in *in = (const void *)address;
    char host[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &in->sin_addr, host, sizeof host);
    say("{\"host\":\"%s\",\"port\":%d}", host, port_of_program(ntohs(in->sin_port)));
  } else if (address->ss_family == AF_UNIX) {
    const struct sockaddr_un *un = (const void *)address;
    int size = length - offsetof(struct sockaddr_un, sun_path);
    if (size <= 0) say("{\"path\":\"\"}");
    /* An autobound name has five hexadecimal digits; others begin with the director's number. */
    else if (un->sun_path[0] == 0 && size == 6) say("{\"path\":\"\\u0000%.5s\"}", un->sun_path + 1);
    else if (un->sun_path[0] == 0) say("{\"path\":\"\\u0000%c\"}", un->sun_path[size - 1]);
    else say("{\"path\":\"%s\"}", un->sun_path + 1);
  } else {
    say("null");
  }
}

/* ---- what numbers in steps stand for ---- */

/* In the order of UNIX_NAMES in program.ts; of abstract ones what stands behind their NUL byte. */
static const struct {
  int is_abstract;
  const char *name;
} UNIX_NAMES[] = {{0, ""}, {0, "a"}, {0, "b"}, {1, "a"}, {1, "b"}, {0, "as-long-as-inet"}};

/*
 * A name of AF_UNIX: a path below this program's folder, an abstract one with this director's
 * number in it. A socket of another family looks at its length alone, which is that of the plain
 * name. Gives the length of the address.
 */
static socklen_t unix_address(int fd, int which, struct sockaddr_un *to) {
  const socklen_t head = offsetof(struct sockaddr_un, sun_path);
  const char *name = UNIX_NAMES[which].name;
  int domain = AF_UNIX;
  socklen_t length = sizeof domain;
  getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &length);
  to->sun_family = AF_UNIX;
  if (which == 0) return head;
  if (UNIX_NAMES[which].is_abstract) {
    if (domain != AF_UNIX) return head + 1 + sprintf(to->sun_path + 1, "%s", name);
    return head + 1 + sprintf(to->sun_path + 1, "heddle%d%s", director_pid, name);
  }
  return head + 1 + sprintf(to->sun_path, domain == AF_UNIX ? "./%s" : "/%s", name);
}

/* What a number stands for where it is given for a descriptor. Gives the length of the address. */
static socklen_t address_of(int fd, long number, struct sockaddr_storage *to) {
  memset(to, 0, sizeof *to);
  if (number == UNSPECIFIED) {
    to->ss_family = AF_UNSPEC;
    return sizeof(struct sockaddr_in);
  }
  if (number <= NAME_FIRST) return unix_address(fd, NAME_FIRST - number, (void *)to);
  struct sockaddr_in *in = (void *)to;
  in->sin_family = AF_INET;
  long port = number;
  const char *host = "127.0.0.1";
  if (number >= SECOND_ADDRESS) {
    port -= SECOND_ADDRESS;
    host = "127.0.0.2";
  } else if (number >= ANY_ADDRESS) {
    port -= ANY_ADDRESS;
    host = "0.0.0.0";
  }
  inet_pton(AF_INET, host, &in->sin_addr);
  if (port >= PORT_FIRST && port < PORT_FIRST + PORTS) port += port_base - PORT_FIRST;
  in->sin_port = htons(port);
  return sizeof *in;
}

static int type_flags(long nonblock) { return nonblock == 1 ? SOCK_NONBLOCK : 0; }

static const struct {
  int family, type;
} SOCKETS[] = {
    {AF_INET, SOCK_STREAM},    {AF_INET, SOCK_DGRAM}, {AF_UNIX, SOCK_STREAM},
    {AF_UNIX, SOCK_SEQPACKET}, {AF_UNIX, SOCK_DGRAM}, {AF_INET, SOCK_SEQPACKET},
};

/* In the order of OPTIONS in program.ts. */
enum kind { PLAIN, LINGER, TIMEOUT, STATE };
static const struct {
  int level, name;
  enum kind kind;
} OPTIONS[] = {
    {SOL_SOCKET, SO_ERROR, PLAIN},        {SOL_SOCKET, SO_LINGER, LINGER},
    {SOL_SOCKET, SO_REUSEADDR, PLAIN},    {SOL_SOCKET, SO_ACCEPTCONN, PLAIN},
    {SOL_SOCKET, SO_REUSEPORT, PLAIN},    {SOL_SOCKET, SO_KEEPALIVE, PLAIN},
    {SOL_SOCKET, SO_OOBINLINE, PLAIN},    {SOL_SOCKET, SO_RCVLOWAT, PLAIN},
    {SOL_SOCKET, SO_RCVTIMEO, TIMEOUT},   {SOL_SOCKET, SO_SNDTIMEO, TIMEOUT},
    {IPPROTO_TCP, TCP_NODELAY, PLAIN},    {IPPROTO_TCP, TCP_KEEPIDLE, PLAIN},
    {IPPROTO_TCP, TCP_KEEPINTVL, PLAIN},  {IPPROTO_TCP, TCP_KEEPCNT, PLAIN},
    {IPPROTO_TCP, TCP_USER_TIMEOUT, PLAIN}, {IPPROTO_TCP, TCP_INFO, STATE},
    {SOL_SOCKET, SO_TYPE, PLAIN},         {SOL_SOCKET, SO_DOMAIN, PLAIN},
    {SOL_SOCKET, SO_PROTOCOL, PLAIN},
};

static int set_option(int fd, long option, long value) {
  int number = value;
  switch (OPTIONS[option].kind) {
    case LINGER: {
      struct linger linger = {value >= 0, value < 0 ? 0 : value};
      return setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    }
    case TIMEOUT: {
      struct timeval time = {value < 0 ? -1 : value / 1000, value < 0 ? 0 : value % 1000 * 1000};
      return setsockopt(fd, SOL_SOCKET, OPTIONS[option].name, &time, sizeof time);
    }
    default:
      return setsockopt(fd, OPTIONS[option].level, OPTIONS[option].name, &number, sizeof number);
  }
}

static void get_option(int fd, long option) {
  union {
    int number;
    struct linger linger;
    struct timeval time;
    unsigned char state;
    char room[256];
  } value;
  memset(&value, 0, sizeof value);
  socklen_t length = sizeof value;
  if (OPTIONS[option].kind == PLAIN) length = sizeof(int);
  if (getsockopt(fd, OPTIONS[option].level, OPTIONS[option].name, &value, &length) < 0) {
    say_number(-1);
    return;
  }
  switch (OPTIONS[option].kind) {
    case LINGER:
      say("%d", value.linger.l_onoff ? value.linger.l_linger : -1);
      break;
    case TIMEOUT:
      say("%ld", value.time.tv_sec * 1000 + value.time.tv_usec / 1000);
      break;
    case STATE:
      say("%d", value.state);
      break;
    default:
      say("%d", value.number);
  }
}

static void say_timer(const struct itimerspec *spec) {
  say("{\"armed\":%d,\"every\":%ld}", spec->it_value.tv_sec > 0 || spec->it_value.tv_nsec > 0,
      spec->it_interval.tv_sec * 1000 + spec->it_interval.tv_nsec / 1000000);
}

/* Milliseconds of a step, as TIMES_MS in program.ts has them. */
static void set_timer(int fd, long time, long periodic) {
  static const double MS[] = {0, 3600000, 1, 0, 3600000};
  struct itimerspec spec, before;
  memset(&spec, 0, sizeof spec);
  long ms = MS[time];
  spec.it_value.tv_sec = ms / 1000;
  spec.it_value.tv_nsec = ms % 1000 * 1000000;
  int absolute = time >= 3;
  if (time == 3) spec.it_value.tv_nsec = 1;
  if (time == 4) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    spec.it_value.tv_sec += now.tv_sec;
  }
  if (periodic && time != 3) spec.it_interval.tv_sec = 3600;
  if (timerfd_settime(fd, absolute ? TFD_TIMER_ABSTIME : 0, &spec, &before) < 0) {
    say_number(-1);
    return;
  }
  say_timer(&before);
}

/* Bytes that tell where in all that was sent they stand; eight of them an eventfd takes too. */
static unsigned char *payload(const struct command *c, long size, int is_word) {
  unsigned char *bytes = malloc(size + 8);
  for (long i = 0; i < size; i++) bytes[i] = c->bytes_sent + i;
  if (is_word) {
    int64_t word = c->number_count > 1 ? c->numbers[1] : 1;
    memcpy(bytes, &word, 8);
  }
  return bytes;
}

/* WAIT_BELOW_ZERO in program.ts. */
#define BELOW_ZERO (-2)
/* NO_EVENT, likewise. */
#define NO_EVENT (-2147483648L)

static int wait_ms(long wait) {
  if (wait == BELOW_ZERO) return -5;
  return wait == 1 ? -1 : wait <= 0 ? 0 : (int)wait;
}

/* ---- the calls ---- */

static int is(const struct command *c, const char *name) { return strcmp(c->call, name) == 0; }

static void do_poll(const struct command *c) {
  struct pollfd entries[FDS_MAX];
  for (int i = 0; i < c->fd_count; i++) {
    entries[i].fd = c->fds[i];
    entries[i].events = c->numbers[i];
    entries[i].revents = 0;
  }
  int count = poll(entries, c->fd_count, wait_ms(c->numbers[c->fd_count]));
  if (count < 0) {
    say_number(-1);
    return;
  }
  say("{\"ready\":[");
  const char *comma = "";
  for (int i = 0; i < c->fd_count; i++) {
    if (entries[i].revents == 0) continue;
    say("%s[%d,%d]", comma, entries[i].fd, entries[i].revents & 0xffff);
    comma = ",";
  }
  say("]}");
}

static void do_select(const struct command *c) {
  fd_set sets[3];
  int highest = -1;
  for (int s = 0; s < 3; s++) FD_ZERO(&sets[s]);
  for (int i = 0; i < c->fd_count; i++) {
    for (int s = 0; s < 3; s++) {
      if ((c->numbers[i] >> s & 1) == 0) continue;
      FD_SET(c->fds[i], &sets[s]);
      if (c->fds[i] > highest) highest = c->fds[i];
    }
  }
  int ms = wait_ms(c->numbers[c->fd_count]);
  struct timeval time = {ms / 1000, ms % 1000 * 1000};
  int is_told = c->number_count > c->fd_count + 1;
  int nfds = is_told ? (int)c->numbers[c->fd_count + 1] : highest + 1;
  int waits = c->numbers[c->fd_count] == 1;
  if (select(nfds, &sets[0], &sets[1], &sets[2], waits ? NULL : &time) < 0) {
    say_number(-1);
    return;
  }
  say("{\"sets\":[");
  for (int s = 0; s < 3; s++) {
    const char *comma = "";
    say(s == 0 ? "[" : ",[");
    for (int fd = 0; fd <= highest && fd < nfds; fd++) {
      if (!FD_ISSET(fd, &sets[s])) continue;
      say("%s%d", comma, fd);
      comma = ",";
    }
    say("]");
  }
  say("]}");
}

static void do_epoll_wait(const struct command *c) {
  struct epoll_event events[64];
  int max = c->numbers[0] > 64 && c->numbers[0] < 1000 ? 64 : (int)c->numbers[0];
  int count = epoll_wait(c->fds[0], events, max, wait_ms(c->numbers[1]));
  if (count < 0) {
    say_number(-1);
    return;
  }
  say("{\"events\":[");
  for (int i = 0; i < count; i++) {
    say("%s[%d,%d]", i == 0 ? "" : ",", (int)events[i].data.u64, (int)events[i].events);
  }
  say("]}");
}

/* The readiness of every open descriptor, for an observer. */
static void do_masks(void) {
  const short all = POLLIN | POLLPRI | POLLOUT | POLLRDHUP;
  say("[");
  const char *comma = "";
  for (int fd = 3; fd < 64; fd++) {
    struct pollfd entry = {fd, all, 0};
    if (fcntl(fd, F_GETFD) < 0) continue;
    poll(&entry, 1, 0);
    say("%s[%d,%d]", comma, fd, entry.revents & 0xffff);
    comma = ",";
  }
  say("]");
}

/* Half a millisecond for the network, awake: who sleeps here would seem to sleep in a call. */
static void linger_here(void) {
  double until = now_ms() + 0.5;
  while (now_ms() < until) sched_yield();
}

/* Bytes that were sent and not acknowledged: when they are there will be room for others. */
static int in_flight(int fd) {
  int queued = 0, unsent = 0;
  if (ioctl(fd, SIOCOUTQ, &queued) < 0 || ioctl(fd, SIOCOUTQNSD, &unsent) < 0) return 0;
  return queued - unsent;
}

/* Write until there is no room, however long the network takes to move. */
static void do_fill(const struct command *c) {
  char *chunk = calloc(1, c->numbers[0]);
  int flags = fcntl(c->fds[0], F_GETFL), dry = 0;
  long taken = 0;
  /* An acknowledgement may be held back for 200 ms (TCP_DELACK_MAX). */
  double until = now_ms() + 250;
  fcntl(c->fds[0], F_SETFL, flags | O_NONBLOCK);
  while (dry < 3 && taken >= -1) {
    taken = write(c->fds[0], chunk, c->numbers[0]);
    if (taken >= 0) {
      dry = 0;
      continue;
    }
    if (errno != EAGAIN) break;
    if (in_flight(c->fds[0]) <= 0 || now_ms() > until) dry++;
    linger_here();
    errno = EAGAIN;
  }
  int last = errno;
  fcntl(c->fds[0], F_SETFL, flags);
  free(chunk);
  errno = last;
  say_number(-1);
}

/* Read until there is nothing, or the end. */
static void do_drain(const struct command *c) {
  static __thread char room[65536];
  int flags = fcntl(c->fds[0], F_GETFL), dry = 0;
  long taken = 0;
  fcntl(c->fds[0], F_SETFL, flags | O_NONBLOCK);
  while (dry < 3) {
    taken = read(c->fds[0], room, sizeof room);
    if (taken == 0) break;
    if (taken > 0) {
      dry = 0;
      continue;
    }
    if (errno != EAGAIN) break;
    dry++;
    linger_here();
    errno = EAGAIN;
  }
  int last = errno;
  fcntl(c->fds[0], F_SETFL, flags);
  errno = last;
  say_number(taken);
}

/* In the order of PATHS in program.ts; they lie in a folder of their own. */
#define FILES "files"
#define PATH_ROOM 64
static const char *PATHS[] = {"/f",  "/g",  "/d", "/d/f", "/d/e", "/d/e/f", "/f/",
                              "/d/", "/f/x", "",  "/.",   "/d/.", "/no/f"};

static const char *path_of(long which, char *room) {
  if (PATHS[which][0] == 0) return "";
  sprintf(room, FILES "%s", PATHS[which]);
  return room;
}

static void say_status(int result, const struct stat *status) {
  if (result < 0) say_number(result);
  else say("{\"status\":[%d,%ld,%ld]}", S_ISDIR(status->st_mode), (long)status->st_size,
           (long)status->st_nlink);
}

static void do_path(const struct command *c) {
  char room[PATH_ROOM], other[PATH_ROOM];
  const char *path = path_of(c->numbers[0], room);
  struct stat status;
  if (is(c, "stat")) say_status(stat(path, &status), &status);
  else if (is(c, "mkdir")) say_number(mkdir(path, 0777));
  else if (is(c, "rmdir")) say_number(rmdir(path));
  else if (is(c, "rename")) say_number(rename(path, path_of(c->numbers[1], other)));
  else if (is(c, "link")) say_number(link(path, path_of(c->numbers[1], other)));
  else {
    DIR *directory = opendir(path);
    const char *comma = "";
    if (directory == NULL) {
      say_number(-1);
      return;
    }
    say("{\"names\":[");
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      say("%s\"%s\"", comma, entry->d_name);
      comma = ",";
    }
    say("]}");
    closedir(directory);
  }
}

static void *work(void *slot);
static void observe(void);
static void begin_slot(struct slot *slot);

static void do_thread(int task) {
  pthread_t thread;
  begin_slot(&family->slots[task]);
  int error = pthread_create(&thread, NULL, work, &family->slots[task]);
  say("%d", error);
}

static void do_fork(int task) {
  begin_slot(&family->slots[task]);
  int pid = fork();
  if (pid < 0) {
    say_number(-1);
    return;
  }
  if (pid > 0) {
    /* It is there before anybody looks. */
    while (family->slots[task].tid == 0) sched_yield();
    say("\"ok\"");
    return;
  }
  observe();
  work(&family->slots[task]);
}

static void empty(int signal) { (void)signal; }

static int handle(int signal, int restart) {
  struct sigaction action = {.sa_handler = empty, .sa_flags = restart ? SA_RESTART : 0};
  return sigaction(signal, &action, NULL);
}

static void perform(const struct command *c) {
  const int fd = c->fds[0];
  const long first = c->numbers[0], second = c->numbers[1];
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  if (is(c, "socket")) {
    int which = c->number_count > 1 ? second : 0;
    int made = socket(SOCKETS[which].family, SOCKETS[which].type | type_flags(first), 0);
    int on = 1, error = errno;
    /* Small segments must not wait for acknowledgements (Nagle). */
    if (made >= 0) setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    errno = error;
    say_fd(made);
  } else if (is(c, "bind")) {
    length = address_of(fd, first, &address);
    say_number(bind(fd, (void *)&address, length));
  } else if (is(c, "connect")) {
    length = address_of(fd, first, &address);
    say_number(connect(fd, (void *)&address, length));
  } else if (is(c, "listen")) {
    say_number(listen(fd, first));
  } else if (is(c, "accept")) {
    int made = accept4(fd, (void *)&address, &length, type_flags(first));
    if (made < 0) {
      say_number(-1);
      return;
    }
    own->made[own->made_count++] = made;
    say("{\"fd\":%d,\"address\":", made);
    say_address(&address, length);
    say("}");
  } else if (is(c, "send") || is(c, "sendto")) {
    unsigned char *bytes = payload(c, first, 0);
    int to = is(c, "sendto") && c->numbers[2] != NO_ADDRESS;
    length = to ? address_of(fd, c->numbers[2], &address) : 0;
    say_number(sendto(fd, bytes, first, second, to ? (void *)&address : NULL, length));
    free(bytes);
  } else if (is(c, "write")) {
    unsigned char *bytes = payload(c, first, first == 8);
    say_number(write(fd, bytes, first));
    free(bytes);
  } else if (is(c, "recv") || is(c, "recvfrom") || is(c, "read")) {
    unsigned char *room = calloc(1, first + 1);
    int with_address = is(c, "recvfrom");
    address.ss_family = AF_UNSPEC;
    length = with_address ? sizeof address : 0;
    long size = is(c, "read") ? read(fd, room, first)
                              : recvfrom(fd, room, first, second,
                                         with_address ? (void *)&address : NULL, &length);
    if (size < 0) {
      say_number(-1);
    } else if (with_address) {
      say("{\"bytes\":");
      say_bytes(room, size > first ? first : size);
      say(",\"address\":");
      say_address(&address, length);
      say(",\"length\":%ld}", size);
    } else {
      say_bytes(room, size > first ? first : size);
    }
    free(room);
  } else if (is(c, "shutdown")) {
    say_number(shutdown(fd, first - 1));
  } else if (is(c, "close")) {
    say_number(close(fd));
  } else if (is(c, "getsockname") || is(c, "getpeername")) {
    int result = is(c, "getsockname") ? getsockname(fd, (void *)&address, &length)
                                      : getpeername(fd, (void *)&address, &length);
    if (result < 0) say_number(-1);
    else say_address(&address, length);
  } else if (is(c, "getsockopt")) {
    get_option(fd, first);
  } else if (is(c, "setsockopt")) {
    say_number(set_option(fd, first, second));
  } else if (is(c, "dup")) {
    say_fd(dup(fd));
  } else if (is(c, "dup2")) {
    say_number(dup2(fd, c->fds[1]));
  } else if (is(c, "dup3")) {
    say_number(dup3(fd, c->fds[1], first == 1 ? O_CLOEXEC : 0));
  } else if (is(c, "fcntl")) {
    long result = fcntl(fd, first, second);
    if (first == F_DUPFD || first == F_DUPFD_CLOEXEC) say_fd(result);
    else say_number(first == F_GETFL && result >= 0 ? result & ~O_LARGEFILE : result);
  } else if (is(c, "ioctl")) {
    int value = second;
    int result = ioctl(fd, first, &value);
    /* Behind the end of a file FIONREAD says less than nothing, which would read as an error. */
    say_number(result < 0 ? result : first == FIONBIO || value < 0 ? 0 : value);
  } else if (is(c, "pipe") || is(c, "socketpair")) {
    int fds[2];
    int which = c->number_count > 1 ? second : 2;
    int result = is(c, "pipe") ? pipe2(fds, first == 1 ? O_NONBLOCK : 0)
                               : socketpair(SOCKETS[which].family,
                                            SOCKETS[which].type | type_flags(first), 0, fds);
    if (result < 0) {
      say_number(-1);
      return;
    }
    for (int i = 0; i < 2; i++) own->made[own->made_count++] = fds[i];
    say("{\"pair\":[%d,%d]}", fds[0], fds[1]);
  } else if (is(c, "eventfd")) {
    int flags = (second == 1 ? EFD_NONBLOCK : 0) | (c->numbers[2] == 1 ? EFD_SEMAPHORE : 0);
    say_fd(eventfd(first, flags));
  } else if (is(c, "timerfdCreate")) {
    say_fd(timerfd_create(second == 1 ? CLOCK_REALTIME : CLOCK_MONOTONIC,
                          first == 1 ? TFD_NONBLOCK : 0));
  } else if (is(c, "timerfdSettime")) {
    set_timer(fd, first, second);
  } else if (is(c, "timerfdGettime")) {
    struct itimerspec left;
    if (timerfd_gettime(fd, &left) < 0) say_number(-1);
    else say_timer(&left);
  } else if (is(c, "lseek")) {
    static const int PLACES[] = {SEEK_SET, SEEK_CUR, SEEK_END, 99};
    say_number(lseek(fd, first, PLACES[second]));
  } else if (is(c, "open")) {
    char path[PATH_ROOM];
    if (c->number_count > 1) say_fd(open(path_of(second, path), first, 0777));
    else say_fd(open("/dev/null", first | O_NONBLOCK));
  } else if (is(c, "pread")) {
    unsigned char *room = calloc(1, first + 1);
    long size = pread(fd, room, first, second);
    if (size < 0) say_number(size);
    else say_bytes(room, size);
    free(room);
  } else if (is(c, "pwrite")) {
    unsigned char *bytes = payload(c, first, 0);
    say_number(pwrite(fd, bytes, first, second));
    free(bytes);
  } else if (is(c, "fsync")) {
    say_number(fsync(fd));
  } else if (is(c, "fdatasync")) {
    say_number(fdatasync(fd));
  } else if (is(c, "ftruncate")) {
    say_number(ftruncate(fd, first));
  } else if (is(c, "flock")) {
    say_number(flock(fd, first));
  } else if (is(c, "fstat")) {
    struct stat status;
    say_status(fstat(fd, &status), &status);
  } else if (is(c, "stat") || is(c, "mkdir") || is(c, "rmdir") || is(c, "readdir") ||
             is(c, "rename") || is(c, "link")) {
    do_path(c);
  } else if (is(c, "memfdCreate")) {
    say_fd(memfd_create("m", 0));
  } else if (is(c, "unlink")) {
    char path[PATH_ROOM];
    length = address_of(-1, first, &address);
    say_number(unlink(first < 0 ? ((struct sockaddr_un *)&address)->sun_path : path_of(first, path)));
  } else if (is(c, "epollCreate")) {
    say_fd(c->number_count > 0 ? epoll_create(first) : epoll_create1(0));
  } else if (is(c, "epollCtl")) {
    static const int OPS[] = {99, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD};
    struct epoll_event event = {.events = second, .data.u64 = c->fds[1]};
    int is_null = second == NO_EVENT;
    say_number(epoll_ctl(fd, OPS[first], c->fds[1], is_null ? NULL : &event));
  } else if (is(c, "epollWait")) {
    do_epoll_wait(c);
  } else if (is(c, "poll")) {
    do_poll(c);
  } else if (is(c, "select")) {
    do_select(c);
  } else if (is(c, "masks")) {
    do_masks();
  } else if (is(c, "fill")) {
    do_fill(c);
  } else if (is(c, "drain")) {
    do_drain(c);
  } else if (is(c, "thread")) {
    do_thread(first);
  } else if (is(c, "fork")) {
    do_fork(c->number_count > 0 ? first : 2);
  } else if (is(c, "exit")) {
    syscall(SYS_exit_group, 0);
  } else if (is(c, "handle")) {
    say_number(handle(SIGUSR1, first == 1));
  } else if (is(c, "tkill")) {
    say_number(syscall(SYS_tkill, family->slots[first].tid, SIGUSR1));
  } else if (is(c, "futexWait")) {
    long ms = c->numbers[2] == BELOW_ZERO ? -5 : c->numbers[2];
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    say_number(syscall(SYS_futex, &family->words[first], FUTEX_WAIT, (int)second,
                       ms == -1 ? NULL : &time, NULL, 0));
  } else if (is(c, "futexWake")) {
    say_number(futex(&family->words[first], FUTEX_WAKE, second));
  } else if (is(c, "futexSet")) {
    family->words[first] = second;
    say("0");
  } else {
    say("\"no such call\"");
  }
}

/* ---- tasks ---- */

/* A new task is not idle before its thread runs. */
static void begin_slot(struct slot *slot) {
  slot->tid = 0;
  slot->pid = 0;
  slot->phase = POSTED;
}

static int took_sigpipe(void) {
  sigset_t pipe_only;
  struct timespec now = {0, 0};
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  return sigtimedwait(&pipe_only, NULL, &now) == SIGPIPE;
}

static void *work(void *slot) {
  own = slot;
  own->pid = getpid();
  own->tid = syscall(SYS_gettid);
  own->phase = IDLE;
  for (;;) {
    int phase;
    while ((phase = own->phase) != POSTED) futex(&own->phase, FUTEX_WAIT, phase);
    own->result[0] = 0;
    own->made_count = 0;
    own->phase = IN_CALL;
    perform(&own->command);
    if (took_sigpipe()) {
      char plain[RESULT_BYTES];
      strcpy(plain, own->result);
      own->result[0] = 0;
      say("{\"sigpipe\":%s}", plain);
    }
    own->phase = DONE;
  }
  return NULL;
}

/* Everybody of a process looks through one thread of its own at what is ready. */
static void observe(void) {
  pthread_t thread;
  struct slot *slot = &family->slots[TASKS_MAX + family->observer_count++];
  begin_slot(slot);
  pthread_create(&thread, NULL, work, slot);
}

static void run_first_process(void) {
  sigset_t pipe_only;
  setpgid(0, 0);
  signal(SIGTERM, SIG_DFL);
  sigemptyset(&pipe_only);
  sigaddset(&pipe_only, SIGPIPE);
  sigprocmask(SIG_BLOCK, &pipe_only, NULL);
  signal(SIGCHLD, SIG_IGN);
  handle(SIGUSR1, 0);
  int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  close_range(3, ~0U, 0);
  observe();
  begin_slot(&family->slots[1]);
  pthread_t second;
  pthread_create(&second, NULL, work, &family->slots[1]);
  work(&family->slots[0]);
}

/* ---- the director ---- */

struct sight {
  int phase;
  char state;
  long switches;
};

/* How a thread is: its state in /proc, and how often it has given up the processor. */
static struct sight look_at(const struct slot *slot) {
  struct sight sight = {slot->phase, '-', 0};
  char path[64], text[2048];
  if (sight.phase != IN_CALL) return sight;
  sprintf(path, "/proc/%d/task/%d/status", slot->pid, slot->tid);
  int fd = open(path, O_RDONLY);
  long size = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
  if (fd >= 0) close(fd);
  if (size <= 0) {
    sight.state = 'X';
    return sight;
  }
  text[size] = 0;
  const char *state = strstr(text, "\nState:\t");
  const char *switches = strstr(text, "\nvoluntary_ctxt_switches:\t");
  if (state != NULL) sight.state = state[8];
  if (switches != NULL) sight.switches = atol(switches + 26);
  return sight;
}

/* It has come to rest: nothing to do, asleep in its call, or gone. */
static int rests(struct sight sight) {
  return sight.phase != POSTED && (sight.phase != IN_CALL || strchr("SZX", sight.state) != NULL);
}

/* How long this program was told to sleep. */
static double slept_ms;

/* Somebody of this program has not come to rest: nothing more is done. */
static int restless;
/* Some socket of the program lingers. */
static int lingers;
/* The slowest pace is about as long, or as long as a whole program of many steps permits. */
#define SLOW_PACE_MS 10

/* Wait until nobody moves any more, seen twice. Gives whether that came about. */
static int settle(void) {
  struct sight before[SLOTS_MAX];
  int calm = 0;
  double until = now_ms() + RESTLESS_MS;
  if (restless) return 0;
  memset(before, 0, sizeof before);
  for (int looks = 0; calm < 2; looks++) {
    int changed = 0;
    for (int i = 0; i < SLOTS_MAX; i++) {
      struct slot *slot = &family->slots[i];
      if (slot->phase == ABSENT) continue;
      struct sight sight = look_at(slot);
      if (sight.phase == IN_CALL && strchr("ZX", sight.state) != NULL) slot->phase = ABSENT;
      if (!rests(sight) || memcmp(&sight, &before[i], sizeof sight) != 0) changed = 1;
      before[i] = sight;
    }
    calm = changed ? 0 : calm + 1;
    if (now_ms() > until) {
      restless = 1;
      return 0;
    }
    if (looks < 50) sched_yield();
    else usleep(100);
  }
  return 1;
}

static void pause_ms(double ms) {
  struct timespec time = {ms / 1000, (long)(ms * 1e6) % 1000000000};
  if (ms > 0) nanosleep(&time, NULL);
}

static struct {
  char name[16];
  int fd;
} names[NAMES_MAX];
static int name_count;

static int number_of(const char *name) {
  for (int i = 0; i < name_count; i++) {
    if (strcmp(names[i].name, name) == 0) return names[i].fd;
  }
  return -1;
}

static void give_name(const char *name, int fd) {
  int i = 0;
  while (i < name_count && strcmp(names[i].name, name) != 0) i++;
  if (i == name_count) strcpy(names[name_count++].name, name);
  names[i].fd = fd;
}

static void post(struct slot *slot) {
  slot->phase = POSTED;
  futex(&slot->phase, FUTEX_WAKE, 1);
}

/* What came of a call, and the names of what it has made. */
static void collect(struct slot *slot, const struct step *step) {
  for (int i = 0; i < step->make_count && i < slot->made_count; i++) {
    give_name(step->makes[i], slot->made[i]);
  }
  printf("%s", slot->result);
  slot->phase = IDLE;
}

static long bytes_sent;

static int fill_in(struct command *command, const struct step *step) {
  memset(command, 0, sizeof *command);
  strcpy(command->call, step->call);
  for (int i = 0; i < step->fd_count; i++) {
    command->fds[i] = number_of(step->fds[i]);
    if (command->fds[i] < 0) return 0;
  }
  command->fd_count = step->fd_count;
  memcpy(command->numbers, step->numbers, sizeof step->numbers);
  command->number_count = step->number_count;
  command->bytes_sent = bytes_sent;
  return 1;
}

static int is_sending(const char *call) {
  return strcmp(call, "send") == 0 || strcmp(call, "sendto") == 0 || strcmp(call, "write") == 0 ||
         strcmp(call, "pwrite") == 0;
}

static int makes_task(const char *call) {
  return strcmp(call, "thread") == 0 || strcmp(call, "fork") == 0;
}

/* The acknowledgement of a FIN may be held back for 40 ms: a socket that lingers waits for it. */
#define HELD_BACK_MS 60

static void wait_for_close(const struct slot *slot, const char *call) {
  double until = now_ms() + HELD_BACK_MS;
  if (strcmp(call, "close") != 0 && strncmp(call, "dup", 3) != 0) return;
  while (slot->phase == IN_CALL && now_ms() < until) usleep(200);
  settle();
}

/*
 * A socket that was closed during a call ends with that call, which waits too where it lingers. At
 * the slowest pace there is time for that, on which the pace itself need not be spent.
 */
static void wait_for_linger(double pace_ms) {
  if (!lingers || pace_ms < SLOW_PACE_MS) return;
  pause_ms(HELD_BACK_MS);
  slept_ms += HELD_BACK_MS;
}

/* All of a process that has ended are gone, and what they had open is closed. */
static void bury(int pid) {
  for (int i = 0; i < SLOTS_MAX; i++) {
    struct slot *slot = &family->slots[i];
    if (slot->phase == ABSENT || slot->pid != pid) continue;
    slot->phase = IN_CALL;
    while (strchr("ZX", look_at(slot).state) == NULL) usleep(50);
    slot->phase = ABSENT;
  }
}

static int sets_linger(const struct step *step) {
  return strcmp(step->call, "setsockopt") == 0 && OPTIONS[step->numbers[0]].kind == LINGER &&
         step->numbers[1] > 0;
}

/* The result of a step: of its call if that is through. */
static void say_result(const struct step *steps, int at, double pace_ms) {
  const struct step *step = &steps[at];
  if (strcmp(step->call, "sleep") == 0) {
    pause_ms(step->numbers[0]);
    slept_ms += step->numbers[0];
    printf("0");
    return;
  }
  if (restless) {
    printf("\"restless\"");
    return;
  }
  struct slot *slot = &family->slots[step->task];
  struct command command;
  long child = step->number_count > 0 ? step->numbers[0] : 2;
  if (step->task >= TASKS_MAX || slot->phase != IDLE) {
    printf("\"busy\"");
    return;
  }
  if (makes_task(step->call) && (child >= TASKS_MAX || family->slots[child].phase != ABSENT)) {
    printf("\"busy\"");
    return;
  }
  if (!fill_in(&command, step)) {
    printf("\"unknown\"");
    return;
  }
  slot->command = command;
  slot->step = at;
  post(slot);
  if (is_sending(step->call)) bytes_sent += step->numbers[0];
  if (sets_linger(step)) lingers = 1;
  if (!settle()) {
    printf("\"restless\"");
    return;
  }
  pause_ms(pace_ms);
  wait_for_linger(pace_ms);
  /* A timer that is to run out soon has done so before anybody looks. */
  if (strcmp(step->call, "timerfdSettime") == 0 && step->numbers[0] == 2) pause_ms(3);
  settle();
  wait_for_close(slot, step->call);
  if (strcmp(step->call, "exit") == 0) bury(slot->pid);
  if (slot->phase == DONE) collect(slot, step);
  else if (slot->phase == ABSENT) printf("\"ok\"");
  else printf("\"asleep\"");
}

/* Calls of other steps that have come back meanwhile. */
static void say_woken(const struct step *steps, int at) {
  const char *comma = "";
  (void)at;
  for (int i = 0; i < TASKS_MAX; i++) {
    struct slot *slot = &family->slots[i];
    if (slot->phase != DONE) continue;
    const struct step *step = &steps[slot->step];
    printf("%s[%d,\"%s\",", comma, i, step->call);
    collect(slot, step);
    printf("]");
    comma = ",";
  }
}

static void say_masks(void) {
  const char *comma = "";
  for (int i = 0; i < family->observer_count; i++) {
    struct slot *slot = &family->slots[TASKS_MAX + i];
    printf("%s", comma);
    comma = ",";
    memset(&slot->command, 0, sizeof slot->command);
    strcpy(slot->command.call, "masks");
    /* Its process may have ended. */
    if (slot->phase == ABSENT) {
      printf("null");
      continue;
    }
    post(slot);
    settle();
    if (slot->phase == DONE) {
      printf("%s", slot->result);
      slot->phase = IDLE;
    } else {
      printf("null");
    }
  }
}

static struct step steps[STEPS_MAX];

static volatile int family_group;

/* Where this program's sockets and files have their paths: on a tmpfs, where there is one. */
static char folder[sizeof "/dev/shm/heddle-tasks-XXXXXX"];

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place) {
  (void)status, (void)kind, (void)place;
  return remove(path);
}

static void leave_folder(void) {
  if (chdir("/") == 0) nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The director is told to end, and nobody is left behind. */
static void end_all(int signal) {
  (void)signal;
  if (family_group > 0) {
    kill(-family_group, SIGKILL);
    leave_folder();
  }
  _exit(0);
}

static void run_program(int step_count, int watch_each, double pace_ms) {
  strcpy(folder, "/dev/shm/heddle-tasks-XXXXXX");
  if (mkdtemp(folder) == NULL) {
    strcpy(folder, "/tmp/heddle-tasks-XXXXXX");
    if (mkdtemp(folder) == NULL) exit(1);
  }
  umask(0);
  if (chdir(folder) < 0 || mkdir(FILES, 0777) < 0) exit(1);
  memset(family, 0, sizeof *family);
  name_count = 0;
  bytes_sent = 0;
  restless = 0;
  lingers = 0;
  slept_ms = 0;
  port_base += PORTS;
  if (port_base > 30000) port_base = 10000;
  int pid = fork();
  if (pid == 0) run_first_process();
  setpgid(pid, pid);
  family_group = pid;
  for (int i = 0; i < 2; i++) {
    while (family->slots[i].phase != IDLE) usleep(50);
  }
  settle();
  double began = now_ms();
  for (int i = 0; i < step_count; i++) {
    printf("{\"result\":");
    say_result(steps, i, pace_ms);
    settle();
    printf(",\"woken\":[");
    say_woken(steps, i);
    printf("]");
    if (watch_each || i == step_count - 1) {
      printf(",\"masks\":[");
      say_masks();
      printf("]");
    }
    printf("}\n");
  }
  printf("end %.0f\n", now_ms() - began - slept_ms);
  fflush(stdout);
  kill(-pid, SIGKILL);
  kill(pid, SIGKILL);
  while (waitpid(-1, NULL, __WALL) > 0) {
  }
  family_group = 0;
  leave_folder();
}

/* A network of its own, where that may be had: no port is anybody else's. */
static void unshare_network(void) {
  if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0) return;
  struct ifreq request;
  memset(&request, 0, sizeof request);
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  ioctl(fd, SIOCSIFFLAGS, &request);
  close(fd);
}

static void parse_step(char *line, struct step *step) {
  char *rest;
  memset(step, 0, sizeof *step);
  step->task = atoi(strtok_r(line, " \n", &rest));
  strncpy(step->call, strtok_r(NULL, " \n", &rest), sizeof step->call - 1);
  step->fd_count = atoi(strtok_r(NULL, " \n", &rest));
  for (int i = 0; i < step->fd_count; i++) {
    strncpy(step->fds[i], strtok_r(NULL, " \n", &rest), 15);
  }
  step->number_count = atoi(strtok_r(NULL, " \n", &rest));
  for (int i = 0; i < step->number_count; i++) {
    step->numbers[i] = atol(strtok_r(NULL, " \n", &rest));
  }
  step->make_count = atoi(strtok_r(NULL, " \n", &rest));
  for (int i = 0; i < step->make_count; i++) {
    strncpy(step->makes[i], strtok_r(NULL, " \n", &rest), 15);
  }
}

int main(void) {
  static char line[4096];
  int count = 0, watch_each = 0;
  double pace_ms = 0;
  director_pid = getpid();
  port_base = 10000 + director_pid % 2000 * PORTS;
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  signal(SIGTERM, end_all);
  /* Nobody asks for the status of those that end. */
  signal(SIGCHLD, SIG_IGN);
  unshare_network();
  family = mmap(NULL, sizeof *family, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (strncmp(line, "program ", 8) == 0) {
      sscanf(line, "program %d %lf", &watch_each, &pace_ms);
      count = 0;
    } else if (strcmp(line, "end\n") == 0) {
      run_program(count, watch_each, pace_ms);
    } else if (count < STEPS_MAX) {
      parse_step(line, &steps[count++]);
    }
  }
  return 0;
}
