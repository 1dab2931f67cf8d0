/** A namespace of an app, as named in a request: any but Masq's own. */
import { fields, MasqError, parseNamespaceId, type NamespaceId } from "@masq/core";

export const appNamespace = (field: unknown): NamespaceId => {
  const namespace = parseNamespaceId(fields.asText(field, "a namespace"));
  if (namespace.startsWith("masq:")) {
    throw new MasqError("MASQ_NAMESPACE_INVALID", "Namespaces of Masq itself are not for apps.");
  }
  return namespace;
};
