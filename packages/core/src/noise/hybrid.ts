/**
 * Masq's two handshakes between devices: patterns of Noise revision 34 with a key encapsulation, spelled out here and
 * under protocol names of their own. The extension they follow ("Hybrid Forward Secrecy", revision 1) contradicts itself
 * on where e1 stands in KK; ours comes last, so that it is encrypted and a stranger is refused before any work on it.
 */
import type { PeerPrimitives } from "../crypto/peer-primitives.ts";
import type { DhKey } from "../crypto/primitives.ts";
import type { Random } from "../host.ts";
import { HandshakeState } from "./handshake.ts";
import { KemExchange } from "./kem-exchange.ts";
import type { HandshakePattern, Role } from "./pattern.ts";

/** Both static keys known beforehand. */
const KK_HFS: HandshakePattern = {
  protocolName: "MasqKKhfs_25519+MLKEM768_ChaChaPoly_SHA256",
  knownStatics: ["initiator", "responder"],
  messages: [
    ["e", "es", "ss", "e1"],
    ["e", "ee", "ekem1", "se"],
  ],
};

/** Neither known; the pre-shared key stands first, so that everything but e is closed to who lacks it. */
const XX_HFS_PSK0: HandshakePattern = {
  protocolName: "MasqXXhfspsk0_25519+MLKEM768_ChaChaPoly_SHA256",
  knownStatics: [],
  messages: [
    ["psk", "e", "e1"],
    ["e", "ee", "ekem1", "s", "es"],
    ["s", "se"],
  ],
};

/** The suite's name in a prologue. */
export const CONNECT_SUITE: string = KK_HFS.protocolName;
export const PAIRING_SUITE: string = XX_HFS_PSK0.protocolName;

export interface HybridOptions {
  readonly crypto: PeerPrimitives;
  readonly random: Random;
  /** Makes our ephemeral key; it is used once and wiped. */
  readonly generateKey: () => Promise<DhKey>;
  readonly role: Role;
  readonly prologue: Uint8Array;
  readonly staticKey: DhKey;
}

/** The handshake of two devices that know each other. */
export const connectHandshake = (
  options: HybridOptions & { readonly remoteStaticKey: Uint8Array },
): HandshakeState =>
  new HandshakeState(
    KK_HFS,
    { ...options, s: options.staticKey, rs: options.remoteStaticKey },
    new KemExchange(options.crypto, options.random),
  );

/** The handshake of two devices that share a one-time secret. There is none of this pattern without it. */
export const pairingHandshake = (
  options: HybridOptions & { readonly psk: Uint8Array },
): HandshakeState =>
  new HandshakeState(
    XX_HFS_PSK0,
    { ...options, s: options.staticKey, psks: [options.psk] },
    new KemExchange(options.crypto, options.random),
  );
