const COLOURS = { 'library-api': '#1a6b8a' };
const OTHER = '#b9c4cc';
const [WIDTH, LABEL, BAR, GAP] = [760, 190, 20, 6];

/** Bars of the CPU time that each server takes for one request, as SVG. */
export function chartOf(notes) {
  const kinds = notes.filter(({ unit, figures }) => unit === 'µs CPU' && 'raw' in figures);
  let y = 10;
  const blocks = kinds.map(({ what, figures }) => {
    const most = Math.max(...Object.values(figures));
    const title = `<text x="10" y="${(y += 22)}" font-weight="600">${what}</text>`;
    y += 8;
    const bars = Object.entries(figures).map(([name, figure]) => {
      const width = Math.max(1, Math.round(((WIDTH - LABEL - 90) * figure) / most));
      const row = [
        `<text x="${LABEL - 8}" y="${y + 15}" text-anchor="end">${name}</text>`,
        `<rect x="${LABEL}" y="${y}" width="${width}" height="${BAR}" fill="${COLOURS[name] ?? OTHER}"/>`,
        `<text x="${LABEL + width + 6}" y="${y + 15}">${figure} µs</text>`,
      ];
      y += BAR + GAP;
      return row.join('');
    });
    return title + bars.join('');
  });
  const style = 'font: 14px system-ui, sans-serif';
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 16}" style="${style}">`,
    '<title>CPU time of the server for one request, in microseconds: less is better</title>',
    `<rect width="${WIDTH}" height="${y + 16}" fill="#fff"/>`,
    ...blocks,
    '</svg>\n',
  ].join('\n');
}
