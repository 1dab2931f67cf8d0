/**
 * The handshake of a local connection, both ends (docs/protocol.md, "Local handshake").
 *
 * An app the store does not know yet: Noise XX, with the consent nonces in its payloads.
 * A granted app, and the command line: Noise KK, with both keys known beforehand.
 * The first frame names which; its header and the app's identity are bound by the prologue.
 * Whatever fails looks the same from outside: the socket closes with CLOSE_FAILED.
 */
import { concatBytes, fromUtf8, utf8 } from "../bytes/bytes.ts";
import { equalBytes } from "../crypto/constant-time.ts";
import { LOCAL_PROLOGUE_LABEL } from "../crypto/labels.ts";
import type { DhKey } from "../crypto/primitives.ts";
import { sessionFailed } from "../crypto/session-failed.ts";
import type { NamespaceId } from "../data/ids.ts";
import { MasqError } from "../errors.ts";
import type { Host, Socket } from "../host.ts";
import { KK, XX } from "../noise/patterns.ts";
import { createHandshake, type HandshakeState } from "../noise/handshake.ts";
import { consentCode, consentCommitment } from "./consent-code.ts";
import {
  CLOSE_FAILED,
  CLOSE_TIMEOUT,
  HANDSHAKE_TIMEOUT_MS,
  HELLO_ADMIN,
  HELLO_GRANTED_APP,
  HELLO_UNKNOWN_APP,
  KEY_ID_BYTES,
  NONCE_BYTES,
} from "./protocol.ts";
import { QueuedSocket } from "./queued-socket.ts";
import { LocalSession } from "./session.ts";
import { ADMIN_IDENTITY } from "./store-keys.ts";

const MAX_APP_ID_BYTES = 255;
const EMPTY = new Uint8Array(0);

const prologue = (identity: string, header: Uint8Array): Uint8Array => {
  const name = utf8(identity);
  return concatBytes(
    LOCAL_PROLOGUE_LABEL,
    Uint8Array.of(name.length >>> 8, name.length & 0xff),
    name,
    header,
  );
};

/** Who connects, and what it knows already. */
export type Joiner =
  | {
      readonly kind: "unknown";
      readonly identity: NamespaceId;
      /** The id a native app claims; empty for a web app, for which the browser speaks. */
      readonly appId: string;
      readonly key: DhKey;
    }
  | {
      readonly kind: "granted";
      readonly identity: NamespaceId;
      readonly keyId: Uint8Array;
      readonly key: DhKey;
      readonly storeKey: Uint8Array;
    }
  | { readonly kind: "admin"; readonly key: DhKey; readonly storeKey: Uint8Array };

export interface Joined {
  readonly session: LocalSession;
  /** The store's static key towards this app, to be pinned with the grant. */
  readonly storeKey: Uint8Array;
  /** The digits to compare; empty unless the app was unknown. */
  readonly code: string;
}

const helloHeader = (joiner: Joiner): Uint8Array => {
  switch (joiner.kind) {
    case "unknown": {
      const appId = utf8(joiner.appId);
      return concatBytes(Uint8Array.of(HELLO_UNKNOWN_APP, appId.length), appId);
    }
    case "granted":
      return concatBytes(Uint8Array.of(HELLO_GRANTED_APP), joiner.keyId);
    case "admin":
      return Uint8Array.of(HELLO_ADMIN);
  }
};

/**
 * The app's side. Rejects with MASQ_STORE_MISMATCH when what answers does not hold the pinned key,
 * with MASQ_STORE_UNREACHABLE when the connection ends early, with MASQ_SESSION_FAILED otherwise.
 */
export const joinStore = async (host: Host, rawSocket: Socket, joiner: Joiner): Promise<Joined> => {
  const socket = new QueuedSocket(rawSocket);
  const deadline = host.clock.monotonic() + HANDSHAKE_TIMEOUT_MS;
  const header = helloHeader(joiner);
  const identity = joiner.kind === "admin" ? ADMIN_IDENTITY : joiner.identity;
  const handshake = createHandshake({
    crypto: host.crypto,
    generateKey: host.generateKey,
    pattern: joiner.kind === "unknown" ? XX : KK,
    role: "initiator",
    prologue: prologue(identity, header),
    s: joiner.key,
    ...(joiner.kind !== "unknown" && { rs: joiner.storeKey }),
  });
  try {
    const code =
      joiner.kind === "unknown"
        ? await joinUnknown(host, socket, handshake, header, joiner.key.publicKey, deadline)
        : await joinKnown(host, socket, handshake, header, deadline);
    return {
      session: new LocalSession(socket, handshake.split()),
      storeKey: handshake.remoteStaticKey as Uint8Array,
      code,
    };
  } catch (error) {
    socket.close(CLOSE_FAILED);
    const isRefusal = socket.closedWith === CLOSE_FAILED || codeOf(error) === "MASQ_SESSION_FAILED";
    if (isRefusal && joiner.kind !== "unknown") throw mismatch(error);
    throw error;
  }
};

const codeOf = (error: unknown): string | undefined =>
  error instanceof MasqError ? error.code : undefined;

const mismatch = (cause: unknown): MasqError =>
  new MasqError(
    "MASQ_STORE_MISMATCH",
    "What answers on the store's port is not the store this app was granted access by. Nothing was sent to it. If the store was set up anew, forget it and ask for access again.",
    { cause },
  );

const joinKnown = async (
  host: Host,
  socket: QueuedSocket,
  handshake: HandshakeState,
  header: Uint8Array,
  deadline: number,
): Promise<string> => {
  socket.send(concatBytes(header, await handshake.writeMessage(EMPTY)));
  await handshake.readMessage(await socket.next(host.clock, deadline));
  return "";
};

const joinUnknown = async (
  host: Host,
  socket: QueuedSocket,
  handshake: HandshakeState,
  header: Uint8Array,
  appKey: Uint8Array,
  deadline: number,
): Promise<string> => {
  const appNonce = host.random(NONCE_BYTES);
  const commitment = consentCommitment(host.crypto, appNonce, appKey);
  socket.send(concatBytes(header, await handshake.writeMessage(commitment)));
  const storeNonce = await handshake.readMessage(await socket.next(host.clock, deadline));
  if (storeNonce.length !== NONCE_BYTES) throw sessionFailed();
  socket.send(await handshake.writeMessage(appNonce));
  return consentCode(host.crypto, handshake.handshakeHash, appNonce, storeNonce);
};

/** What the store's side asks the store during a handshake. */
export interface Doorkeeper {
  /** The identity of an app that claims `appId` on this connection; undefined refuses it. */
  identify(appId: string): NamespaceId | undefined;
  /** The granted key with this id, if it belongs to the identity of this connection. Revoked keys included. */
  grantedKey(
    keyId: Uint8Array,
  ): { readonly identity: NamespaceId; readonly publicKey: Uint8Array } | undefined;
  /** Public key of the command line; undefined when this connection may not be one. */
  adminKey(): Uint8Array | undefined;
  storeKey(identity: string): DhKey;
}

export type Accepted = { readonly session: LocalSession } & (
  | {
      readonly kind: "unknown";
      readonly identity: NamespaceId;
      readonly appKey: Uint8Array;
      readonly code: string;
    }
  | { readonly kind: "granted"; readonly identity: NamespaceId; readonly keyId: Uint8Array }
  | { readonly kind: "admin" }
);

type Hello =
  | { readonly kind: "unknown"; readonly appId: string; readonly identity: NamespaceId }
  | {
      readonly kind: "granted";
      readonly keyId: Uint8Array;
      readonly identity: NamespaceId;
      readonly appKey: Uint8Array;
    }
  | {
      readonly kind: "admin";
      readonly identity: typeof ADMIN_IDENTITY;
      readonly appKey: Uint8Array;
    };

const readAppId = (bytes: Uint8Array): string => {
  try {
    return fromUtf8(bytes);
  } catch {
    throw sessionFailed();
  }
};

/** The header of a first frame as a greeting, and its length. */
const readHello = (frame: Uint8Array, door: Doorkeeper): { hello: Hello; length: number } => {
  const [kind, idLength = 0] = frame;
  if (kind === HELLO_UNKNOWN_APP && frame.length >= 2 + idLength && idLength <= MAX_APP_ID_BYTES) {
    const appId = readAppId(frame.subarray(2, 2 + idLength));
    const identity = door.identify(appId);
    if (identity !== undefined)
      return { hello: { kind: "unknown", appId, identity }, length: 2 + idLength };
  }
  if (kind === HELLO_GRANTED_APP && frame.length >= 1 + KEY_ID_BYTES) {
    const keyId = frame.slice(1, 1 + KEY_ID_BYTES);
    const granted = door.grantedKey(keyId);
    if (granted !== undefined) {
      const { identity, publicKey } = granted;
      return {
        hello: { kind: "granted", keyId, identity, appKey: publicKey },
        length: 1 + KEY_ID_BYTES,
      };
    }
  }
  const adminKey = kind === HELLO_ADMIN ? door.adminKey() : undefined;
  if (adminKey !== undefined) {
    return { hello: { kind: "admin", identity: ADMIN_IDENTITY, appKey: adminKey }, length: 1 };
  }
  throw sessionFailed();
};

/** The store's side. Rejects after closing the socket; the reason is for the store's own log only. */
export const acceptConnection = async (
  host: Host,
  rawSocket: Socket,
  door: Doorkeeper,
): Promise<Accepted> => {
  const socket = new QueuedSocket(rawSocket);
  const deadline = host.clock.monotonic() + HANDSHAKE_TIMEOUT_MS;
  try {
    const frame = await socket.next(host.clock, deadline);
    const { hello, length } = readHello(frame, door);
    const handshake = createHandshake({
      crypto: host.crypto,
      generateKey: host.generateKey,
      pattern: hello.kind === "unknown" ? XX : KK,
      role: "responder",
      prologue: prologue(hello.identity, frame.subarray(0, length)),
      s: door.storeKey(hello.identity),
      ...(hello.kind !== "unknown" && { rs: hello.appKey }),
    });
    const first = await handshake.readMessage(frame.subarray(length));
    if (hello.kind !== "unknown") {
      socket.send(await handshake.writeMessage(EMPTY));
      // Noise KK does not prove who began it until the first record opens: a first frame may have been recorded and sent
      // again. Whoever cannot seal a record ends here, as the session is handed that frame before anything else.
      await socket.arrival(host.clock, deadline);
      const session = new LocalSession(socket, handshake.split());
      return hello.kind === "admin"
        ? { kind: "admin", session }
        : { kind: "granted", session, identity: hello.identity, keyId: hello.keyId };
    }
    const storeNonce = host.random(NONCE_BYTES);
    socket.send(await handshake.writeMessage(storeNonce));
    const appNonce = await handshake.readMessage(await socket.next(host.clock, deadline));
    const appKey = handshake.remoteStaticKey as Uint8Array;
    const isCommitted =
      appNonce.length === NONCE_BYTES &&
      equalBytes(consentCommitment(host.crypto, appNonce, appKey), first);
    if (!isCommitted) throw sessionFailed();
    return {
      kind: "unknown",
      session: new LocalSession(socket, handshake.split()),
      identity: hello.identity,
      appKey,
      code: consentCode(host.crypto, handshake.handshakeHash, appNonce, storeNonce),
    };
  } catch (error) {
    // Too slow is not refused: whoever was held up may come again.
    socket.close(codeOf(error) === "MASQ_STORE_UNREACHABLE" ? CLOSE_TIMEOUT : CLOSE_FAILED);
    throw error;
  }
};
