// Forgets the end of its line, and waits.
import net from 'node:net';

const socket = net.connect(7000, 'server');
socket.write('hello');
socket.on('data', () => socket.end());
