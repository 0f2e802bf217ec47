import { readFileSync } from 'node:fs';
import { unpackTrace } from '../src/sim/trace/pack.ts';
const page = readFileSync(process.argv[2]!, 'utf8');
const json = /id="data">([\s\S]*?)<\/script>/.exec(page)![1]!;
for (let k = 0; k < 3; k++) {
let c = process.cpuUsage(); const d = JSON.parse(json); let u = process.cpuUsage(c); console.log('parse cpu ms', (u.user + u.system) / 1000);
c = process.cpuUsage(); const m = unpackTrace(d.runs[0].trace); u = process.cpuUsage(c); console.log('unpack cpu ms', (u.user + u.system) / 1000, m.steps.length, m.arrows.length, m.spans.length, m.alternatives.length);
}
