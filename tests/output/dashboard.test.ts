import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseIfValid } from '../../lib/runtime/parse-if-valid.ts';
import { collectLines } from './collect-lines.ts';
import { OWN_NAMESPACE, readDashboard } from './dashboard-widgets.ts';

/** The metrics of AWS that may be shown, with the dimensions of each. */
const OF_AWS: Record<string, { names: string[]; dimensions: string[][] }> = {
  // https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
  'AWS/Lambda': {
    names: ['Invocations', 'Errors', 'Throttles', 'Duration', 'IteratorAge'],
    dimensions: [['FunctionName']],
  },
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
  'AWS/DynamoDB': {
    names: [
      'ConsumedReadCapacityUnits',
      'ConsumedWriteCapacityUnits',
      'ReadThrottleEvents',
      'WriteThrottleEvents',
    ],
    dimensions: [['TableName'], ['TableName', 'GlobalSecondaryIndexName']],
  },
  // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html
  'AWS/ApiGateway': { names: ['Count', '4xx', '5xx'], dimensions: [['ApiId']] },
  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
  'AWS/SQS': { names: ['ApproximateNumberOfMessagesVisible'], dimensions: [['QueueName']] },
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
  'AWS/Logs': { names: ['IncomingBytes'], dimensions: [['LogGroupName']] },
};
/** What the operator must find on it. */
const QUESTIONS = [
  ['accepted', 'duplicate', 'rejected'],
  ['delivered', 'retrying', 'dead'],
  ['oldestUndelivered'],
  ['pending'],
  ['natLatency'],
  ['Throttles'],
  ['WriteThrottleEvents'],
  ['Count'],
  ['ConsumedReadCapacityUnits', 'ConsumedWriteCapacityUnits'],
  ['identify', 'deliver', 'redeliver'],
  ['IncomingBytes'],
];

const embeddedSchema = v.object({
  _aws: v.object({
    CloudWatchMetrics: v.array(v.object({ Metrics: v.array(v.object({ Name: v.string() })) })),
  }),
});

const widgets = readDashboard();
const lines = widgets.flatMap((widget) => widget.lines);
const ofMetrics = lines.filter(({ metric }) => metric.length > 0);
const emitted = new Set<string>();

beforeAll(async () => {
  for (const line of [...(await collectLines()).values()].flat()) {
    const data = parseIfValid(embeddedSchema, line);
    const names = data?._aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics) ?? [];
    for (const { Name } of names) emitted.add(Name);
  }
});

describe('the dashboard', () => {
  it('shows of this service only metrics that the functions emit', () => {
    const own = ofMetrics.filter(({ metric }) => metric[0] === OWN_NAMESPACE);
    expect(own.length).toBeGreaterThan(10);
    expect(own.filter(({ metric: [, name = ''] }) => !emitted.has(name))).toEqual([]);
  });

  it('shows of AWS only metrics that AWS has, with their dimensions', () => {
    const ofAws = ofMetrics.filter(({ metric }) => metric[0] !== OWN_NAMESPACE);
    expect(ofAws.length).toBeGreaterThan(20);
    for (const { metric } of ofAws) {
      const [namespace = '', name, ...pairs] = metric;
      expect(OF_AWS[namespace]?.names, namespace).toContain(name);
      const dimensions = pairs.filter((_, index) => index % 2 === 0);
      expect(OF_AWS[namespace]?.dimensions).toContainEqual(dimensions);
    }
  });

  it.each(QUESTIONS)('shows %s', (...names) => {
    const shown = lines
      .filter(({ options }) => options.visible)
      .map(({ metric: [, name], options }) => name ?? options.label);
    expect(shown).toEqual(expect.arrayContaining(names));
  });

  it('computes only with metrics of the same graph', () => {
    for (const { title, lines: ofWidget } of widgets) {
      const ids = ofWidget.flatMap(({ options }) => options.id ?? []);
      for (const { expression = '' } of ofWidget.map(({ options }) => options)) {
        const used = expression.replace(/\$\{[^}]*\}/g, '').match(/\b[a-z]\w*/g) ?? [];
        expect(ids, title).toEqual(expect.arrayContaining(used));
      }
    }
  });

  it('has no two graphs in the same place', () => {
    const cells = widgets.map(({ place: { x, y } }) => `${x}/${y}`);
    expect(new Set(cells).size).toBe(cells.length);
  });
});
