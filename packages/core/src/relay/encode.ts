/** Relay frames to bytes (docs/relay.md, "Frames"). Numbers must fit their fields: they are ours, not the other end's. */
import type { ListenEntry, RelayFrame, WelcomeFrame } from "./frames.ts";
import {
  DOWN_REASONS,
  FRAME_HEAD_BYTES,
  FRAME_TYPES,
  LISTEN_ENTRY_BYTES,
  LISTEN_STATUSES,
  RENDEZVOUS_ID_BYTES,
} from "./protocol.ts";

/** A frame with its head written and its body still empty. */
const headed = (type: number, bodyBytes: number, epoch = 0, slot = 0): Uint8Array => {
  const frame = new Uint8Array(FRAME_HEAD_BYTES + bodyBytes);
  frame[0] = type;
  frame[1] = epoch;
  frame[2] = slot;
  frame[3] = slot >> 8;
  return frame;
};

/** Writes integers one after another, little endian, from the body's first byte. */
const fill = (
  frame: Uint8Array,
  ...fields: readonly (readonly [bits: number, value: number])[]
): Uint8Array => {
  let offset = FRAME_HEAD_BYTES;
  for (const [bits, value] of fields) {
    let rest = value;
    for (let written = 0; written < bits; written += 8) {
      frame[offset] = rest % 0x100;
      rest = Math.floor(rest / 0x100);
      offset += 1;
    }
  }
  return frame;
};

const withBytes = (frame: Uint8Array, bytes: Uint8Array): Uint8Array => {
  frame.set(bytes, frame.length - bytes.length);
  return frame;
};

export const encodeData = (epoch: number, slot: number, bytes: Uint8Array): Uint8Array =>
  withBytes(headed(FRAME_TYPES.data, bytes.length, epoch, slot), bytes);

export const encodeCredit = (epoch: number, slot: number, limit: number): Uint8Array =>
  fill(headed(FRAME_TYPES.credit, 6, epoch, slot), [48, limit]);

const encodeWelcome = (frame: WelcomeFrame): Uint8Array =>
  fill(
    headed(FRAME_TYPES.welcome, 28),
    [32, frame.features],
    [32, frame.maxFrame],
    [16, frame.maxTokens],
    [32, frame.initialCredit],
    [16, frame.pingSeconds],
    [32, frame.bytesPerSecond],
    [32, frame.unixSeconds],
    [32, frame.reconnectJitterMs],
  );

const encodeListen = (entries: readonly ListenEntry[]): Uint8Array => {
  const frame = headed(FRAME_TYPES.listen, entries.length * LISTEN_ENTRY_BYTES);
  entries.forEach(({ slot, id, sideKey }, index) => {
    const offset = FRAME_HEAD_BYTES + index * LISTEN_ENTRY_BYTES;
    frame[offset] = slot;
    frame[offset + 1] = slot >> 8;
    frame.set(id, offset + 2);
    frame.set(sideKey, offset + 2 + RENDEZVOUS_ID_BYTES);
  });
  return frame;
};

export const encodeFrame = (frame: RelayFrame): Uint8Array => {
  switch (frame.type) {
    case "hello": {
      const { accessToken } = frame;
      return withBytes(
        fill(
          headed(FRAME_TYPES.hello, 9 + accessToken.length),
          [32, frame.features],
          [32, frame.largestFrame],
          [8, accessToken.length],
        ),
        accessToken,
      );
    }
    case "welcome":
      return encodeWelcome(frame);
    case "listen":
      return encodeListen(frame.entries);
    case "unlisten":
      return fill(
        headed(FRAME_TYPES.unlisten, frame.slots.length * 2),
        ...frame.slots.map((slot) => [16, slot] as const),
      );
    case "listening":
      return fill(
        headed(FRAME_TYPES.listening, frame.entries.length * 3),
        ...frame.entries.flatMap(({ slot, status }) => [
          [16, slot] as const,
          [8, LISTEN_STATUSES.indexOf(status)] as const,
        ]),
      );
    case "peer-up":
      return fill(headed(FRAME_TYPES.peerUp, 4, frame.epoch, frame.slot), [32, frame.credit]);
    case "peer-down":
      return fill(
        headed(FRAME_TYPES.peerDown, 9, frame.epoch, frame.slot),
        [8, DOWN_REASONS.indexOf(frame.reason)],
        [64, frame.received],
      );
    case "data":
      return encodeData(frame.epoch, frame.slot, frame.bytes);
    case "credit":
      return encodeCredit(frame.epoch, frame.slot, frame.limit);
    case "ping":
      return withBytes(headed(FRAME_TYPES.ping, frame.nonce.length), frame.nonce);
    case "pong":
      return withBytes(headed(FRAME_TYPES.pong, frame.nonce.length), frame.nonce);
    case "go-away":
      return fill(
        headed(FRAME_TYPES.goAway, 9),
        [32, frame.minMs],
        [32, frame.maxMs],
        [8, frame.reason],
      );
    case "throttled":
      return fill(headed(FRAME_TYPES.throttled, 5), [8, frame.limitId], [32, frame.rate]);
    case "error":
      return fill(headed(FRAME_TYPES.error, 6), [16, frame.code], [32, frame.retryAfterSeconds]);
  }
};
