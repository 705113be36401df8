// Asks for health and verifies one number, ten times a second, and says a line at each change.
import grpc from 'k6/net/grpc';
import { client, connect, verify } from './common.js';

export const options = {
  scenarios: {
    follow: {
      executor: 'constant-arrival-rate',
      rate: 10,
      duration: __ENV.DURATION,
      preAllocatedVUs: 1,
      maxVUs: 1,
    },
  },
};

let last = '';

export default function () {
  connect();
  const asked = { service: 'iinspect.v1.VerificationService' };
  const health = client.invoke('grpc.health.v1.Health/Check', asked, { timeout: '5s' });
  const answer = verify();
  const said = [health, answer].every((told) => told.status === grpc.StatusOK)
    ? `${health.message.status} ${answer.message.verdict}`
    : `failed ${health.status} ${answer.status}`;
  if (said !== last) console.log(said);
  last = said;
}
