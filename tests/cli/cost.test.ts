import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { countIdentify } from '../../bench/compare/units.ts';
import { drawChart } from '../../cli/cost/chart.ts';
import { IDENTIFY, IDLE, PLAIN } from '../../cli/cost/measured.ts';
import { costOf, idleCost, totalOf } from '../../cli/cost/model.ts';

const MONTH = { events: 50e6, duplicates: 10, batch: 1, unseen: 0.5, natMs: 100, months: 12 };

describe('the cost of a month', () => {
  it('without events is what is idle', () => {
    expect(totalOf(costOf({ ...MONTH, events: 0 }, IDENTIFY))).toBeCloseTo(idleCost(), 10);
  });

  it('of so many times the events is so many times the rest', () => {
    const rest = (events: number) => totalOf(costOf({ ...MONTH, events }, IDENTIFY)) - idleCost();
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e9 }),
        fc.integer({ min: 1, max: 1000 }),
        (events, times) => {
          expect(rest(events * times) / rest(events)).toBeCloseTo(times, 6);
        },
      ),
    );
  });

  it('of new events alone has the prices of their units, requests and bytes', () => {
    const costs = costOf({ ...MONTH, events: 1e6, duplicates: 0, months: 0 }, IDENTIFY);
    expect(costs['API Gateway']).toBeCloseTo(1, 10);
    // A million write units and half a million read units.
    expect(costs.DynamoDB).toBeCloseTo(0.625 + 0.5 * 0.125, 10);
    expect(costs.logs).toBeCloseTo(((466 + 330) / 1000) * 0.53, 10);
  });

  it('has one request for each event in a design that takes no batches', () => {
    expect(costOf({ ...MONTH, batch: 100 }, PLAIN)).toEqual(costOf(MONTH, PLAIN));
    expect(costOf({ ...MONTH, batch: 100 }, IDENTIFY)['API Gateway']).toBeCloseTo(0.5, 10);
  });
});

describe('the figures of the cost', () => {
  it('have the units that are counted', async () => {
    const { new: fresh, unseen, seen } = await countIdentify();
    const { units, tableCalls } = IDENTIFY;
    expect([fresh, unseen, seen]).toEqual([
      { ...units.new, calls: tableCalls.new },
      { ...units.unseen, calls: tableCalls.unseen },
      { ...units.seen, calls: tableCalls.seen },
    ]);
  });

  it('have as many alarms and secrets as the template', () => {
    const alarms = resourcesOf('alarms.yml', 'AWS::CloudWatch::Alarm');
    const metrics = alarms.map(
      ({ Metrics = [] }) =>
        Metrics.filter(({ MetricStat }) => MetricStat !== undefined).length || 1,
    );
    expect(metrics.reduce((sum, count) => sum + count, 0)).toBe(IDLE.alarmMetrics);
    expect(resourcesOf('secrets.yml', 'AWS::SecretsManager::Secret')).toHaveLength(IDLE.secrets);
  });
});

it('the chart has a bar for each design, and its lengths are in proportion', () => {
  const costs = costOf(MONTH, IDENTIFY);
  const svg = drawChart('A month', [
    { name: 'one', costs },
    { name: 'other', costs: costOf(MONTH, PLAIN) },
  ]);
  const widths = [...svg.matchAll(/width="([\d.]+)" height="34"/g)].map(([, width]) =>
    Number(width),
  );
  const sum = (from: number) =>
    widths.slice(from, from + 6).reduce((total, width) => total + width, 0);
  expect(widths).toHaveLength(12);
  expect(sum(0) / sum(6)).toBeCloseTo(totalOf(costs) / totalOf(costOf(MONTH, PLAIN)), 2);
});

const templateSchema = v.object({
  Resources: v.record(
    v.string(),
    v.object({
      Type: v.string(),
      Properties: v.optional(
        v.looseObject({
          Metrics: v.optional(v.array(v.looseObject({ MetricStat: v.optional(v.unknown()) }))),
        }),
        {},
      ),
    }),
  ),
});

function resourcesOf(file: string, type: string) {
  const text = readFileSync(new URL(`../../resources/${file}`, import.meta.url), 'utf8');
  const { Resources } = v.parse(templateSchema, parse(text, { merge: true, maxAliasCount: -1 }));
  return Object.values(Resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties);
}
