import { describe, expect, it } from "vitest";
import { readAccessRequest, requestText } from "./access-request.ts";

const asking = (app: string, namespaces: readonly string[] = [app]) =>
  readAccessRequest({ app, name: 'My "Maps"', namespaces, code: "012345", asked: 1_000 });

const shown = (app: string, namespaces?: readonly string[]): string =>
  requestText(asking(app, namespaces), 31_000);

describe("a request for access", () => {
  it("shows the digits in two groups, the name in quotes and the time that is left", () => {
    const text = shown("https://maps.example.org");
    expect(text).toContain("012 345");
    expect(text).toContain(String.raw`"My \"Maps\""`);
    expect(text).toContain("90 more seconds");
    expect(text).toContain("vouched for by the web browser");
  });

  it.each(["app:org.example.maps", "http://localhost:5173", "http://127.0.0.1"])(
    "says of %s that its identity cannot be verified",
    (app) => {
      expect(asking(app).unverified).toBe(true);
      expect(shown(app)).toContain("cannot be verified");
    },
  );

  it("shows each namespace of others by itself", () => {
    const others = ["https://a.example", "app:org.example.b"];
    const request = asking("https://maps.example.org", ["https://maps.example.org", ...others]);
    expect(request.foreign).toEqual(others);
    const wants = requestText(request, 0)
      .split("\n")
      .filter((line) => line.includes("wants"));
    expect(wants).toHaveLength(3);
    expect(shown("https://maps.example.org", others)).not.toContain("its own data");
  });

  it("warns of an address in another script", () => {
    expect(shown("https://xn--mnchen-3ya.example")).toContain("münchen.example, which may imitate");
    expect(shown("https://munich.example")).not.toContain("imitate");
  });
});
