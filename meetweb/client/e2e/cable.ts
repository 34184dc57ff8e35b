import { connect, createServer, type Server, type Socket } from "node:net";

/** A network cable to one port of this machine that can be pulled: what is on it breaks, and nothing new gets through. */
export class Cable {
  #pairs = new Set<[Socket, Socket]>();
  #pulled = false;

  private constructor(
    readonly port: number,
    private readonly server: Server,
  ) {}

  static async to(target: number): Promise<Cable> {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    const cable = new Cable(address.port, server);
    server.on("connection", (near) => cable.#accept(near, target));
    return cable;
  }

  #accept(near: Socket, target: number): void {
    if (this.#pulled) {
      near.destroy();
      return;
    }
    const far = connect(target, "127.0.0.1");
    const pair: [Socket, Socket] = [near, far];
    this.#pairs.add(pair);
    const end = (): void => {
      near.destroy();
      far.destroy();
      this.#pairs.delete(pair);
    };
    for (const s of pair) s.on("error", end).on("close", end);
    near.pipe(far).pipe(near);
  }

  pull(): void {
    this.#pulled = true;
    for (const pair of this.#pairs) for (const s of pair) s.destroy();
  }

  plugIn(): void {
    this.#pulled = false;
  }

  async close(): Promise<void> {
    this.pull();
    await new Promise((done) => this.server.close(done));
  }
}
