/** Both ends of a local connection, joined in memory: what the handshake and session tests share. */
import { toHex } from "../bytes/bytes.ts";
import { noblePrimitives } from "../crypto/noble.ts";
import type { DhKey, Primitives } from "../crypto/primitives.ts";
import { generatePrivateKey, softwareKey } from "../crypto/software-key.ts";
import type { NamespaceId } from "../data/ids.ts";
import type { Host, Socket, SocketHandlers } from "../host.ts";
import {
  acceptConnection,
  joinStore,
  type Accepted,
  type Doorkeeper,
  type Joined,
  type Joiner,
} from "../local/handshake.ts";
import { KEY_ID_BYTES } from "../local/protocol.ts";
import { ADMIN_IDENTITY, STORE_SECRET_BYTES, storeKeyFor } from "../local/store-keys.ts";
import { socketPair } from "../local/socket-pair.ts";

export const APP: NamespaceId = "https://maps.example.org" as NamespaceId;
export const KEY_ID: Uint8Array = Uint8Array.from(
  { length: KEY_ID_BYTES },
  (_, index) => index + 1,
);

export const newKey = (host: Host, primitives: Primitives = noblePrimitives): DhKey =>
  softwareKey(primitives, generatePrivateKey(host.random));

export interface LocalWorld {
  readonly appKey: DhKey;
  readonly adminKey: DhKey;
  readonly storeKey: (identity: string) => DhKey;
  readonly door: Doorkeeper;
  /** A joiner of each kind that the door lets in. */
  readonly joiners: Readonly<Record<Joiner["kind"], Joiner>>;
}

/** A store that knows one app key and one command line, and apps that know the store. */
export const localWorld = (host: Host, primitives: Primitives = noblePrimitives): LocalWorld => {
  const secret = host.random(STORE_SECRET_BYTES);
  const storeKey = (identity: string): DhKey => storeKeyFor(primitives, secret, identity);
  const appKey = newKey(host, primitives);
  const adminKey = newKey(host, primitives);
  return {
    appKey,
    adminKey,
    storeKey,
    door: {
      identify: (appId) => (appId === "" ? APP : undefined),
      grantedKey: (id) =>
        toHex(id) === toHex(KEY_ID) ? { identity: APP, publicKey: appKey.publicKey } : undefined,
      adminKey: () => adminKey.publicKey,
      storeKey,
    },
    joiners: {
      unknown: { kind: "unknown", identity: APP, appId: "", key: appKey },
      granted: {
        kind: "granted",
        identity: APP,
        keyId: KEY_ID,
        key: appKey,
        storeKey: storeKey(APP).publicKey,
      },
      admin: { kind: "admin", key: adminKey, storeKey: storeKey(ADMIN_IDENTITY).publicKey },
    },
  };
};

export interface JoinedEnds {
  readonly app: PromiseSettledResult<Joined>;
  readonly store: PromiseSettledResult<Accepted>;
}

/** Runs both ends of a handshake over the two ends of a connection. */
/** What a joiner that is known sends first. */
export const FIRST_MESSAGE: string = "first";

export const shakeHands = async (
  host: Host,
  world: LocalWorld,
  joiner: Joiner,
  sockets: readonly [Socket, Socket] = socketPair(),
): Promise<JoinedEnds> => {
  const [app, store] = await Promise.allSettled([
    joinStore(host, sockets[0], joiner).then((joined) => {
      // An end that is known proves itself by its first record; until then the store does not take it as joined.
      if (joiner.kind !== "unknown") joined.session.send(FIRST_MESSAGE);
      return joined;
    }),
    acceptConnection(host, sockets[1], world.door),
  ]);
  return { app, store };
};

/** What an attacker in the middle does with one frame: the frames that go on instead of it. */
export type Tamper = (frame: Uint8Array, index: number) => readonly Uint8Array[];

/** A connection through someone who sees and may change every frame, counted per direction from 0. */
export const tamperedPair = (toStore: Tamper, toApp: Tamper): [Socket, Socket] => {
  const [app, outside] = socketPair();
  const [inside, store] = socketPair();
  const relay = (from: Socket, to: Socket, tamper: Tamper): SocketHandlers => {
    let index = 0;
    return {
      message(frame) {
        const frames = tamper(frame, index);
        index += 1;
        for (const next of frames) to.send(next);
      },
      close: (code) => to.close(code),
      drain: () => {},
    };
  };
  outside.attach(relay(outside, inside, toStore));
  inside.attach(relay(inside, outside, toApp));
  return [app, store];
};
