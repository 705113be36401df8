// grpc-js as a third party: another HTTP/2, another protobuf, another language.
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { after, before, test } from 'node:test';
import grpc from '@grpc/grpc-js';
import { call, load, refused, start } from './server.js';

const { iinspect } = load('iinspect/v1/verification_service.proto');
const { health } = load('grpc/health/v1/health.proto').grpc;
const bounded = { timeout: 30_000 };

let server, verification, probe, person;

before(async () => {
  server = await start();
  person = server.person;
  const plain = grpc.credentials.createInsecure();
  verification = new iinspect.v1.VerificationService(server.address, plain);
  probe = new health.v1.Health(server.address, plain);
}, { timeout: 60_000 });

after(async () => {
  verification?.close();
  probe?.close();
  if (server) assert.equal(await server.stop(), 0, 'it ends by itself');
}, { timeout: 60_000 });

const claims = () => ({
  name: { family: person.family, given: person.given },
  birth_date: person.birthDate,
});

test('Decode', bounded, async () => {
  const answer = await call(verification, 'decode', { number: '940140000385' });
  assert.equal(answer.kind, 'NUMBER_KIND_BIN');
  assert.equal(answer.valid, true);
  assert.equal(answer.details, 'bin');
  assert.equal(answer.bin.registered, '1994-01');
});

test('Decode of a malformed number is an answer', bounded, async () => {
  const answer = await call(verification, 'decode', { number: '٩٤٠١٤٠٠٠٠٣٨٥' });
  assert.equal(answer.valid, false);
  assert.equal(answer.findings[0].reason, 'REASON_MALFORMED_CHARSET');
});

test('Verify a person who is who they say they are', bounded, async () => {
  const request_id = '018f2f64-5a1e-7cc0-8000-000000000001';
  const answer = await call(verification, 'verify', {
    iin: person.iin, claims: claims(), purpose: 'PURPOSE_BANK_ACCOUNT', request_id, client_reference: 'ref',
  });
  assert.equal(answer.verdict, 'VERDICT_VERIFIED');
  assert.equal(answer.assurance, 'ASSURANCE_CLAIMS');
  assert.equal(answer.checks.length, 13);
  assert.deepEqual([answer.request_id, answer.client_reference], [request_id, 'ref']);
});

test('Verify under another name', bounded, async () => {
  const name = { family: 'Чужой', given: 'Некто' };
  const answer = await call(verification, 'verify', { iin: person.iin, claims: { name } });
  assert.equal(answer.verdict, 'VERDICT_REJECTED');
  assert.deepEqual(answer.reasons, ['REASON_MISMATCH']);
});

test('IssueStatus', bounded, async () => {
  const answer = await call(verification, 'issueStatus', { iin: person.iin });
  assert.equal(answer.number.state, 'NUMBER_STATE_IN_FORCE');
  const error = await refused(verification, 'issueStatus', { application_id: 'none' });
  assert.equal(error.code, grpc.status.NOT_FOUND);
});

test('errors carry their details', bounded, async () => {
  const error = await refused(verification, 'verify', { claims: { birth_date: '1990-02-29' } });
  assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
  assert.match(error.details, /iin: .*; claims\.birth_date: /);
  // google.rpc.Status in a trailer: BadRequest and ErrorInfo are in it.
  const [packed] = error.metadata.get('grpc-status-details-bin');
  for (const part of ['google.rpc.BadRequest', 'google.rpc.ErrorInfo', 'INVALID_REQUEST', 'DATE_IMPOSSIBLE']) {
    assert.ok(packed.includes(part), part);
  }
});

test('a field that is not served', bounded, async () => {
  const consent = { reference: 'form 7' };
  const error = await refused(verification, 'verify', { iin: person.iin, consent });
  assert.equal(error.code, grpc.status.UNIMPLEMENTED);
  assert.ok(error.metadata.get('grpc-status-details-bin')[0].includes('NOT_IMPLEMENTED'));
});

test('many calls at once on one connection', bounded, async () => {
  const calls = Array.from({ length: 300 }, () => call(verification, 'verify', { iin: person.iin }));
  const verdicts = new Set((await Promise.all(calls)).map((answer) => answer.verdict));
  assert.deepEqual([...verdicts], ['VERDICT_VERIFIED']);
});

test('a deadline that has passed on the way is answered by the server, in its own words', bounded, async () => {
  // grpc-js would give up by itself; this is HTTP/2 alone, so the answer is the server's.
  const session = http2.connect(`http://${server.address}`);
  try {
    const request = session.request({
      ':method': 'POST', ':path': '/iinspect.v1.VerificationService/Verify',
      'content-type': 'application/grpc', te: 'trailers', 'grpc-timeout': '1n',
    });
    request.setTimeout(10_000, () => request.destroy(new Error('no answer')));
    const body = Buffer.concat([Buffer.from([0x0a, 12]), Buffer.from(person.iin)]);
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(body.length, 1);
    request.end(Buffer.concat([frame, body]));
    const status = await new Promise((resolve, reject) => {
      const told = (headers) => headers['grpc-status'] && resolve(headers['grpc-status']);
      request.on('response', told).on('trailers', told).on('error', reject).resume();
    });
    assert.equal(Number(status), grpc.status.DEADLINE_EXCEEDED);
  } finally {
    session.destroy();
  }
});

test('health', bounded, async () => {
  for (const service of ['', 'iinspect.v1.VerificationService']) {
    assert.deepEqual(await call(probe, 'check', { service }), { status: 'SERVING' });
  }
  const error = await refused(probe, 'check', { service: 'no.such.Service' });
  assert.equal(error.code, grpc.status.NOT_FOUND);
  const watch = probe.watch({ service: '' }, { deadline: Date.now() + 10_000 });
  const first = await new Promise((resolve, reject) => watch.once('data', resolve).once('error', reject));
  assert.deepEqual(first, { status: 'SERVING' });
  watch.on('error', () => {});
  watch.cancel();
});
