// What a run printed, kept in bench/results: JSON for programs, a table and a chart for readers.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { chartOf } from './chart.mjs';
import { generator } from './load.mjs';

const RESULTS = new URL('results/', import.meta.url);
const JSON_FILE = new URL('results.json', RESULTS);

/** The figures of one part of the benchmark. */
export class Table {
  #rows = [];
  #notes = [];

  constructor(part) {
    this.part = part;
  }

  /** A ratio with what it must reach and aims at; smaller is better if the aim is smaller. */
  row(what, ratio, must, aim, details) {
    const isReached = must >= aim ? ratio <= must : ratio >= must;
    const row = { what, ratio: Number(ratio.toFixed(3)), must, aim, isReached, details };
    console.log(`${isReached ? 'ok  ' : 'MISS'} ${textOf(row)}`);
    this.#rows.push(row);
    process.exitCode = isReached ? process.exitCode : 1;
  }

  /** Figures without a bound, by name. */
  note(what, figures, unit) {
    const note = { what, figures, unit };
    console.log(`     ${textOfNote(note)}`);
    this.#notes.push(note);
  }

  /** Replaces what an earlier run found for this part. */
  save(isQuiet) {
    mkdirSync(RESULTS, { recursive: true });
    const results = { ...earlier(), [this.part]: this.#asRun(isQuiet) };
    writeFileSync(JSON_FILE, `${JSON.stringify(results, undefined, 2)}\n`);
    writeFileSync(new URL('results.md', RESULTS), markdownOf(results));
    if (results.throughput) {
      writeFileSync(new URL('throughput.svg', RESULTS), chartOf(results.throughput.notes));
    }
  }

  #asRun(isQuiet) {
    const date = new Date().toISOString().slice(0, 10);
    const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
    const machine = `${cpus().length} cores (${cpus()[0].model}), ${memory}`;
    const versions = `Node ${process.versions.node}, load by ${generator}`;
    return { date, machine, versions, isQuiet, rows: this.#rows, notes: this.#notes };
  }
}

const textOf = ({ what, ratio, must, aim, details }) =>
  `${what}: ${ratio} (must ${must}, aim ${aim}) ${details}`;

function textOfNote({ what, figures, unit }) {
  const all = Object.entries(figures).map(([name, figure]) => `${name} ${figure}`);
  return `${what}: ${all.join(', ')} ${unit}`.trimEnd();
}

function earlier() {
  try {
    return JSON.parse(readFileSync(JSON_FILE, 'utf8'));
  } catch {
    return {};
  }
}

function markdownOf(results) {
  const parts = Object.entries(results).map(([part, run]) => {
    const noisy = run.isQuiet ? '' : ' **The machine was not quiet.**';
    const rows = run.rows.map(
      ({ what, ratio, must, aim, isReached, details }) =>
        `| ${what} | ${ratio} | ${must} | ${aim} | ${isReached ? 'yes' : '**no**'} | ${details} |`,
    );
    const table = rows.length > 0 ? [...HEAD, ...rows, ''] : [];
    const notes = run.notes.map(note => `- ${textOfNote(note)}`);
    const head = `${run.date}, ${run.machine}, ${run.versions}.${noisy}`;
    return [`## ${part}`, '', head, '', ...table, ...notes, ''].join('\n');
  });
  return ['# Results of `npm run bench`', '', ...parts].join('\n');
}

const HEAD = ['| | ratio | must | aim | reached | |', '| --- | --- | --- | --- | --- | --- |'];
