import { describe, it } from "vitest";
import { ChannelInitiator, MESSAGE_1_BYTES } from "../channel/handshake.ts";
import { noblePeerPrimitives } from "../crypto/noble-peer.ts";
import { channelEnds } from "../testing/channel-ends.ts";
import { equal } from "../testing/expect.ts";
import { manualClock, type ManualClock } from "../testing/manual-clock.ts";
import { settled } from "../testing/sim/timeline.ts";
import { Conversation } from "./conversation.ts";
import type { SessionOwner } from "./options.ts";

const QUIET: SessionOwner = {
  awaitsAnswer: false,
  message: () => {},
  writable: () => {},
  closed: () => {},
};

interface Talk {
  readonly conversation: Conversation;
  readonly clock: ManualClock;
  readonly sent: Uint8Array[];
  readonly ended: string[];
  consumed: number;
  takes: boolean;
  dhs: number;
}

/** The responder's side of a conversation; if it is stuck, its key exchanges never end. */
const responderTalk = (isStuck: boolean): Talk => {
  const { responder } = channelEnds(3);
  const clock = manualClock();
  const talk = {
    clock,
    sent: [] as Uint8Array[],
    ended: [] as string[],
    consumed: 0,
    takes: true,
    dhs: 0,
  };
  const conversation = new Conversation({
    peer: {
      host: { clock, random: responder.random },
      crypto: noblePeerPrimitives,
      own: {
        id: responder.ownId,
        key: {
          ...responder.ownKey,
          dh: (publicKey) => {
            talk.dhs += 1;
            return isStuck ? new Promise(() => {}) : responder.ownKey.dh(publicKey);
          },
        },
      },
      remote: { id: responder.remoteId, key: responder.remoteKey },
      logHeads: () => responder.logHeads,
      opened: () => QUIET,
    },
    role: "responder",
    rendezvousId: responder.rendezvousId,
    slot: {
      progress: 0,
      buffered: 0,
      send: (bytes) => {
        if (talk.takes) talk.sent.push(bytes);
        return talk.takes;
      },
      consume: (bytes) => void (talk.consumed += bytes),
    },
    stands: () => QUIET,
    ended: (reason) => talk.ended.push(reason),
  });
  return Object.assign(talk, { conversation });
};

describe("a conversation", () => {
  it("computes one handshake at a time and keeps few frames meanwhile", async () => {
    const talk = responderTalk(true);
    for (let frame = 0; frame < 5; frame += 1) {
      talk.conversation.data(new Uint8Array(MESSAGE_1_BYTES));
      await settled();
    }
    equal([talk.dhs, talk.consumed, talk.ended], [1, MESSAGE_1_BYTES, []]);
    talk.conversation.data(Uint8Array.of(1));
    equal(talk.ended, ["failed"]);
    talk.conversation.data(Uint8Array.of(1));
    equal([talk.dhs, talk.clock.pending], [1, 0]);
  });

  it("gives a handshake ten seconds", async () => {
    const talk = responderTalk(true);
    talk.conversation.data(new Uint8Array(MESSAGE_1_BYTES));
    talk.clock.advance(9999);
    equal(talk.ended, []);
    talk.clock.advance(1);
    equal(talk.ended, ["failed"]);
  });

  it("sends message 2 when the slot takes it, and nothing before the first record", async () => {
    const talk = responderTalk(false);
    talk.takes = false;
    talk.conversation.data(await new ChannelInitiator(channelEnds(3).initiator).start());
    await settled();
    equal([talk.sent.length, talk.ended], [0, []]);
    talk.takes = true;
    talk.conversation.writable();
    talk.conversation.writable();
    equal(talk.sent.length, 1);
    equal(talk.conversation.hasSession, false);
    talk.conversation.end();
    equal([talk.clock.pending, talk.ended], [0, []]);
  });
});
