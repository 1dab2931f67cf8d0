import { describe, expect, it } from "vitest";
import { throwsCode } from "../testing/expect.ts";
import { isAppId, isNamespaceId, isOrigin, parseNamespaceId } from "./ids.ts";
import { isReplicaId } from "./replica-ids.ts";

describe("ids", () => {
  it("of namespaces are origins as browsers write them, app: and a reverse domain name, or Masq's own", () => {
    const good = [
      "https://maps.example.org",
      "http://localhost:3000",
      "http://127.0.0.1:8080",
      "http://[::1]:80",
      "https://xn--bcher-kva.example",
      "app:org.example.notes",
      "app:a.b",
      "masq:store",
    ];
    for (const text of good) {
      expect(isNamespaceId(text), text).toBe(true);
      expect(parseNamespaceId(text)).toBe(text);
    }
    const bad = [
      "",
      "null",
      "https://",
      "https://maps.example.org/",
      "https://MAPS.example.org",
      "https://a b",
      "https://maps.example.org?x",
      "https://user@maps.example.org",
      "https://maps.example.org:123456",
      "https://maps.example.org\n",
      "ftp://maps.example.org",
      "file://",
      "app:",
      "app:notes",
      "app:.org",
      "app:org.",
      "app:org..x",
      "app:org.example.notes/",
      "app:org.-x",
      "masq:",
      "masq:Store",
      "masq:a:b",
      `https://${"a".repeat(600)}.org`,
      `app:${"a.".repeat(200)}b`,
    ];
    for (const text of bad) {
      expect(isNamespaceId(text), text).toBe(false);
      throwsCode(() => parseNamespaceId(text), "MASQ_NAMESPACE_INVALID");
    }
  });

  it("of apps and origins are decided quickly whatever the text", () => {
    const start = performance.now();
    for (const text of [
      "a".repeat(1e6),
      "a-".repeat(1e5),
      `${"a.".repeat(1e5)}!`,
      "a".repeat(254) + "!",
      "-".repeat(255),
      `${"a-".repeat(126)}!`,
    ]) {
      expect(isAppId(text)).toBe(false);
      expect(isOrigin(`https://${text}!`)).toBe(false);
    }
    expect(performance.now() - start).toBeLessThan(500);
  });

  it("of replicas are 16 hexadecimal digits in lower case", () => {
    expect(isReplicaId("0123456789abcdef")).toBe(true);
    for (const text of [
      "0123456789ABCDEF",
      "0123456789abcde",
      "0123456789abcdef0",
      "0123456789abcdeg",
      "0123456789abcdef\n",
      "",
    ]) {
      expect(isReplicaId(text), JSON.stringify(text)).toBe(false);
    }
  });
});
