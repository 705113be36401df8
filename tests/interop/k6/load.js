// Verifies one number: RATE times a second whether answers come or not (open loop), or without RATE as
// often as VUS callers can, each waiting for its answer (closed loop). Says a line for each call that
// failed.
import grpc from 'k6/net/grpc';
import { client, connect, verify } from './common.js';

const vus = Number(__ENV.VUS);
const open_loop = {
  executor: 'constant-arrival-rate',
  rate: Number(__ENV.RATE),
  preAllocatedVUs: vus,
  maxVUs: vus,
};
const closed_loop = { executor: 'constant-vus', vus };

export const options = {
  scenarios: {
    load: { ...(__ENV.RATE ? open_loop : closed_loop), duration: __ENV.DURATION },
  },
  summaryTrendStats: ['med', 'p(99)', 'max'],
};

export default function () {
  connect();
  const answer = verify();
  if (answer.status !== grpc.StatusOK) {
    console.log(`failed ${answer.status} ${answer.error.message}`);
  } else if (answer.message.verdict !== 'VERDICT_VERIFIED') {
    console.log(`failed with ${answer.message.verdict}`);
  }
}
