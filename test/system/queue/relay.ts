/** Stands between a client and a server, and can stop forwarding: both sides see a connection that says nothing. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './postgres.ts';

export class Relay {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isParted = false;

  private constructor(port: number, target: number) {
    this.port = port;
    this.#server = createServer((client) => {
      const server = connect(target, '127.0.0.1');
      for (const [from, to] of [
        [client, server],
        [server, client],
      ]) {
        this.#sockets.add(from);
        from.on('data', (bytes) => to.write(bytes));
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        if (this.#isParted) from.pause();
      }
    });
    this.#server.listen(port, '127.0.0.1');
  }

  static async start(target: number): Promise<Relay> {
    return new Relay(await freePort(), target);
  }

  /** Connections stay open, also new ones; what is sent meanwhile arrives when the partition is over. */
  part(isParted: boolean): void {
    this.#isParted = isParted;
    for (const socket of this.#sockets) {
      if (isParted) socket.pause();
      else socket.resume();
    }
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
