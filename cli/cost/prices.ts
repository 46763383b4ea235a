/**
 * AWS list prices in USD, without free tiers and discounts, of the region us-east-1. Other regions
 * differ by up to a third. Check them before you rely on a figure, and change the date with them.
 */
export const PRICES = {
  /** When these were looked up. */
  date: '2026-11-28',
  region: 'us-east-1',

  /** https://aws.amazon.com/api-gateway/pricing: HTTP API, up to 512 KB each */
  apiRequest: 1.0e-6,
  /** https://aws.amazon.com/lambda/pricing: arm64; the start of a container is billed, too */
  lambdaRequest: 0.2e-6,
  lambdaGbSecond: 0.000_013_333_4,
  /** https://aws.amazon.com/dynamodb/pricing/on-demand: standard table class */
  writeUnit: 0.625e-6,
  readUnit: 0.125e-6,
  tableGbMonth: 0.25,
  /** Point-in-time recovery. */
  backupGbMonth: 0.2,
  /** https://aws.amazon.com/cloudwatch/pricing */
  logGb: 0.5,
  logGbMonth: 0.03,
  metricMonth: 0.3,
  /** For each metric that the alarm reads. */
  alarmMetricMonth: 0.1,
  dashboardMonth: 3,
  /** https://aws.amazon.com/secrets-manager/pricing */
  secretMonth: 0.4,
} as const;
