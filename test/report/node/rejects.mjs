// Nobody handles what is rejected in a timer.
import net from 'node:net';

net.connect(7000, 'server', () => {
  setTimeout(async () => {
    throw new TypeError('no such seat');
  }, 20);
});
