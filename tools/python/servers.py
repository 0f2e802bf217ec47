"""Echo servers in Python, one for each architecture of the models as they were written, with the
same mistakes: what `npm run python` holds the models against. `servers.py ID PORT`."""
import _thread
import asyncio
import collections
import os
import queue
import select
import selectors
import socket
import sys
import threading

HOST = "127.0.0.1"
GOT = b"Got: "


def bound(port, backlog=None, reuse=False, blocking=True):
    s = socket.socket()
    if reuse:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((HOST, port))
    s.listen() if backlog is None else s.listen(backlog)
    s.setblocking(blocking)
    return s


def sequential(port):
    with bound(port) as s:
        while True:
            conn, addr = s.accept()
            with conn:
                print("connected", addr)
                while data := conn.recv(1024):
                    print("received", data.decode())
                    conn.sendall(data)


def threaded(port):
    def handle_client(conn, addr):
        print("connected", addr)
        with conn:
            while data := conn.recv(1024):
                print("received", addr, data.decode())
                conn.sendall(data)

    with bound(port) as s:
        while True:
            threading.Thread(target=handle_client, args=s.accept()).start()


def threaded_queue(port):
    messages, lock = [], threading.Lock()

    def handle_client(conn, addr):
        with conn:
            while data := conn.recv(1024):
                with lock:
                    messages.append((addr, data))
                conn.sendall(data)

    def process_messages():
        while True:
            with lock:
                if messages:
                    addr, data = messages.pop(0)
                    print("processed", addr, data.decode())

    with bound(port) as s:
        threading.Thread(target=process_messages, daemon=True).start()
        while True:
            threading.Thread(target=handle_client, args=s.accept()).start()


def asyncio_queue(port):
    async def handle_client(loop, conn, messages):
        print("connected", conn.getpeername())
        while data := await loop.sock_recv(conn, 1024):
            await messages.put(data)
            await loop.sock_sendall(conn, data)
        conn.close()

    async def process_messages(messages):
        while True:
            addr, data = await messages.get()
            print("processed", addr, data.decode())

    async def main():
        loop = asyncio.get_running_loop()
        messages = asyncio.Queue()
        loop.create_task(process_messages(messages))
        s = bound(port, reuse=True, blocking=False)
        while True:
            conn, _ = await loop.sock_accept(s)
            loop.create_task(handle_client(loop, conn, messages))

    asyncio.run(main())


def fork(port):
    s = bound(port, reuse=True)
    while True:
        conn, addr = s.accept()
        if os.fork() == 0:
            s.close()
            while data := conn.recv(1024):
                conn.sendall(data)
            os._exit(0)
        conn.close()


def select_queues(port):
    server = bound(port, 5, blocking=False)
    inputs, outputs, queues = [server], [], {}
    while inputs:
        readable, writable, exceptional = select.select(inputs, outputs, inputs)
        for s in readable:
            if s is server:
                conn, address = s.accept()
                conn.setblocking(False)
                inputs.append(conn)
                queues[conn] = queue.Queue()
            elif data := s.recv(1024):
                print("received", data, s.getpeername())
                queues[s].put(data)
                if s not in outputs:
                    outputs.append(s)
            else:
                print("closing", address)
                if s in outputs:
                    outputs.remove(s)
                inputs.remove(s)
                s.close()
                del queues[s]
        for s in writable:
            try:
                data = queues[s].get_nowait()
            except queue.Empty:
                print("empty", s.getpeername())
                outputs.remove(s)
            else:
                print("sending", data, s.getpeername())
                s.send(data)
        for s in exceptional:
            print("exceptional", s.getpeername())
            inputs.remove(s)
            if s in outputs:
                outputs.remove(s)
            s.close()
            del queues[s]


def poll(port):
    s = bound(port, reuse=True, blocking=False)
    poller, conns = select.poll(), {}
    poller.register(s, select.POLLIN)
    while True:
        for fd, _ in poller.poll():
            if fd == s.fileno():
                conn, _ = s.accept()
                conn.setblocking(False)
                conns[conn.fileno()] = conn
                poller.register(conn, select.POLLIN)
            elif data := conns[fd].recv(1024):
                conns[fd].send(data)
            else:
                poller.unregister(fd)
                conns.pop(fd).close()


def epoll_level(port):
    s = bound(port, reuse=True, blocking=False)
    poller, conns = select.epoll(), {}
    poller.register(s, select.EPOLLIN)
    while True:
        for fd, _ in poller.poll():
            if fd == s.fileno():
                conn, _ = s.accept()
                conn.setblocking(False)
                conns[conn.fileno()] = conn
                poller.register(conn, select.EPOLLIN)
            elif data := conns[fd].recv(1024):
                conns[fd].send(data)
            else:
                poller.unregister(fd)
                conns.pop(fd).close()


def selectors_(port):
    sel = selectors.DefaultSelector()

    def accept(sock, mask):
        conn, addr = sock.accept()
        print("accepted", conn, addr)
        conn.setblocking(False)
        sel.register(conn, selectors.EVENT_READ, read)

    def read(conn, mask):
        if data := conn.recv(1000):
            print("echoing", data, conn)
            conn.send(data)
        else:
            print("closing", conn)
            sel.unregister(conn)
            conn.close()

    s = bound(port, 100, blocking=False)
    sel.register(s, selectors.EVENT_READ, accept)
    while True:
        for key, mask in sel.select():
            key.data(key.fileobj, mask)


def got(conn):
    while data := conn.recv(10000):
        conn.send(GOT + data)
    print("closed")


def got_sequential(port):
    s = bound(port, 5, reuse=True)
    while True:
        client, addr = s.accept()
        print("connect", addr)
        got(client)


def got_threaded(port):
    s = bound(port, 5, reuse=True)
    while True:
        client, addr = s.accept()
        print("connect", addr)
        _thread.start_new_thread(got, (client,))


def got_select(port):
    s = bound(port, 5, reuse=True)
    while True:
        for r in select.select([s], [], [])[0]:
            client, addr = r.accept()
            print("connect", addr)
            got(client)


async def got_handler(loop, client):
    with client:
        while data := await loop.sock_recv(client, 10000):
            await loop.sock_sendall(client, GOT + data)
    print("closed")


async def got_server(loop, port):
    s = bound(port, 5, reuse=True, blocking=False)
    while True:
        client, addr = await loop.sock_accept(s)
        print("connect", addr)
        loop.create_task(got_handler(loop, client))


def got_asyncio(port):
    loop = asyncio.new_event_loop()
    loop.create_task(got_server(loop, port))
    loop.run_forever()


class MiniLoop:
    def __init__(self):
        self.ready = collections.deque()
        self.selector = selectors.DefaultSelector()

    class Wait:
        def __init__(self, *what):
            self.what = what

        def __await__(self):
            yield self.what

    async def sock_recv(self, sock, size):
        await self.Wait(sock, selectors.EVENT_READ)
        return sock.recv(size)

    async def sock_accept(self, sock):
        await self.Wait(sock, selectors.EVENT_READ)
        return sock.accept()

    async def sock_sendall(self, sock, data):
        while data:
            await self.Wait(sock, selectors.EVENT_WRITE)
            data = data[sock.send(data):]

    def create_task(self, coro):
        self.ready.append(coro)

    def run_forever(self):
        while True:
            while not self.ready:
                for key, _ in self.selector.select():
                    self.ready.append(key.data)
                    self.selector.unregister(key.fileobj)
            task = self.ready.popleft()
            try:
                sock, event = task.send(None)
            except StopIteration:
                continue
            self.selector.register(sock, event, task)


def mini_loop(port):
    loop = MiniLoop()
    loop.create_task(got_server(loop, port))
    loop.run_forever()


def protocol(port):
    class Echo(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport
            print("connected %s %s" % transport.get_extra_info("peername"))

        def data_received(self, data):
            self.transport.write(data)

        def eof_received(self):
            self.transport.write_eof()

    loop = asyncio.new_event_loop()
    loop.run_until_complete(loop.create_server(Echo, HOST, port))
    loop.run_forever()


def streams(port):
    async def handle(reader, writer):
        print("connected", writer.get_extra_info("peername"))
        while data := await reader.read(65535):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def main():
        async with await asyncio.start_server(handle, HOST, port) as server:
            await server.serve_forever()

    asyncio.run(main())


def coroutine_scheduler(port):
    ready, reading, writing = collections.deque(), {}, {}

    def handle_client(client, addr):
        print("connection", addr)
        while True:
            yield reading, client
            data = client.recv(65535)
            if not data:
                break
            yield writing, client
            client.send(data)
        client.close()
        print("closed", addr)

    def server():
        s = bound(port, 5)
        while True:
            yield reading, s
            client, addr = s.accept()
            ready.append(handle_client(client, addr))

    ready.append(server())
    while True:
        if reading or writing:
            r, w, _ = select.select(reading, writing, [], 0 if ready else None)
            for waiting, fds in ((reading, r), (writing, w)):
                ready.extend(waiting.pop(fd) for fd in fds)
        for task in [ready.popleft() for _ in range(len(ready))]:
            try:
                waiting, sock = task.send(None)
            except StopIteration:
                continue
            waiting[sock.fileno()] = task


if __name__ == "__main__":
    name = sys.argv[1].replace("-", "_")
    globals()["selectors_" if name == "selectors" else name](int(sys.argv[2]))
