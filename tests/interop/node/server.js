// The server under test, started once for this suite, and calls with a bound on each.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BINARY = process.env.IINSPECT_BIN ?? path.join(ROOT, 'target/ci/iinspect');
const PROTO = path.join(ROOT, 'proto');
const START = 30_000;
const STOP = 20_000;
const WAIT = 10_000;

/** Starts `serve --demo` on free ports; it dies with this process. */
export async function start() {
  const folder = mkdtempSync(path.join(tmpdir(), 'iinspect-node-'));
  const file = (name) => path.join(folder, name);
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('IINSPECT_'));
  const command = [BINARY, 'serve', '--demo', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0'];
  command.push('--ready-file', file('ready.json'));
  // Where Linux offers it: a server never outlives a test run that was killed.
  if (existsSync('/usr/bin/setpriv')) command.unshift('setpriv', '--pdeathsig', 'KILL');
  const child = spawn(command[0], command.slice(1), {
    env: { ...Object.fromEntries(inherited), IINSPECT_SERVER__DRAIN_DELAY: '50ms' },
    stdio: ['ignore', openSync(file('stdout'), 'w'), openSync(file('stderr'), 'w')],
  });
  const ended = new Promise((resolve, reject) => {
    child.once('exit', (code, signal) => resolve(code ?? signal));
    child.once('error', reject);
  });
  try {
    const running = () => {
      if (child.exitCode !== null) throw new Error(`the server ended: ${readFileSync(file('stderr'))}`);
    };
    await until(() => running() ?? existsSync(file('ready.json')), START, 'the server is ready');
    const person = await until(() => verifiable(readFileSync(file('stdout'), 'utf8')), START, 'hints');
    const { grpc: address } = JSON.parse(readFileSync(file('ready.json'), 'utf8'));
    return { address, person, stop: () => stop(child, ended, folder) };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}

async function stop(child, ended, folder) {
  child.kill('SIGTERM');
  const late = sleep(STOP, 'still running', { ref: false });
  const status = await Promise.race([ended, late]);
  child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
  return status;
}

async function until(condition, milliseconds, what) {
  const deadline = Date.now() + milliseconds;
  while (Date.now() < deadline) {
    const outcome = condition();
    if (outcome) return outcome;
    await sleep(20);
  }
  throw new Error(`waited ${milliseconds} ms in vain: ${what}`);
}

/** The person of the demo's first hint to verify: the command is there for people to paste. */
function verifiable(hints) {
  const found = /verify (\d{12}) --family (\S+) --given (\S+) --birth-date (\S+)/.exec(hints);
  if (!found) return undefined;
  const [, iin, family, given, birthDate] = found;
  return { iin, family, given, birthDate };
}

/** Stubs made from a file of proto/ at run time. */
export function load(file) {
  const options = { keepCase: true, includeDirs: [PROTO], enums: String, longs: String, oneofs: true, defaults: true };
  return grpc.loadPackageDefinition(protoLoader.loadSync(file, options));
}

/** A unary call: its answer, or its error thrown. */
export function call(client, method, request, milliseconds = WAIT) {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + milliseconds };
    client[method](request, options, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
}

/** The error of a call that is to be refused. */
export async function refused(client, method, request, milliseconds) {
  const answer = await call(client, method, request, milliseconds).catch((error) => error);
  if (!(answer instanceof Error)) throw new Error(`${method} was answered`);
  return answer;
}
