/*
 * The echo service over level-triggered epoll as a C program does it: what
 * models/epoll-level.ts does, call for call. Prints its port, and serves for ever.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_MAX = 64, RECV_BYTES = 1024, BACKLOG = 128 };

int main(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t length = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&address, length) < 0) return 1;
  if (listen(listener, BACKLOG) < 0) return 1;
  getsockname(listener, (struct sockaddr *)&address, &length);
  printf("listens on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);

  int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  struct epoll_event events[EVENTS_MAX];
  char bytes[RECV_BYTES];
  for (;;) {
    int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
    for (int i = 0; i < count; i++) {
      int fd = events[i].data.fd;
      if (fd == listener) {
        event.data.fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (event.data.fd >= 0) epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event);
        continue;
      }
      ssize_t size = recv(fd, bytes, RECV_BYTES, 0);
      if (size <= 0) close(fd);
      else send(fd, bytes, (size_t)size, MSG_NOSIGNAL);
    }
  }
}
