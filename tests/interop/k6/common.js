// What all scripts here share: the caller's certificate, and the contract.
import grpc from 'k6/net/grpc';

const tls = {
  cacerts: [open(__ENV.CA)],
  cert: open(__ENV.CERT),
  key: open(__ENV.KEY),
};

export const client = new grpc.Client();
client.load([__ENV.PROTO], 'iinspect/v1/verification_service.proto', 'grpc/health/v1/health.proto');

// Connects once for each of k6's virtual users.
export function connect() {
  if (__ITER === 0) client.connect(__ENV.ADDRESS, { tls, timeout: '10s' });
}

export function verify() {
  return client.invoke('iinspect.v1.VerificationService/Verify', { iin: __ENV.IIN }, { timeout: '5s' });
}
