/**
 * The link a person mails or scans to pair two devices: a one-time secret and where to meet. The secret stands only
 * behind `#`, which no browser sends anywhere. docs/pairing.md, "Invitation link".
 */
import { concatBytes, fromUtf8, utf8 } from "../bytes/bytes.ts";
import { fromBase64Url, toBase64Url } from "../bytes/base64url.ts";
import { PAIRING_SECRET_BYTES } from "../channel/pairing-secret.ts";
import { equalBytes } from "../crypto/constant-time.ts";
import { INVITATION_LABEL } from "../crypto/peer-labels.ts";
import { isNamespaceId, type NamespaceId } from "../data/ids.ts";
import type { SymmetricPrimitives } from "../crypto/primitives.ts";
import { requireLength } from "../crypto/session-failed.ts";
import { MasqError } from "../errors.ts";
import { MAX_ADDRESS_LENGTH, syncServiceAddress } from "../relay/service-address.ts";

export interface Invitation {
  /** 32 bytes, for one use. */
  readonly secret: Uint8Array;
  /** Where the device that made it waits. */
  readonly syncService: string;
}

const VERSION = 1;
const ADDRESS_AT: number = 1 + PAIRING_SECRET_BYTES;
const CHECKSUM_BYTES = 4;
const MAX_INVITATION_BYTES: number = ADDRESS_AT + MAX_ADDRESS_LENGTH + CHECKSUM_BYTES;
/** An app's own address in front, and line breaks of a mail in between. */
const MAX_LINK_LENGTH = 4096;

const OWN_LINK = /^masq:pair#(.*)$/i;
const APP_LINK = /^[a-z][a-z0-9+.-]*:[^#]*#masq=(.*)$/i;

/** As the address is kept: what an invitation names is dialled as it stands. */
const isOwnForm = (text: string): boolean => syncServiceAddress(text) === text;

const invalid = (what: string): MasqError => new MasqError("MASQ_INVITATION_INVALID", what);

const checksum = (crypto: SymmetricPrimitives, bytes: Uint8Array): Uint8Array =>
  crypto.sha256(concatBytes(INVITATION_LABEL, bytes)).subarray(0, CHECKSUM_BYTES);

/** MASQ_OPTION_INVALID for an address that no invitation names. */
export const encodeInvitation = (
  crypto: SymmetricPrimitives,
  { secret, syncService }: Invitation,
): string => {
  requireLength(secret, PAIRING_SECRET_BYTES, "pairing secret");
  if (!isOwnForm(syncService)) {
    throw new MasqError(
      "MASQ_OPTION_INVALID",
      "The sync service's address must begin with wss:// (or ws:// on this computer), have at most 256 bytes and no ? or #.",
    );
  }
  const content = concatBytes(Uint8Array.of(VERSION), secret, utf8(syncService));
  return `masq:pair#${toBase64Url(concatBytes(content, checksum(crypto, content)))}`;
};

/**
 * Reads `masq:pair#...`, or any address with `#masq=...`; white space around and in it does not matter. Throws
 * MASQ_INVITATION_INVALID, with a text that says whether it is no invitation, was cut, or is of a newer version.
 */
export const decodeInvitation = (crypto: SymmetricPrimitives, text: string): Invitation => {
  const link = text.length <= MAX_LINK_LENGTH ? text.replaceAll(/\s+/g, "") : "";
  const code = (OWN_LINK.exec(link) ?? APP_LINK.exec(link))?.[1];
  if (code === undefined)
    throw invalid("This is not an invitation link of Masq. Nothing was sent.");
  const bytes = fromBase64Url(code);
  const isWhole =
    bytes !== undefined &&
    bytes.length > ADDRESS_AT + CHECKSUM_BYTES &&
    equalBytes(
      bytes.subarray(-CHECKSUM_BYTES),
      checksum(crypto, bytes.subarray(0, -CHECKSUM_BYTES)),
    );
  if (!isWhole)
    throw invalid(
      "The invitation link is not complete or was changed. Copy the whole link again. Nothing was sent.",
    );
  if (bytes[0] !== VERSION)
    throw invalid(
      "The invitation link was made by a newer version of Masq. Update Masq on this device. Nothing was sent.",
    );
  const syncService = addressIn(bytes.subarray(ADDRESS_AT, -CHECKSUM_BYTES));
  if (bytes.length > MAX_INVITATION_BYTES || syncService === undefined)
    throw invalid("The invitation link names no sync service to meet at. Nothing was sent.");
  return { secret: bytes.slice(1, ADDRESS_AT), syncService };
};

const addressIn = (bytes: Uint8Array): string | undefined => {
  try {
    const text = fromUtf8(bytes);
    return isOwnForm(text) ? text : undefined;
  } catch {
    return undefined;
  }
};

/** Of an app's page and of a native app: what stands before the code in the link of its circle. */
const PAGE = /^(https?:\/\/[^\s/?#]+)[^#]*#masq=/i;
const NATIVE_APP = /^masq:([a-z0-9._-]+)#masq=/i;

/**
 * The link in the form that belongs to an app: its page's own address, so that a camera opens it there, or for a native
 * app `masq:` and its id. `page` is the address to open, default the origin itself.
 */
export const appInvitation = (
  link: string,
  namespace: NamespaceId,
  page: string = `${namespace}/`,
): string => {
  const code = link.slice(link.indexOf("#") + 1);
  const before = namespace.startsWith("app:") ? `masq:${namespace.slice(4)}` : page.split("#")[0];
  return `${before}#masq=${code}`;
};

/** Whose circle the link is for: an app's namespace, or undefined for stores. */
export const invitedNamespace = (text: string): NamespaceId | undefined => {
  const link = text.replaceAll(/\s+/g, "");
  const origin = PAGE.exec(link)?.[1]?.toLowerCase();
  const id = NATIVE_APP.exec(link)?.[1];
  const name = origin ?? (id === undefined ? "" : `app:${id}`);
  return isNamespaceId(name) ? name : undefined;
};
