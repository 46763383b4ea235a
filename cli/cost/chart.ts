import { type Costs, totalOf } from './model.ts';

const WIDTH = 760;
const LABEL = 110;
const BAR = 34;
const GAP = 22;
const TOP = 44;
const LEGEND = 40;
/** Told apart in grey, too, and by most who are colour-blind. */
const COLOURS = ['#1b4f72', '#2e86c1', '#85c1e9', '#f5b041', '#b9770e', '#7b7d7d'];

/** A bar of the chart. */
export interface Bar {
  name: string;
  costs: Costs;
}

/**
 * Draws costs as stacked bars, one for each design.
 *
 * @param title plain text
 * @returns an SVG document
 */
export function drawChart(title: string, bars: Bar[]): string {
  const most = Math.max(...bars.map(({ costs }) => totalOf(costs)));
  const scale = (WIDTH - LABEL - 90) / most;
  const height = TOP + bars.length * (BAR + GAP) + LEGEND;
  const parts = bars.flatMap(({ name, costs }, row) =>
    drawBar(name, costs, TOP + row * (BAR + GAP), scale),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>`,
    `<text x="12" y="24" font-size="15" font-weight="600">${title}</text>`,
    ...parts,
    ...drawLegend(Object.keys(bars[0]?.costs ?? {}), height - LEGEND + 14),
    '</svg>\n',
  ].join('\n');
}

function drawBar(name: string, costs: Costs, y: number, scale: number): string[] {
  let x = LABEL;
  const middle = y + BAR / 2 + 5;
  const pieces = Object.entries(costs).map(([part, cost], n) => {
    const width = cost * scale;
    const piece = `<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}" fill="${COLOURS[n]}"><title>${part}: ${toUsd(cost)}</title></rect>`;
    x += width;
    return piece;
  });
  return [
    `<text x="12" y="${middle}">${name}</text>`,
    ...pieces,
    `<text x="${(x + 8).toFixed(1)}" y="${middle}" font-weight="600">${toUsd(totalOf(costs))}</text>`,
  ];
}

function drawLegend(parts: string[], y: number): string[] {
  return parts.flatMap((part, n) => {
    const x = 12 + n * 122;
    return [
      `<rect x="${x}" y="${y}" width="12" height="12" fill="${COLOURS[n]}"/>`,
      `<text x="${x + 18}" y="${y + 11}">${part}</text>`,
    ];
  });
}

/** @returns the amount with as many digits as say something */
export function toUsd(amount: number): string {
  return `$${amount.toLocaleString('en', { maximumFractionDigits: amount < 100 ? 2 : 0 })}`;
}
