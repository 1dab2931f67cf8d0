/**
 * What stands between a page and the computer it runs on. Browsers do not say it when a socket fails; they say it beside:
 * by the state of a permission, by an event of the page's Content-Security-Policy, by the error of the constructor.
 */
import type { LoopbackObstacle, LoopbackWatch } from "./peer-platform.ts";

/** The newer name first (Chromium 145, Firefox); a browser throws for one it does not know. */
const PERMISSIONS = ["loopback-network", "local-network-access"];
/** A page of this computer itself needs no permission. */
const LOOPBACK_HOST = /^(?:localhost|.*\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** Nothing listens at an address: a browser finds that out in some milliseconds, and asks nobody. */
const QUICK_MS = 3_000;

const permission = async (): Promise<PermissionState | undefined> => {
  for (const name of PERMISSIONS) {
    try {
      return (await navigator.permissions.query({ name: name as PermissionName })).state;
    } catch {
      // Not known here.
    }
  }
  return undefined;
};

/** Safari and all browsers of iOS: they have no such permission, and take loopback for mixed content. */
const isWebKit = (): boolean => navigator.vendor.startsWith("Apple");

export const watchLoopback = async (): Promise<LoopbackWatch> => {
  const isLocal = LOOPBACK_HOST.test(location.hostname);
  const before = isLocal ? "granted" : await permission();
  const begun = performance.now();
  let isForbiddenByPage = false;
  const violated = ({ effectiveDirective, blockedURI }: SecurityPolicyViolationEvent): void => {
    isForbiddenByPage ||= effectiveDirective === "connect-src" && blockedURI.startsWith("ws://");
  };
  document.addEventListener("securitypolicyviolation", violated);
  return {
    mayAsk: before === "prompt",
    async obstacle(error): Promise<LoopbackObstacle | undefined> {
      // The event is a task of its own, behind the one that told of the failure.
      await new Promise((resolve) => setTimeout(resolve));
      if (isForbiddenByPage) return "csp";
      const { cause } = error;
      if (cause instanceof DOMException && cause.name === "SecurityError") return "mixed-content";
      if (isLocal) return undefined;
      const state = await permission();
      if (state === "denied") return "blocked-by-browser";
      if (state === "prompt" && performance.now() - begun >= QUICK_MS) return "needs-permission";
      const isSecure = location.protocol === "https:";
      return state === undefined && isSecure && isWebKit() ? "mixed-content" : undefined;
    },
    end: () => document.removeEventListener("securitypolicyviolation", violated),
  };
};
