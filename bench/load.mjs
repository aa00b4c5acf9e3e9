// Load on a server by a generator that costs little: wrk, or generator.mjs where wrk is not installed.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { childrenCpuMs, cpuMs } from './figures.mjs';

const CONNECTIONS = 32;
const SECONDS = 3;

const run = promisify(execFile);
const has = (program, arg) => spawnSync(program, [arg]).error === undefined;

export const generator = has('wrk', '-v') ? 'wrk' : 'generator.mjs';
const pins = availableParallelism() > 1 && has('taskset', '--version');

/** The command that runs `command` on one core: servers on the first, load on the last. */
export function pinned(isServer, [program, ...args]) {
  const core = isServer ? 0 : availableParallelism() - 1;
  return pins ? ['taskset', ['-c', String(core), program, ...args]] : [program, args];
}

let made = 0;

/**
 * Sends one kind of request as fast as the server answers. Returns requests a second, milliseconds of latency
 * (p50, p99, p999), and microseconds of CPU time a request of the server (`cpu`) and of the generator (`cost`).
 * `{n}` in a body is another number in each request; of several `headers` each request takes the next.
 */
export async function load(server, request, { connections = CONNECTIONS, seconds = SECONDS } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'library-load-'));
  const { method = 'GET', path, body = '', headers = {} } = request;
  const token = server.token && { authorization: `Bearer ${server.token}` };
  const all = [headers].flat().map(each => ({ ...token, ...each }));
  made += 1;
  const spec = { url: server.url, method, path, body, headers: all, from: made * 1e7 };
  const [program, args] = generator === 'wrk' ? wrk(spec) : own(spec);
  try {
    const before = { server: cpuMs(server.pid), load: childrenCpuMs('self') };
    const { stdout } = await run(...pinned(false, [program, ...args]));
    const result = JSON.parse(stdout.slice(stdout.indexOf('{"requests"')));
    if (result.failed > 0) {
      throw new Error(`${method} ${path}: ${result.failed} of ${result.requests} requests failed`);
    }
    return {
      perSecond: result.requests / result.seconds,
      ...result.latency,
      cpu: ((cpuMs(server.pid) - before.server) / result.requests) * 1e3,
      cost: ((childrenCpuMs('self') - before.load) / result.requests) * 1e3,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }

  function wrk(what) {
    const script = join(directory, 'load.lua');
    writeFileSync(script, luaOf(what));
    return [
      'wrk',
      ['-t1', '--timeout', '10s', `-c${connections}`, `-d${seconds}`, '-s', script, what.url],
    ];
  }

  function own(what) {
    const file = join(directory, 'load.json');
    writeFileSync(file, JSON.stringify({ ...what, connections, seconds }));
    return [process.execPath, ['bench/generator.mjs', file]];
  }
}

function luaOf({ method, path, body, headers, from }) {
  const text = string => JSON.stringify(string);
  const table = fields =>
    `{${Object.entries(fields).map(([name, value]) => `[${text(name)}]=${text(value)}`)}}`;
  const isFixed = headers.length === 1 && !body.includes('{n}');
  const next = `
local n, headers = ${from}, {${headers.map(table)}}
request = function()
  n = n + 1
  local body = ${text(body)}
  return wrk.format(nil, nil, headers[n % #headers + 1], #body > 0 and body:gsub("{n}", n) or nil)
end`;
  return `
wrk.method, wrk.path, wrk.headers = ${text(method)}, ${text(path)}, ${table(headers[0])}
${isFixed && body !== '' ? `wrk.body = ${text(body)}` : ''}
${isFixed ? '' : next}
done = function(summary, latency)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"requests":%d,"seconds":%f,"failed":%d,"latency":{"p50":%f,"p99":%f,"p999":%f}}',
    summary.requests, summary.duration / 1e6, failed, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3))
end`;
}
