import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Connects to a port of this machine, whatever the host is called: names of tests are in no directory. */
export async function dial({ port }: { port: number }): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  return socket;
}
