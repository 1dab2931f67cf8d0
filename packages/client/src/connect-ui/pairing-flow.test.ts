import { describe, expect, it } from "vitest";
import { MasqError } from "@masq/core";
import { collector, type Collector } from "@masq/core/testing";
import type { Device } from "../device-status.ts";
import type { Invitation, Pairing, PairingOptions, PairingRequest } from "../pairing.ts";
import { PairingFlow, type PairingStep } from "./pairing-flow.ts";

const REQUEST: PairingRequest = {
  name: "Phone",
  role: "app",
  isNameTaken: false,
  isOwnName: false,
  code: "123456",
  mustType: false,
};
const PHONE = { id: "1", name: "Phone", connected: true } as Device;

/** The two calls of a pairing, and the other end of them. */
const scripted = () => {
  const done = Promise.withResolvers<Device>();
  const begun = Promise.withResolvers<PairingOptions>();
  const link = Promise.withResolvers<Invitation>();
  const begin = (options: PairingOptions): void => {
    options.signal?.addEventListener("abort", () =>
      done.reject(new MasqError("MASQ_ABORTED", "Given up.")),
    );
    begun.resolve(options);
  };
  const pairing: Pairing = {
    invite(options) {
      begin(options);
      return link.promise;
    },
    accept(_, options) {
      begin(options);
      return done.promise;
    },
  };
  const invitation = { link: "link", done: done.promise } as Invitation;
  return { pairing, done, begun: begun.promise, give: () => link.resolve(invitation) };
};

const kinds = ({ items }: Collector<PairingStep>): string[] => items.map(({ kind }) => kind);

const asked = async (steps: Collector<PairingStep>) => {
  await steps.until((all) => all.some(({ kind }) => kind === "asking"), "the question");
  return steps.items.at(-1) as Extract<PairingStep, { kind: "asking" }>;
};

const begin = () => {
  const other = scripted();
  const steps = collector<PairingStep>();
  const flow = new PairingFlow(other.pairing, (step) => steps.push(step));
  return { ...other, steps, flow };
};

describe("a pairing's steps", () => {
  it("lead from the link over the question to the device", async () => {
    const { flow, steps, begun, give, done } = begin();
    const ended = flow.invite();
    const { confirm } = await begun;
    give();
    await steps.until(({ length }) => length === 2, "the link");
    const answered = confirm(REQUEST);
    (await asked(steps)).answer(true);
    expect(await answered).toBe(true);
    done.resolve(PHONE);
    await ended;
    expect(kinds(steps)).toEqual(["starting", "inviting", "asking", "agreed", "paired"]);
  });

  it("hand over the digits as they were typed, and say afterwards that they were wrong", async () => {
    const { flow, steps, begun, done } = begin();
    const ended = flow.accept("link");
    const answered = (await begun).confirm({ ...REQUEST, code: undefined, mustType: true });
    (await asked(steps)).answer("123457");
    expect(await answered).toBe("123457");
    done.reject(new MasqError("MASQ_PAIRING_REFUSED", "No."));
    await ended;
    expect(steps.items.at(-1)).toMatchObject({ kind: "failed", problem: { key: "digits" } });
  });

  it("take one answer, the first", async () => {
    const { flow, steps, begun, done } = begin();
    const ended = flow.accept("link");
    const answered = (await begun).confirm(REQUEST);
    const { answer } = await asked(steps);
    answer(false);
    answer(true);
    expect(await answered).toBe(false);
    done.reject(new MasqError("MASQ_PAIRING_REFUSED", "No."));
    await ended;
    expect(kinds(steps)).toEqual(["starting", "asking", "leaving", "failed"]);
    expect(steps.items.at(-1)).toMatchObject({ problem: { key: "declined" } });
  });

  it("can be looked at again, and know their own link, until it is over", async () => {
    const { flow, steps, begun, give, done } = begin();
    expect([flow.step, flow.isAbout("link")]).toEqual([undefined, false]);
    const ended = flow.invite("inviteStore");
    await begun;
    expect([flow.step, flow.isAbout("link")]).toEqual([
      { kind: "starting", attempt: "inviteStore" },
      false,
    ]);
    give();
    await steps.until(({ length }) => length === 2, "the link");
    expect(flow.step).toBe(steps.items.at(-1));
    expect([flow.isAbout("link"), flow.isAbout("another")]).toEqual([true, false]);
    done.reject(new MasqError("MASQ_CLOSED", "The tab was closed."));
    await ended;
    expect(steps.items.at(-1)).toMatchObject({
      kind: "failed",
      attempt: "inviteStore",
      problem: { key: "interrupted" },
    });
    expect([flow.step, flow.isAbout("link")]).toEqual([undefined, false]);
  });

  it("end where they are when it is given up, whatever comes later", async () => {
    const { flow, steps, begun } = begin();
    const ended = flow.accept("link");
    await begun;
    flow.cancel();
    await ended;
    expect(kinds(steps)).toEqual(["starting"]);
  });
});
