/** The sync service as a process of its own, and devices that reach each other through it. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeData, RelayLink, type RelaySlot, type RelayStatus } from "@masq/core/relay";
import { collector, type Collector } from "@masq/core/testing";
import { nodeHost, openWebSocket } from "@masq/node";
import { afterEach, describe, expect, it } from "vitest";
import { openDevice, openPair, type RawDevice } from "@masq/sync-service/testing";

const PROGRAM = fileURLToPath(
  new URL("../../packages/sync-service/bin/masq-sync-service.js", import.meta.url),
);
const MIB = 1024 * 1024;

interface Running {
  readonly child: ChildProcess;
  readonly port: number;
  /** Everything on standard error so far. */
  readonly log: () => string;
  readonly ended: Promise<number | null>;
}

const children = new Set<ChildProcess>();
const links = new Set<RelayLink>();
const directories: string[] = [];

afterEach(async () => {
  for (const link of links) link.close();
  links.clear();
  for (const child of children) child.kill("SIGKILL");
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

const emptyDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), "masq-sync-service-"));
  directories.push(directory);
  return directory;
};

const launch = (
  args: readonly string[],
  options: { readonly cwd?: string; readonly before?: readonly string[] } = {},
): ChildProcess => {
  const [command, ...rest] = [...(options.before ?? []), process.execPath, PROGRAM, ...args];
  const child = spawn(command as string, rest, { cwd: options.cwd });
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
};

const run = async (
  args: readonly string[] = [],
  options: Parameters<typeof launch>[1] & { readonly port?: number } = {},
): Promise<Running> => {
  const child = launch(["--listen", `127.0.0.1:${options.port ?? 0}`, ...args], options);
  let log = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (log += text));
  const ended = once(child, "close").then(([code]) => code as number | null);
  const line = await Promise.race([
    once(child.stdout as NodeJS.ReadableStream, "data").then(([text]) => String(text)),
    ended.then(() => {
      throw new Error(`The sync service did not start: ${log}`);
    }),
  ]);
  const port = Number(/:(\d+)\n$/.exec(line)?.[1]);
  return { child, port, log: () => log, ended };
};

const outcome = async (
  args: readonly string[],
): Promise<{ code: number | null; out: string; err: string }> => {
  const child = launch(args);
  let [out, err] = ["", ""];
  child.stdout?.on("data", (text: Buffer) => (out += text.toString()));
  child.stderr?.on("data", (text: Buffer) => (err += text.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
};

const residentBytes = (pid: number | undefined): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;

interface End {
  readonly link: RelayLink;
  readonly slot: RelaySlot;
  readonly statuses: Collector<RelayStatus>;
  /** Ups, downs and refusals. */
  readonly heard: Collector<string>;
  readonly datas: Collector<Uint8Array>;
  /** Sends everything, waiting for credit as an owner does. */
  sendAll(frames: readonly Uint8Array[]): Promise<void>;
  /** While false, what comes in is kept and not consumed. */
  isConsuming: boolean;
}

const device = (port: number, side: number, id = 1): End => {
  const statuses = collector<RelayStatus>();
  const heard = collector<string>();
  const datas = collector<Uint8Array>();
  let goOn: (() => void) | undefined;
  const link = new RelayLink({
    host: nodeHost,
    openSocket: openWebSocket,
    url: `ws://127.0.0.1:${port}/`,
  });
  link.onStatus((status) => statuses.push(status));
  links.add(link);
  const slot = link.listen(
    { id: new Uint8Array(16).fill(id), sideKey: new Uint8Array(16).fill(side) },
    {
      up: () => heard.push("up"),
      down: (reason) => heard.push(`down ${reason}`),
      data: (bytes) => {
        datas.push(bytes);
        if (end.isConsuming) slot.consume(bytes.length);
      },
      writable: () => goOn?.(),
      refused: (status) => heard.push(`refused ${status}`),
    },
  );
  const end: End = {
    link,
    slot,
    statuses,
    heard,
    datas,
    isConsuming: true,
    async sendAll(frames) {
      for (const frame of frames) {
        while (!slot.send(frame)) await new Promise<void>((resolve) => (goOn = resolve));
      }
    },
  };
  return end;
};

const ups = (end: End, count: number): Promise<unknown> =>
  end.heard.until((all) => all.filter((one) => one === "up").length >= count, `${count} ups`);

const framesOf = (count: number, length: number): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => new Uint8Array(length).fill(index % 256));

describe("two devices and a sync service", () => {
  it("reach each other and pass data both ways, complete and in order", async () => {
    const { port } = await run();
    const [a, b] = [device(port, 1), device(port, 2)];
    await Promise.all([ups(a, 1), ups(b, 1)]);
    const [there, back] = [framesOf(200, 65_536), framesOf(300, 1_000)];
    await Promise.all([a.sendAll(there), b.sendAll(back)]);
    await b.datas.until((all) => all.length >= 200, "200 frames");
    await a.datas.until((all) => all.length >= 300, "300 frames");
    const first = (all: readonly Uint8Array[]): number[] => all.map((bytes) => bytes[0] as number);
    expect(first(b.datas.items)).toEqual(first(there));
    expect(first(a.datas.items)).toEqual(first(back));
    const clock = a.link.clockSeconds(nodeHost.clock.monotonic()) as number;
    expect(Math.abs(clock - Date.now() / 1000)).toBeLessThan(5);
  });

  it("hold a sender back whose peer does not consume, until it does", async () => {
    const { port } = await run();
    const [a, b] = [device(port, 1), device(port, 2)];
    await Promise.all([ups(a, 1), ups(b, 1)]);
    b.isConsuming = false;
    let isDone = false;
    const sending = a.sendAll(framesOf(64, 16_384)).then(() => (isDone = true));
    await b.datas.until((all) => all.length === 8, "as much as was granted");
    // The way back is free meanwhile, and a full round trip brings nothing more.
    b.slot.send(Uint8Array.of(1));
    await a.datas.until((all) => all.length === 1, "the way back");
    expect(isDone).toBe(false);
    expect(b.datas.items.length).toBe(8);
    b.isConsuming = true;
    b.slot.consume(8 * 16_384);
    await sending;
    await b.datas.until((all) => all.length === 64, "everything");
  });

  it("learn that the other one is gone, and of its return", async () => {
    const { port } = await run();
    const [a, b] = [device(port, 1), device(port, 2)];
    await Promise.all([ups(a, 1), ups(b, 1)]);
    b.link.close();
    await a.heard.until((all) => all.includes("down peer-left"), "down");
    device(port, 2);
    await ups(a, 2);
  });

  it("do not fight: the newer one of the same side has the place, a third side gets none", async () => {
    const { port } = await run();
    const [a, b] = [device(port, 1), device(port, 2)];
    await Promise.all([ups(a, 1), ups(b, 1)]);
    const newer = device(port, 1);
    await Promise.all([ups(newer, 1), ups(b, 2)]);
    await a.heard.until((all) => all.includes("refused replaced"), "the refusal");
    expect(a.heard.items).toEqual(["up", "down replaced", "refused replaced"]);
    const third = device(port, 3);
    await third.heard.until((all) => all.includes("refused crowded"), "refusal");
    expect(b.heard.items).toEqual(["up", "down replaced", "up"]);
  });

  it("meet again by themselves after the service was killed, or stopped, and started anew", async () => {
    let service = await run();
    const { port } = service;
    const [a, b] = [device(port, 1), device(port, 2)];
    await Promise.all([ups(a, 1), ups(b, 1)]);
    for (const [round, signal] of (["SIGKILL", "SIGTERM"] as const).entries()) {
      service.child.kill(signal);
      const code = await service.ended;
      if (signal === "SIGTERM") expect(code).toBe(0);
      await a.heard.until((all) => all.includes("down link-lost"), "down");
      service = await run([], { port });
      await Promise.all([ups(a, round + 2), ups(b, round + 2)]);
      expect(a.slot.send(Uint8Array.of(round))).toBe(true);
      await b.datas.until((all) => all.length === round + 1, "data");
    }
    const codes = a.statuses.items.flatMap((one) =>
      one.state === "waiting" ? [one.error.code] : [],
    );
    expect(new Set(codes)).toEqual(new Set(["MASQ_SYNC_SERVICE_UNREACHABLE"]));
  });
});

describe("the process of a sync service", () => {
  it("stays small while a receiver does not read, and loses nothing", async () => {
    const service = await run(["--bytes-per-second", "1000000000"]);
    const [a, b] = await openPair(service.port);
    b.send({ type: "credit", epoch: 1, slot: 1, limit: 2 ** 40 });
    await a.next("credit");
    const before = residentBytes(service.child.pid);
    b.webSocket.pause();
    const frame = encodeData(1, 1, new Uint8Array(65_536).fill(7));
    const COUNT = 2_000; // 125 MiB
    for (let index = 0; index < COUNT; index += 1) a.sendBytes(frame);
    // A sign of life comes when the sender has not been read for a while: all has filled up.
    await a.next("ping");
    expect(a.webSocket.bufferedAmount).toBeGreaterThan(60 * MIB);
    expect(residentBytes(service.child.pid) - before).toBeLessThan(24 * MIB);
    b.webSocket.resume();
    await b.next("data", COUNT);
    expect(a.of("peer-down")).toEqual([]);
  });

  it("holds two thousand sockets, and forgets them", async () => {
    const COUNT = 2_000;
    const limits = ["--max-sockets", "2100", "--max-sockets-per-address", "2100"];
    // Only a proxy can name so many addresses: a single one would be held back to a few new sockets a second.
    const service = await run(["--behind-proxy", ...limits]);
    const before = residentBytes(service.child.pid);
    const began = performance.now();
    const devices: RawDevice[] = [];
    for (let start = 0; start < COUNT; start += 50) {
      const addresses = Array.from({ length: 50 }, (_, index) => start + index);
      devices.push(
        ...(await Promise.all(
          addresses.map((n) =>
            openDevice(service.port, {
              headers: { "x-forwarded-for": `198.18.${n >> 8}.${n & 255}` },
            }),
          ),
        )),
      );
    }
    devices.forEach((one, index) => one.listen(0, index >> 1, index & 1));
    for (const one of devices) await one.next("peer-up");
    const tookMs = performance.now() - began;
    const perSocket = (residentBytes(service.child.pid) - before) / COUNT;
    expect(tookMs).toBeLessThan(30_000);
    expect(perSocket).toBeLessThan(48 * 1024);
    for (const one of devices) one.webSocket.terminate();
    await Promise.all(devices.map(({ closed }) => closed));
    service.child.kill("SIGTERM");
    expect(await service.ended).toBe(0);
  });

  it("writes nothing anywhere, and logs neither addresses nor ids nor what it passes on", async () => {
    const directory = emptyDirectory();
    const trace = join(emptyDirectory(), "trace");
    const hasStrace = canTrace();
    const before = hasStrace ? ["strace", "-f", "-qq", "-s", "0", "-o", trace, "-e", CALLS] : [];
    const service = await run(["--log-level", "debug"], { cwd: directory, before });
    const [a, b] = [device(service.port, 0x5a, 0x7b), device(service.port, 0x6c, 0x7b)];
    await Promise.all([ups(a, 1), ups(b, 1)]);
    await a.sendAll([Buffer.from("sealed-and-secret".repeat(10))]);
    await b.datas.until((all) => all.length === 1, "data");
    const bad = await openDevice(service.port, { path: "/v1/abc" });
    bad.webSocket.send("text");
    expect(await bad.closed).toBe(1003);
    await expect(openDevice(service.port, { path: "/elsewhere" })).rejects.toThrow("404");
    process.kill(hasStrace ? childOf(service.child.pid) : (service.child.pid as number), "SIGTERM");
    expect(await service.ended).toBe(0);
    const log = service.log();
    for (const line of log.trim().split("\n")) expect(JSON.parse(line)).toHaveProperty("msg");
    expect(log).toContain('"path":1');
    expect(log).not.toMatch(/127\.0\.0|::1|abc|elsewhere|sealed|5a5a|6c6c|7b7b|ZZZ|lll|\{\{\{|170/);
    expect(readdirSync(directory)).toEqual([]);
    if (!hasStrace) return;
    const traced = readFileSync(trace, "utf8");
    expect(traced).toMatch(/open.*O_RDONLY/);
    const writes = traced
      .split("\n")
      .filter((line) => /O_WRONLY|O_RDWR|O_CREAT|mkdir|rename|unlink|symlink|truncate/.test(line))
      .filter((line) => !line.includes("/dev/null"));
    expect(writes).toEqual([]);
  });

  it("says what is wrong with its settings, and helps", async () => {
    const wrong = async (...args: string[]): Promise<string> => {
      const { code, err, out } = await outcome(args);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      return err;
    };
    expect(await wrong("--listen", "0.0.0.0:0")).toContain("--behind-proxy");
    expect(await wrong("--listen", "nowhere")).toContain("HOST:PORT");
    expect(await wrong("--tls-cert", "x.pem")).toContain("belong together");
    expect(await wrong("--tls-cert", "/none", "--tls-key", "/none")).toContain("cannot be read");
    const { port } = await run();
    const taken = await outcome(["--listen", `127.0.0.1:${port}`]);
    expect(taken).toMatchObject({ code: 5 });
    expect(taken.err).toContain("MASQ_PORT_IN_USE");
    const help = await outcome(["--help"]);
    expect(help.code).toBe(0);
    for (const option of ["--listen", "--tls-cert", "--tls-key", "--behind-proxy", "--max-sockets"])
      expect(help.out).toContain(option);
  });
});

/** The program under the tracer, which ends with it. */
function childOf(pid: number | undefined): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ")[0]);
}

/** Every way to open a file for writing, or to change a directory. */
const CALLS =
  "trace=open,openat,creat,mkdir,mkdirat,rename,renameat,renameat2,unlink,unlinkat,link,linkat,symlink,symlinkat,truncate,ftruncate";

/** Some machines have no strace, and some containers forbid it. */
function canTrace(): boolean {
  try {
    execFileSync("strace", ["-e", "trace=none", "true"], { stdio: "ignore" });
    return true;
  } catch {
    console.error("No strace here: only the working directory is watched for files.");
    return false;
  }
}
