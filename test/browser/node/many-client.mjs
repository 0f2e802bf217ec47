// Buys one thing after the other, as many as its command line says.
import http from 'node:http';
import { text } from 'node:stream/consumers';

const buy = () =>
  new Promise((resolve, reject) => {
    http.get('http://server:8080', (response) => resolve(text(response))).on('error', reject);
  });

for (let bought = 0; bought < Number(process.argv[2]); bought++) await buy();
console.log('bought all');
