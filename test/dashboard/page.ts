import type { Mapping, Panel, Series } from '../support/prometheus.js';

/** Pixels of a column and a row of Grafana's grid. */
const CELL = { width: 60, height: 36 };
const COLORS = [
  '#7eb26d',
  '#eab839',
  '#6ed0e0',
  '#ef843c',
  '#e24d42',
  '#1f78c1',
  '#ba43a9',
  '#aaa',
];

export interface Line {
  name: string;
  points: [time: number, value: number][];
}

export interface Drawn {
  panel: Panel;
  lines: Line[];
}

/** The name that Grafana gives a series. */
export function legend(format: string | undefined, { metric }: Series): string {
  return (format ?? '').replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => metric[label] ?? '');
}

/** The panels as one page, in Grafana's layout. */
export function pageOf(drawn: readonly Drawn[]): string {
  return `<!doctype html><meta charset="utf-8"><style>
    body { margin: 0; background: #111217; color: #ccd; font: 12px sans-serif; position: relative }
    section { position: absolute; box-sizing: border-box; padding: 6px; border: 1px solid #333; background: #181b1f }
    section.row { border: 0; background: none; font-size: 15px } h2 { font-size: 13px; margin: 0 0 4px }
    .stat { font-size: 26px; text-align: center; padding-top: 22px } .legend { line-height: 15px; height: 30px; overflow: hidden }
    text { fill: #99a; font-size: 10px }</style>${drawn.map(section).join('')}`;
}

function section({ panel, lines }: Drawn): string {
  const { x, y, w, h } = panel.gridPos;
  const [width, height] = [w * CELL.width - 6, h * CELL.height - 6];
  const place = `left:${x * CELL.width}px;top:${y * CELL.height}px;width:${width}px;height:${height}px`;
  const unit = panel.fieldConfig?.defaults.unit ?? 'short';
  const body =
    panel.type === 'row'
      ? ''
      : panel.type === 'stat'
        ? stat(lines, unit, panel.fieldConfig?.defaults.mappings)
        : chart(lines, unit, width - 14, height - 70);
  return `<section class="${panel.type}" style="${place}"><h2>${panel.title}</h2>${body}</section>`;
}

function stat([line]: Line[], unit: string, [mapping]: Mapping[] = []): string {
  const value = line?.points.at(-1)?.[1];
  if (value !== undefined && mapping !== undefined && value >= mapping.options.from) {
    return `<div class="stat">${mapping.options.result.text}</div>`;
  }
  return `<div class="stat">${line?.name || (value === undefined ? 'No data' : inUnit(value, unit))}</div>`;
}

function chart(lines: Line[], unit: string, width: number, height: number): string {
  const points = lines.flatMap(line => line.points).filter(([, value]) => Number.isFinite(value));
  if (points.length === 0) {
    return '<div class="stat">No data</div>';
  }
  const times = points.map(([time]) => time);
  const [from, to] = [Math.min(...times), Math.max(...times)];
  const top = Math.max(...points.map(([, value]) => value)) * 1.1 || 1;
  const place = ([time, value]: [number, number]): string =>
    `${(62 + ((time - from) / (to - from || 1)) * (width - 72)).toFixed(1)},${(height - (value / top) * height).toFixed(1)}`;
  const grid = [0, 0.25, 0.5, 0.75, 1].map(part => {
    const y = height - part * height;
    return `<path d="M62 ${y}H${width}" stroke="#333"/><text x="58" y="${y + 3}" text-anchor="end">${inUnit(part * top, unit)}</text>`;
  });
  const paths = lines.map(({ points }, index) => {
    const seen = points.filter(([, value]) => Number.isFinite(value)).map(place);
    return `<polyline fill="none" stroke-width="1.5" stroke="${color(index)}" points="${seen.join(' ')}"/>`;
  });
  const names = lines.map(
    ({ name, points }, index) =>
      `<span style="color:${color(index)}">━ ${name || '(no name)'}</span> ${inUnit(points.at(-1)?.[1] ?? NaN, unit)}`,
  );
  return `<svg width="${width}" height="${height + 10}" viewBox="0 -6 ${width} ${height + 12}">${grid.join('')}${paths.join('')}</svg>
    <div class="legend">${names.join(' &nbsp; ')}</div>`;
}

const color = (index: number): string => COLORS[index % COLORS.length];

/** As Grafana writes a value. */
function inUnit(value: number, unit: string): string {
  if (!Number.isFinite(value)) {
    return '';
  }
  if (unit === 'percentunit') {
    return `${(value * 100).toPrecision(3)} %`;
  }
  const scales: Record<string, [number, string][]> = {
    s: [
      [31_557_600, ' years'],
      [86_400, ' days'],
      [3_600, ' h'],
      [60, ' min'],
      [1, ' s'],
      [0.001, ' ms'],
      [0, ' s'],
    ],
    bytes: [
      [2 ** 30, ' GiB'],
      [2 ** 20, ' MiB'],
      [0, ' B'],
    ],
  };
  const [size, name] = (
    scales[unit] ?? [
      [1_000, ' K'],
      [0, ''],
    ]
  ).find(([least]) => value >= least)!;
  const per = unit === 'reqps' ? ' req/s' : unit === 'ops' ? ' ops/s' : '';
  return `${Number((value / (size || 1)).toPrecision(3))}${name}${per}`;
}
