import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The program under test; `make build` puts it there. */
const program = resolve(import.meta.dirname, "../../../bin/stammtisch");

/** A running server with a directory and ports of its own. */
export class Server {
  readonly domain = "localhost";
  log = "";
  #process: ChildProcess | undefined;
  #ended: Promise<number | null> = Promise.resolve(null);

  private constructor(
    readonly directory: string,
    readonly config: string,
    readonly base: string,
    readonly metricsUrl: string,
  ) {}

  /**
   * Starts a server and waits until it serves. Its media is on loopback, or on all addresses of the machine where `everywhere` says so;
   * `more` is appended to the configuration.
   */
  static async start({ everywhere = false, more = "" } = {}): Promise<Server> {
    const directory = mkdtempSync(join(tmpdir(), "stammtisch-e2e-"));
    const [web, xmpp, metrics, udp] = await freePorts(4);
    const config = join(directory, "stammtisch.yaml");
    writeFileSync(
      config,
      `data: data
web: {listen: "127.0.0.1:${web}"}
xmpp: {listen: "127.0.0.1:${xmpp}"}
bridge: {listen: "${everywhere ? "" : "127.0.0.1"}:${udp}"}
metrics: {listen: "127.0.0.1:${metrics}"}
${more}`,
    );
    const server = new Server(directory, config, `https://localhost:${web}`, `http://127.0.0.1:${metrics}/metrics`);
    await server.restart();
    return server;
  }

  /** Starts the program, for the first time or again. */
  async restart(): Promise<void> {
    const child = spawn(program, ["serve", "--config", this.config], { stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    this.#ended = new Promise((done) => child.once("exit", (code) => done(code)));
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (data) => {
        this.log += data;
      });
    }
    await eventually("the server to answer", async () => {
      if (child.exitCode !== null) throw new Error(`the server ended:\n${this.log}`);
      return (await fetch(this.metricsUrl).catch(() => undefined))?.ok;
    });
  }

  /** Makes an account with the command line, while the server runs. */
  register(user: string, password: string): void {
    execFileSync(program, ["register", user, this.domain, password, "--config", this.config]);
  }

  /** One figure of the metrics; the sum over its labels, 0 where it is missing. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(this.metricsUrl)).text();
    let sum = 0;
    for (const line of text.split("\n")) {
      const [key = "", value = "0"] = line.split(" ");
      if (key === name || key.startsWith(`${name}{`)) sum += Number(value);
    }
    return sum;
  }

  /** Tells the server to stop and returns its exit code. What it stored goes too, unless it is to start again. */
  async stop({ keep = false } = {}): Promise<number | null> {
    if (this.#process?.exitCode === null) this.#process.kill("SIGTERM");
    const code = await this.#ended;
    if (!keep) rmSync(this.directory, { recursive: true, force: true });
    return code;
  }
}

/** Ports that were free a moment ago, below the range that the system takes ports for outgoing connections from. */
async function freePorts(n: number): Promise<number[]> {
  const servers = Array.from({ length: n }, () => createServer());
  const ports: number[] = [];
  for (const s of servers) {
    await new Promise<void>((done, failed) => s.once("error", failed).listen(12000 + Math.floor(Math.random() * 18000), "127.0.0.1", done));
    const address = s.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    ports.push(address.port);
  }
  await Promise.all(servers.map((s) => new Promise((done) => s.close(done))));
  return ports;
}

/** Polls until `f` gives something true and returns it; fails after `ms`, saying what was waited for. */
export async function eventually<T>(what: string, f: () => Promise<T>, ms = 15_000): Promise<NonNullable<T>> {
  const end = Date.now() + ms;
  let last: unknown;
  for (;;) {
    last = await f();
    if (last) return last as NonNullable<T>;
    if (Date.now() > end) throw new Error(`waited ${ms} ms for ${what}`);
    await new Promise((again) => setTimeout(again, 100));
  }
}
