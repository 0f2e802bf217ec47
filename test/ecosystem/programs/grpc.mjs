// grpc-js: a call, a stream, a deadline.
import grpc from '@grpc/grpc-js';

const json = {
  requestSerialize: (value) => Buffer.from(JSON.stringify(value)),
  requestDeserialize: (bytes) => JSON.parse(bytes),
  responseSerialize: (value) => Buffer.from(JSON.stringify(value)),
  responseDeserialize: (bytes) => JSON.parse(bytes),
};
const service = {
  add: { path: '/sums/add', requestStream: false, responseStream: false, ...json },
  count: { path: '/sums/count', requestStream: false, responseStream: true, ...json },
  never: { path: '/sums/never', requestStream: false, responseStream: false, ...json },
};
const server = new grpc.Server();
server.addService(service, {
  add: (call, reply) => reply(null, { sum: call.request.a + call.request.b }),
  count: (call) => {
    for (let i = 1; i <= call.request.to; i++) call.write(i);
    call.end();
  },
  never: () => {},
});
const port = await new Promise((resolve, reject) =>
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
    error ? reject(error) : resolve(bound),
  ),
);
const Client = grpc.makeGenericClientConstructor(service, 'sums');
const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
console.log(
  await new Promise((resolve, reject) =>
    client.add({ a: 2, b: 3 }, (error, value) => (error ? reject(error) : resolve(value))),
  ),
);
const numbers = [];
for await (const number of client.count({ to: 4 })) numbers.push(number);
console.log(...numbers);
console.log(
  await new Promise((resolve) =>
    client.never({}, { deadline: Date.now() + 100 }, (error) => resolve(error.code)),
  ),
);
client.close();
server.forceShutdown();
