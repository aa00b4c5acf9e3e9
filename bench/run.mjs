// Compares the product with others, in one run on one machine. Only the ratios count.
// `npm run bench -- throughput start` runs these parts; `growth` takes a quarter of an hour and runs if it is named;
// `--authors 100000`, `--lines 30000` and `--records 2000000` make parts smaller;
// `--noisy` measures although other programs use the machine.
import { parseArgs } from 'node:util';
import { measureGrowth } from './growth.mjs';
import { measureImport } from './import.mjs';
import { measurePages } from './pages.mjs';
import { measureProcesses } from './processes.mjs';
import { expectQuiet } from './quiet.mjs';
import { measureStart } from './start.mjs';
import { Table } from './table.mjs';
import { measureThroughput } from './throughput.mjs';
import { measureWaits } from './waits.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    authors: { type: 'string', default: '1000000' },
    records: { type: 'string', default: '10000000' },
    lines: { type: 'string', default: '300000' },
    noisy: { type: 'boolean', default: false },
  },
});

const PARTS = {
  throughput: measureThroughput,
  start: measureStart,
  import: table => measureImport(Number(values.lines), table),
  waits: table => measureWaits(Number(values.lines), table),
  pages: table => measurePages(Number(values.authors), table),
  processes: measureProcesses,
  growth: table => measureGrowth(Number(values.records), table),
};

const unknown = positionals.find(name => !(name in PARTS));
if (unknown !== undefined) {
  throw new Error(`there is no part ${unknown}; the parts are ${Object.keys(PARTS).join(', ')}`);
}
for (const [name, measure] of Object.entries(PARTS)) {
  if ((positionals.length === 0 && name !== 'growth') || positionals.includes(name)) {
    if (!values.noisy) {
      await expectQuiet();
    }
    const table = new Table(name);
    console.log(`${name}:`);
    await measure(table);
    table.save(!values.noisy);
  }
}
