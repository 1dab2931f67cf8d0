import { describe, expect, it } from "vitest";
import { syncServiceAddress } from "./service-address.ts";

describe("the address of a sync service", () => {
  it.each([
    ["wss://sync.example.org", "wss://sync.example.org"],
    ["WSS://Sync.Example.org/", "wss://sync.example.org"],
    ["wss://sync.example.org:8443/relay/a1", "wss://sync.example.org:8443/relay/a1"],
    ["wss://[2001:db8::1]:443", "wss://[2001:db8::1]:443"],
    ["ws://127.0.0.1:16278", "ws://127.0.0.1:16278"],
    ["ws://localhost:16278/", "ws://localhost:16278"],
    ["ws://[::1]:16278", "ws://[::1]:16278"],
  ])("%s is %s", (text, address) => {
    expect(syncServiceAddress(text)).toBe(address);
    expect(syncServiceAddress(address)).toBe(address);
  });

  it.each([
    "ws://sync.example.org",
    "ws://127.0.0.1.example.org",
    "ws://localhost.example.org",
    "https://sync.example.org",
    "sync.example.org",
    "wss://",
    "wss://user:pass@sync.example.org",
    "wss://sync.example.org?token=x",
    "wss://sync.example.org/#x",
    "wss://sync.example.org:99999",
    "wss://sync example.org",
    `wss://sync.example.org/${"a".repeat(256)}`,
  ])("%s is none", (text) => {
    expect(syncServiceAddress(text)).toBeUndefined();
  });
});
