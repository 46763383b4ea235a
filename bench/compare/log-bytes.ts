import type { Program } from './bundles.ts';
import type { Work } from './child.ts';
import type { Machine } from './machine.ts';
import { countRow, type Row, type Section } from './section.ts';

const MORE = 20;

/** How many bytes the functions write to the log. `tests/output/log-lines.test.ts` holds them. */
export function logBytesSection(machine: Machine): Section {
  /** Bytes of one call after the first. */
  const bytesOf = async (program: Program, work: Omit<Work, 'calls' | 'from'>) => {
    const domain = `${program}-${work.kind}-${work.contacts ?? 'all'}.log.example`;
    const first = { ...work, calls: 1, from: 0 };
    const one = await machine.countOutput(program, { domain: `first.${domain}`, first });
    const measured = { ...work, calls: MORE, from: work.contacts === 1 ? 0 : 1_000_000 };
    const all = await machine.countOutput(program, { domain, first, measured });
    return (all - one) / MORE;
  };
  return {
    name: 'log-bytes',
    title: 'Bytes of logs and metrics',
    about:
      'What a call writes to the log, without the lines of Lambda itself. Before logs and metrics became ' +
      'one line, a duplicate wrote 763 bytes.',
    async measure(onProgress): Promise<Row[]> {
      const rows: Row[] = [];
      for (const program of ['identify', 'plain'] as const) {
        onProgress(program);
        const goals = program === 'identify' ? [700, 150] : [];
        const name = program === 'identify' ? 'identify' : 'plain handler';
        rows.push(
          countRow(`new: ${name}`, await bytesOf(program, { kind: 'single' }), 'bytes', goals[0]),
          countRow(
            `duplicate: ${name}`,
            await bytesOf(program, { kind: 'single', contacts: 1 }),
            'bytes',
            goals[1],
          ),
        );
      }
      const batch = await bytesOf('identify', { kind: 'batch', perBatch: 100 });
      rows.push(countRow('batch of 100 new: identify', batch, 'bytes', 1500));
      return rows;
    },
  };
}
