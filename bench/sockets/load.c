/*
 * load PORT CONNECTIONS BYTES WARMUP_MS MS: that many connections, each of which sends a message and
 * waits until it has all of it back. Prints the nanoseconds that it has counted for, and for each
 * connection its round trips in that time.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1024, BYTES_MAX = 65536, EVENTS_MAX = 64 };

static int fds[CONNECTIONS_MAX];
static int got[CONNECTIONS_MAX];
static long trips[CONNECTIONS_MAX];
static char message[BYTES_MAX];
static char answer[BYTES_MAX];

static long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000L + time.tv_nsec;
}

static int connected(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) return -1;
  return fd;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  int count = atoi(argv[2]), bytes = atoi(argv[3]);
  if (count > CONNECTIONS_MAX || bytes > BYTES_MAX) return 2;
  memset(message, 'A', sizeof message);
  int epoll = epoll_create1(0);
  for (int i = 0; i < count; i++) {
    fds[i] = connected(atoi(argv[1]));
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)i};
    if (fds[i] < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &event) < 0) return 1;
  }
  for (int i = 0; i < count; i++) send(fds[i], message, bytes, MSG_NOSIGNAL);
  long begin = now() + atol(argv[4]) * 1000000L;
  long end = begin + atol(argv[5]) * 1000000L;
  long at = 0, first = 0;
  struct epoll_event events[EVENTS_MAX];
  while ((at = now()) < end) {
    int ready = epoll_wait(epoll, events, EVENTS_MAX, 10);
    if (first == 0 && at >= begin) {
      memset(trips, 0, sizeof trips);
      first = at;
    }
    for (int k = 0; k < ready; k++) {
      int i = (int)events[k].data.u32;
      ssize_t size = recv(fds[i], answer, sizeof answer, 0);
      if (size <= 0) return 1;
      got[i] += (int)size;
      if (got[i] < bytes) continue;
      got[i] = 0;
      trips[i]++;
      send(fds[i], message, bytes, MSG_NOSIGNAL);
    }
  }
  printf("%ld\n", at - first);
  for (int i = 0; i < count; i++) printf("%ld\n", trips[i]);
  return 0;
}
