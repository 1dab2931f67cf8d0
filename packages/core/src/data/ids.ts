/** Names of things that must not be mixed up, as branded strings. */
import { MasqError } from "../errors.ts";

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** One app's keyspace: a web origin, `app:` and a reverse domain name, or a name of Masq's own (`masq:`). */
export type NamespaceId = Branded<"NamespaceId">;

/** 8 random bytes as 16 lower-case hexadecimal digits: the copy of one namespace on one device. */
export type ReplicaId = Branded<"ReplicaId">;

/** Hash of a device's identity key as 64 lower-case hexadecimal digits. */
export type DeviceId = Branded<"DeviceId">;

export const REPLICA_ID_BYTES = 8;

const APP_ID = /^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?)+$/i;
const ORIGIN = /^https?:\/\/(?:\[[0-9a-f:]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/;
const OWN = /^masq:[a-z]+$/;
const MAX_NAMESPACE_LENGTH = 512;

/** Reverse domain name of a native app, at least two labels: `org.example.favourites`. */
export const isAppId = (text: string): boolean => text.length <= 255 && APP_ID.test(text);

/** An origin as browsers serialise it: scheme, host in lower case, port unless it is the default. */
export const isOrigin = (text: string): boolean =>
  text.length <= MAX_NAMESPACE_LENGTH && ORIGIN.test(text);

export const isNamespaceId = (text: string): text is NamespaceId =>
  text.length <= MAX_NAMESPACE_LENGTH &&
  (isOrigin(text) || OWN.test(text) || (text.startsWith("app:") && isAppId(text.slice(4))));

/** Throws MASQ_NAMESPACE_INVALID. */
export const parseNamespaceId = (text: string): NamespaceId => {
  if (!isNamespaceId(text)) {
    throw new MasqError(
      "MASQ_NAMESPACE_INVALID",
      "A namespace is a web origin (https://maps.example.org) or app: and a reverse domain name (app:org.example.maps).",
    );
  }
  return text;
};
