// json-server: a database in a file behind a router of express, and its client.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import jsonServer from 'json-server';

const folder = mkdtempSync(join(tmpdir(), 'heddle-json-'));
const file = join(folder, 'db.json');
writeFileSync(file, JSON.stringify({ posts: [{ id: 1, title: 'hello' }], profile: { name: 'x' } }));
const app = jsonServer.create();
app.use(jsonServer.bodyParser);
app.use(jsonServer.router(file));
const server = app.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const ask = async (path, method = 'GET', body) => {
    const headers = { 'content-type': 'application/json', connection: 'close' };
    const response = await fetch(url + path, { method, headers, body: JSON.stringify(body) });
    return [response.status, await response.json()];
  };
  console.log(await ask('/posts'));
  console.log(await ask('/posts', 'POST', { title: 'second' }));
  console.log(await ask('/posts/1', 'PATCH', { title: 'changed' }));
  console.log(await ask('/posts?title=second'));
  console.log(await ask('/posts/1', 'DELETE'));
  console.log(await ask('/posts/1'));
  console.log(JSON.parse(readFileSync(file, 'utf8')));
  server.close();
  rmSync(folder, { recursive: true });
});
