import { createDepth } from './depth.ts';
import { simulate } from './simulate.ts';

const out = [];
await simulate(999, createDepth());
for (let seed = 1; seed <= 40; seed += 1) {
  const depth = createDepth();
  const cpu = process.cpuUsage();
  const v = await simulate(seed, depth);
  const ms = process.cpuUsage(cpu).user / 1000;
  out.push({
    seed,
    ms,
    deliveries: depth.deliveries,
    deep: depth.deep,
    most: depth.mostTries,
    outage: depth.longestOutageMs,
    happened: [...depth.happened.keys()],
    v,
  });
  process.stderr.write(`${seed} ${Math.round(ms)} ${depth.deliveries} ${v}\n`);
}
(await import('node:fs')).writeFileSync('/tmp/del-seeds.json', JSON.stringify(out));
process.exit(0);
